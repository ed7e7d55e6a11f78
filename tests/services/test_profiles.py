from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from config import Settings
from elearn import clock
from elearn.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited, Unauthenticated
from elearn.extensions import db
from elearn.models import CourseState, EnrolmentState, Role, SignInKind, Status, Theme, User, uuid7
from elearn.permissions import OPERATOR
from elearn.services import accounts, directory, erasure, people, profiles
from elearn.services.accounts import Device
from tests import make, pictures
from tests.people import People

NEW = {
    "username": "elif.aydin",
    "email": "elif@school.example",
    "password": "comets need four words",
    "full_name": "Elif Ayd\u0131n",
    "role": Role.STUDENT,
    "device": Device(SignInKind.BROWSER, "127.0.0.1", "A laptop"),
}


def files(settings: Settings) -> list[Path]:
    return [path for path in (settings.instance_path / "files").rglob("*") if path.is_file()]


@pytest.mark.usefixtures("school_database")
def test_people_change_what_they_say_about_themselves(school: People) -> None:
    profiles.update(
        school.ben, full_name="  Ben  K. ", bio="I like *comets*.\r\n", theme="dark", time_zone="Europe/Berlin"
    )
    ben = db.session.get_one(User, school.ben.id)
    db.session.refresh(ben)
    assert (ben.full_name, ben.bio, ben.theme, ben.time_zone) == (
        "Ben K.",
        "I like *comets*.",
        Theme.DARK,
        "Europe/Berlin",
    )


def test_what_is_not_given_stays(school: People) -> None:
    profiles.update(school.ben, theme="light")
    assert (school.ben.full_name, school.ben.theme) == ("Ben Kowalski", Theme.LIGHT)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"full_name": ""}, "full_name"),
        ({"full_name": "x" * 1_000_000}, "full_name"),
        ({"bio": "x" * 2001}, "bio"),
        ({"bio": "a\0b"}, "bio"),
        ({"bio": "\ud800"}, "bio"),
        ({"theme": "purple"}, "theme"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
    ],
)
def test_bad_input_names_its_field_and_changes_nothing(school: People, values: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        profiles.update(school.ben, **({"full_name": "Changed", "bio": "Changed"} | values))
    assert list(caught.value.fields) == [field]
    db.session.refresh(school.ben)
    assert (school.ben.full_name, school.ben.bio) == ("Ben Kowalski", "")


def test_a_new_photo_replaces_the_file_of_the_old_one(school: People, settings: Settings) -> None:
    profiles.set_photo(school.ben, BytesIO(pictures.photo()))
    first = school.ben.photo
    profiles.set_photo(school.ben, BytesIO(pictures.photo(color="red")))
    assert school.ben.photo not in {None, first}
    assert [path.name for path in files(settings)] == [school.ben.photo]
    with profiles.open_photo(school.eve, school.ben.photo or "") as file:
        assert file.read(4) == b"RIFF"
    profiles.remove_photo(school.ben)
    assert school.ben.photo is None
    assert files(settings) == []
    with pytest.raises(NotFound):
        profiles.open_photo(school.ben, first or "")


def test_a_bad_photo_changes_nothing_at_all(school: People, settings: Settings) -> None:
    profiles.set_photo(school.ben, BytesIO(pictures.photo()))
    before = school.ben.photo
    with pytest.raises(Invalid):
        profiles.update(school.ben, full_name="Changed", photo=BytesIO(b"<svg/>"), remove_photo=True)
    db.session.refresh(school.ben)
    assert (school.ben.full_name, school.ben.photo) == ("Ben Kowalski", before)
    assert [path.name for path in files(settings)] == [before]


@pytest.mark.usefixtures("school_database")
def test_what_is_said_about_oneself_is_put_in_order(school: People) -> None:
    ben = profiles.update(
        school.ben,
        headline="  Night  owl ",
        education="School of the Sea\r\n\r\n  Lyceum of   Light\n",
        interests="comets, Music ,comets,,\nCOMETS, tea",
        language="de",
    )
    assert (ben.headline, ben.language) == ("Night owl", "de")
    assert ben.education_list == ["School of the Sea", "Lyceum of Light"]
    assert ben.interest_list == ["comets", "Music", "tea"]


@pytest.mark.usefixtures("school_database")
def test_a_new_name_is_found_and_sorted_by(school: People) -> None:
    profiles.update(school.ben, full_name="Zoë Ångström")
    assert school.ben.name_key == "zoë ångström"
    found = directory.search_people(school.root, q="angs")
    assert not found.items
    assert [one.id for one in directory.search_people(school.root, q="ångst").items] == [school.ben.id]
    assert not directory.search_people(school.root, q="kowalski").items


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"headline": "x" * 121}, "headline"),
        ({"headline": "a\0b"}, "headline"),
        ({"education": "x\n" * 20}, "education"),
        ({"education": "x" * 1001}, "education"),
        ({"education": "x" * 10_000_000}, "education"),
        ({"interests": ",".join(map(str, range(21)))}, "interests"),
        ({"interests": "x" * 301}, "interests"),
        ({"interests": "," * 1_000_000}, "interests"),
        ({"language": "xx"}, "language"),
        ({"language": ""}, "language"),
    ],
)
def test_what_is_said_about_oneself_has_bounds(school: People, values: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        profiles.update(school.ben, **({"bio": "Changed"} | values))
    assert list(caught.value.fields) == [field]
    db.session.refresh(school.ben)
    assert (school.ben.bio, school.ben.language) == ("", "en")


# Seen by others


def test_those_who_share_a_course_see_a_profile_and_nobody_else(school: People) -> None:
    profiles.update(school.ben, headline="Night owl", interests="comets")
    course = make.course(school.ada, title="Night Sky")
    for stranger in (school.ada, school.eve):
        with pytest.raises(NotFound):
            profiles.public(stranger, school.ben.id)
    make.enrol(school.ben, course)
    seen = profiles.public(school.ada, school.ben.id)
    assert (seen.full_name, seen.headline, seen.interest_list) == ("Ben Kowalski", "Night owl", ["comets"])
    assert [one.title for one in seen.courses] == ["Night Sky"]
    assert not hasattr(seen, "email")
    assert [one.title for one in profiles.public(school.ben, school.ada.id).courses] == ["Night Sky"]
    assert profiles.public(school.root, school.ben.id).courses == []
    with pytest.raises(NotFound):
        profiles.public(school.eve, school.ben.id)


@pytest.mark.parametrize("what", ["a draft", "left", "blocked", "deleted", "nobody"])
def test_who_is_not_to_be_seen_is_as_good_as_nobody(school: People, what: str) -> None:
    course = make.course(school.ada, state=CourseState.DRAFT if what == "a draft" else CourseState.PUBLISHED)
    make.enrol(school.ben, course, EnrolmentState.LEFT if what == "left" else EnrolmentState.ACTIVE)
    wanted = school.ben.id
    if what == "blocked":
        people.block(OPERATOR, wanted)
    if what == "deleted":
        erasure.erase(school.ben, make.PASSWORD)
    with pytest.raises(NotFound) as caught:
        profiles.public(school.ada, uuid7() if what == "nobody" else wanted)
    assert caught.value.message == "This person is not here, or shares no course with you."


def test_a_profile_shows_what_somebody_says_today(school: People) -> None:
    make.enrol(school.ben, make.course(school.ada))
    said = make.save(Status(user_id=school.ben.id, text="Reading"))
    assert (status := profiles.public(school.ada, school.ben.id).status) is not None
    assert status.text == "Reading"
    make.change(said, created_at=clock.now() - timedelta(hours=24, minutes=1))
    assert profiles.public(school.ada, school.ben.id).status is None


@pytest.mark.parametrize("overrides", [{"photo_max_bytes": 5000}])
def test_a_photo_that_is_too_large_is_not_even_looked_at(overrides: dict[str, object], school: People) -> None:
    with pytest.raises(Invalid, match="at most"):
        profiles.set_photo(school.ben, BytesIO(pictures.photo(size=(60, 60)) + bytes(5000)))


def test_a_transaction_that_fails_leaves_no_file(
    school: People, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles.set_photo(school.ben, BytesIO(pictures.photo()))
    before = school.ben.photo

    monkeypatch.setattr(profiles, "clean_bio", lambda _bio: None)  # the database refuses a person without that text
    with pytest.raises(IntegrityError):
        profiles.update(school.ben, bio="x", photo=BytesIO(pictures.photo(color="red")))
    assert [path.name for path in files(settings)] == [before]


def test_blocked_people_and_visitors_neither_change_nor_see(school: People) -> None:
    profiles.set_photo(school.ben, BytesIO(pictures.photo()))
    key = school.ben.photo or ""
    people.block(OPERATOR, school.ben.id)
    with pytest.raises(Forbidden):
        profiles.update(school.ben, full_name="Changed")
    with pytest.raises(Forbidden):
        profiles.open_photo(school.ben, key)
    with pytest.raises(Unauthenticated):
        profiles.open_photo(None, key)


@pytest.mark.parametrize("overrides", [{"rate_limits": True}])
def test_photos_have_a_budget(overrides: dict[str, object], school: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "PHOTO_LIMIT", "2/hour")
    for _ in range(2):
        profiles.set_photo(school.ben, BytesIO(pictures.photo()))
    with pytest.raises(RateLimited):
        profiles.set_photo(school.ben, BytesIO(pictures.photo()))
    profiles.update(school.ben, bio="Words are free")


@pytest.mark.usefixtures("school_database")
def test_registering_lets_in_with_photo_and_the_zone_of_the_browser(app: Flask) -> None:
    opened = profiles.register(**NEW, photo=BytesIO(pictures.photo()), time_zone="Asia/Tokyo")  # type: ignore[arg-type]
    assert (opened.user.time_zone, opened.user.sign_in_id) == ("Asia/Tokyo", opened.id)
    assert opened.user.photo
    assert accounts.by_sign_in(opened.id) == opened.user


def test_a_zone_that_nobody_knows_is_utc(app: Flask) -> None:
    assert profiles.register(**NEW, time_zone="Etc/Nowhere").user.time_zone == "UTC"  # type: ignore[arg-type]


def test_a_bad_photo_makes_no_account(app: Flask, settings: Settings) -> None:
    with pytest.raises(Invalid):
        profiles.register(**NEW, photo=BytesIO(b"no photo"))  # type: ignore[arg-type]
    assert db.session.query(User).count() == 0


def test_a_taken_name_leaves_no_file(app: Flask, settings: Settings) -> None:
    make.person("Elif.Aydin")
    with pytest.raises(Conflict):
        profiles.register(**NEW, photo=BytesIO(pictures.photo()))  # type: ignore[arg-type]
    assert files(settings) == []
