from collections.abc import Callable
from html import escape
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from elearn.extensions import db
from elearn.models import Theme, User
from elearn.permissions import OPERATOR
from elearn.services import people, profiles
from tests import make, pictures
from tests.people import People
from tests.queries import counted

AsPerson = Callable[[User], FlaskClient]
CHANGED = {"full_name": "Ben K.", "bio": "I like *comets*.", "theme": "dark", "time_zone": "Europe/Berlin"}
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
    assert 'data-theme="dark"' in page
    assert "Profile saved." in page
    ben = db.session.get_one(User, school.ben.id)
    assert (ben.full_name, ben.theme, ben.time_zone) == ("Ben K.", Theme.DARK, "Europe/Berlin")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"full_name": ""}, "Write a name of 1 to 100 letters"),
        ({"bio": "x" * 2001}, "Write at most 2000 characters, this has 2001"),
        ({"theme": "purple"}, "Choose system, light or dark"),
        ({"time_zone": "Mars/Olympus"}, "Choose a time zone from the list"),
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
        for page in ("/you", "/you/edit", "/privacy", "/accessibility", "/help"):
            with counted() as statements:
                assert browser.get(page).status_code == 200
            costs.setdefault(page, []).append(len(statements))
        for _ in range(18):
            make.sign_in(make.person())
            make.sign_in(school.ben)
    assert all(first == second == 1 for first, second in costs.values()), costs


@pytest.mark.parametrize("page", ["/privacy", "/accessibility", "/help"])
def test_everybody_may_read_about_the_school(client: FlaskClient, page: str) -> None:
    assert client.get(page).status_code == 200
