import re
from collections.abc import Callable
from html import escape
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from elearn.extensions import db
from elearn.models import Status, Theme, User, uuid7
from elearn.permissions import OPERATOR
from elearn.services import people, profiles
from tests import make, pictures
from tests.people import People
from tests.queries import counted

AsPerson = Callable[[User], FlaskClient]
CHANGED = {
    "full_name": "Ben K.", "headline": "Night owl", "bio": "I like *comets*.", "education": "Sea School\nLyceum",
    "interests": "comets, tea",
}  # fmt: skip
PREFERRED = {"language": "en", "theme": "dark", "time_zone": "Europe/Berlin"}
CANARY = "\"'><svg onload=alert(1)>&amp;{{7*7}}"


def test_people_see_and_change_their_profile(as_person: AsPerson, school: People) -> None:
    browser = as_person(school.ben)
    page = browser.get("/you").text
    assert "ben@school.example" in page
    assert "Student" in page
    response = browser.post("/you/edit", data=CHANGED)
    assert response.location == "/you"
    page = browser.get("/you").text
    assert "<em>comets</em>" in page
    for word in ("Night owl", "<li>Sea School</li><li>Lyceum</li>", "Profile saved."):
        assert word in page
    assert page.count('<span class="tag') >= 2, "each interest stands alone"
    ben = db.session.get_one(User, school.ben.id)
    assert (ben.full_name, ben.name_key, ben.interests) == ("Ben K.", "ben k.", "comets, tea")


def test_preferences_count_at_once(as_person: AsPerson, school: People) -> None:
    browser = as_person(school.ben)
    assert '<html lang="en"' in browser.get("/you/preferences").text
    response = browser.post("/you/preferences", data=PREFERRED | {"language": "de"})
    assert response.location == "/you/preferences"
    page = browser.get("/you/preferences").text
    assert '<html lang="de" data-theme="dark"' in page
    assert "/you/notifications" in page
    ben = db.session.get_one(User, school.ben.id)
    assert (ben.language, ben.theme, ben.time_zone) == ("de", Theme.DARK, "Europe/Berlin")
    assert ben.full_name == "Ben Kowalski"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"language": "tlh"}, "Choose a language from the list"),
        ({"theme": "purple"}, "Choose system, light or dark"),
        ({"time_zone": "Mars/Olympus"}, "Choose a time zone from the list"),
    ],
)
def test_bad_preferences_are_named_and_change_nothing(
    as_person: AsPerson, school: People, change: dict[str, str], sentence: str
) -> None:
    response = as_person(school.ben).post("/you/preferences", data=PREFERRED | change)
    assert response.status_code == 422
    assert sentence in response.text
    ben = db.session.get_one(User, school.ben.id)
    assert (ben.language, ben.theme, ben.time_zone) == ("en", Theme.SYSTEM, "UTC")


def test_those_who_share_a_course_see_the_profile_without_the_address(as_person: AsPerson, school: People) -> None:
    make.enrol(school.ben, make.course(school.ada, title="Night Sky"))
    as_person(school.ben).post("/you/edit", data=CHANGED)
    page = as_person(school.ada).get(f"/profiles/{school.ben.id}")
    assert page.status_code == 200
    for word in ("Ben K.", "Night owl", "<em>comets</em>", "Sea School", "Night Sky"):
        assert word in page.text
    assert "ben@school.example" not in page.text
    strange = as_person(school.eve).get(f"/profiles/{school.ben.id}")
    nobody = as_person(school.eve).get(f"/profiles/{uuid7()}")
    assert (strange.status_code, nobody.status_code) == (404, 404)

    def words(text: str) -> str:
        return re.sub(r"[A-Z0-9]{4}-[A-Z0-9]{2}|[0-9a-f-]{36}|csrf[^>]*|nonce[^ >]*", "", text)

    assert words(strange.text) == words(nobody.text)


def test_names_lead_to_profiles_for_those_who_may_see_them(as_person: AsPerson, school: People) -> None:
    course = make.course(school.ada)
    link = f'href="/profiles/{school.ada.id}"'
    assert link not in as_person(school.ben).get(f"/courses/{course.id}").text
    make.enrol(school.ben, course)
    assert link in as_person(school.ben).get(f"/courses/{course.id}").text
    assert f'href="/profiles/{school.ben.id}"' in as_person(school.ada).get(f"/courses/{course.id}/people").text
    make.save(Status(user_id=school.ada.id, text="Grading"))
    assert link in as_person(school.ben).get("/statuses").text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"full_name": ""}, "Write a name of 1 to 100 letters"),
        ({"bio": "x" * 2001}, "Write at most 2000 characters, this has 2001"),
        ({"headline": "x" * 121}, "Use at most 120 characters"),
        ({"interests": ",".join("abcdefghijklmnopqrstu")}, "Name at most 20 interests"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(
    as_person: AsPerson, school: People, change: dict[str, str], sentence: str
) -> None:
    response = as_person(school.ben).post("/you/edit", data=CHANGED | change)
    assert response.status_code == 422
    assert "One thing to put right" in response.text
    assert sentence in response.text
    assert db.session.get_one(User, school.ben.id).full_name == "Ben Kowalski"


def test_only_what_the_form_offers_is_changed(as_person: AsPerson, school: People) -> None:
    as_person(school.ben).post(
        "/you/edit",
        data=CHANGED | {"role": "admin", "id": str(school.ada.id), "username": "root2", "email": "x@y.example"},
    )
    ben = db.session.get_one(User, school.ben.id)
    assert (ben.role.value, ben.username, ben.email) == ("student", "ben", "ben@school.example")
    assert db.session.get_one(User, school.ada.id).full_name == "Ada Novak"


def test_a_photo_comes_and_goes(as_person: AsPerson, school: People) -> None:
    browser = as_person(school.ben)
    browser.post("/you/edit", data=CHANGED | {"photo": (BytesIO(pictures.with_exif()), "../../../x.png")})
    first = db.session.get_one(User, school.ben.id).photo_url or ""
    assert f'src="{first}"' in browser.get("/you").text
    assert "Remove photo" in browser.get("/you/edit").text
    browser.post("/you/edit", data=CHANGED)
    assert db.session.get_one(User, school.ben.id).photo_url == first, "no new photo means the old one"
    browser.post("/you/edit", data=CHANGED | {"remove_photo": "y"})
    assert db.session.get_one(User, school.ben.id).photo is None
    assert browser.get(first).status_code == 404


def test_a_hostile_photo_changes_nothing(as_person: AsPerson, school: People) -> None:
    browser = as_person(school.ben)
    for name, data in pictures.HOSTILE.items():
        photo = (BytesIO(data or b" "), "photo.png", "image/png")
        response = browser.post("/you/edit", data=CHANGED | {"photo": photo})
        assert response.status_code == 422, name
        assert "Photo: " in response.text, name
    assert db.session.get_one(User, school.ben.id).full_name == "Ben Kowalski"


@pytest.mark.parametrize(("megabytes", "status"), [(8.2, 422), (9.5, 413)])
def test_a_photo_that_is_too_large_is_refused(
    as_person: AsPerson, school: People, megabytes: float, status: int
) -> None:
    data = pictures.photo() + bytes(int(megabytes * 2**20))
    response = as_person(school.ben).post("/you/edit", data=CHANGED | {"photo": (BytesIO(data), "large.jpg")})
    assert response.status_code == status
    assert db.session.get_one(User, school.ben.id).photo is None


def test_a_photo_is_a_picture_and_nothing_else(app: Flask, as_person: AsPerson, school: People) -> None:
    profiles.set_photo(school.ben, BytesIO(pictures.photo()))
    url = school.ben.photo_url or ""
    response = as_person(school.eve).get(url)
    assert response.status_code == 200
    assert response.content_type == "image/webp"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "private, max-age=604800, immutable"
    again = as_person(school.eve).get(url, headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert app.test_client().get(url).location == f"/sign-in?next={url}"


@pytest.mark.parametrize("key", ["x", "..%2f..%2fsecret_key", "%2e%2e/secret_key", "0" * 32 + ".webp", "0" * 32])
def test_no_other_file_is_a_photo(as_person: AsPerson, school: People, key: str) -> None:
    assert as_person(school.ben).get(f"/photos/{key}").status_code == 404


def test_blocked_people_are_out_on_the_next_request(as_person: AsPerson, school: People) -> None:
    profiles.set_photo(school.ada, BytesIO(pictures.photo()))
    photo = school.ada.photo_url or ""
    browser = as_person(school.ben)
    assert browser.get("/you").status_code == 200
    people.block(OPERATOR, school.ben.id)
    for page in ("/you", "/you/edit", photo):
        assert (browser.get(page).location or "").startswith("/sign-in"), page
    browser.post("/you/edit", data=CHANGED)
    assert db.session.get_one(User, school.ben.id).full_name == "Ben Kowalski"


def test_what_people_write_stays_text(as_person: AsPerson, school: People) -> None:
    browser = as_person(school.ben)
    bio = f"{CANARY}\n\n[a](javascript:alert(1)) <script>alert(1)</script> ![x](x)"
    browser.post("/you/edit", data=CHANGED | {"full_name": CANARY, "bio": bio})
    assert db.session.get_one(User, school.ben.id).full_name == CANARY
    shown, edited = browser.get("/you").text, browser.get("/you/edit").text
    for page in (shown, edited):
        assert "<svg onload" not in page
        assert "<script>alert" not in page
        assert 'href="javascript:' not in page
        assert "<img" not in page.partition("<main")[2]
        assert escape(CANARY, quote=True).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page, "escaped once"
    assert "{{7*7}}" in shown


def test_the_pages_cost_the_same_however_full_the_school_is(as_person: AsPerson, school: People) -> None:
    browser = as_person(school.ben)
    costs: dict[str, list[int]] = {}
    for _ in range(2):
        for page in ("/you", "/you/edit", "/you/preferences", "/privacy", "/accessibility", "/help"):
            with counted() as statements:
                assert browser.get(page).status_code == 200
            costs.setdefault(page, []).append(len(statements))
        for _ in range(18):
            make.sign_in(make.person())
            make.sign_in(school.ben)
    assert all(first == second <= 2 for first, second in costs.values()), costs  # who it is, and the bell


@pytest.mark.parametrize("page", ["/privacy", "/accessibility", "/help"])
def test_everybody_may_read_about_the_school(client: FlaskClient, page: str) -> None:
    assert client.get(page).status_code == 200
