from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from elearn.extensions import db
from elearn.models import Role, SignIn, User
from elearn.permissions import OPERATOR
from elearn.services import people
from tests import forms, make, pictures
from tests.people import People

NEW = {
    "full_name": "Elif Ayd\u0131n",
    "username": "elif.aydin",
    "email": "elif@school.example",
    "password": "comets need four words",
    "password_again": "comets need four words",
}


@pytest.mark.parametrize("login", ["ben", "BEN", "Ben@School.example"])
def test_people_come_in_by_username_or_email_and_go_home(client: FlaskClient, school: People, login: str) -> None:
    response = forms.sign_in(client, login, make.PASSWORD)
    assert (response.status_code, response.location) == (302, "/")
    assert "Ben Kowalski" in client.get("/you").text


def test_a_page_that_asked_for_the_sign_in_is_next(client: FlaskClient, school: People) -> None:
    asked = client.get("/you/edit")
    assert asked.location == "/sign-in?next=/you/edit"
    assert forms.send(client, asked.location, login="ben", password=make.PASSWORD).location == "/you/edit"


@pytest.mark.parametrize(("remember", "kept"), [({"remember": "y"}, True), ({}, False)])
def test_staying_signed_in_is_a_choice(
    client: FlaskClient, school: People, remember: dict[str, str], kept: bool
) -> None:
    cookie = forms.sign_in(client, "ben", make.PASSWORD, **remember).headers["Set-Cookie"]
    assert ("Expires=" in cookie) is kept


@pytest.mark.parametrize(("login", "password"), [("ben", "wrong"), ("nobody", make.PASSWORD), ("b\0en\0", "wrong")])
def test_a_wrong_sign_in_keeps_the_name_and_drops_the_password(
    client: FlaskClient, school: People, login: str, password: str
) -> None:
    response = forms.sign_in(client, login, password)
    assert response.status_code == 401
    assert "The name or the password is not right" in response.text
    assert f'value="{login}"' in response.text
    assert f'value="{password}"' not in response.text
    assert client.get("/you").status_code == 302


def test_empty_fields_are_named(client: FlaskClient, school: People) -> None:
    response = forms.sign_in(client, "", "")
    assert response.status_code == 422
    assert "Two things to put right" in response.text


def test_blocked_people_are_told_so_once_the_password_was_right(client: FlaskClient, school: People) -> None:
    people.block(OPERATOR, school.ben.id)
    assert forms.sign_in(client, "ben", "wrong").status_code == 401
    response = forms.sign_in(client, "ben", make.PASSWORD)
    assert response.status_code == 403
    assert "This account is blocked" in response.text


def test_people_who_are_in_are_sent_home(client: FlaskClient, school: People) -> None:
    forms.sign_in(client, "ben", make.PASSWORD)
    for page in ("/sign-in", "/register/student"):
        assert client.get(page).location == "/"


def test_signing_out_ends_this_device_only(app: Flask, school: People) -> None:
    here, there = app.test_client(), app.test_client()
    for browser in (here, there):
        forms.sign_in(browser, "ben", make.PASSWORD)
    response = forms.send(here, "/you", "/sign-out")
    assert response.location == "/sign-in"
    assert "You are signed out." in here.get("/sign-in").text
    assert here.get("/you").status_code == 302
    assert there.get("/you").status_code == 200


def test_signing_out_everywhere_ends_every_device(app: Flask, school: People) -> None:
    here, there, other = app.test_client(), app.test_client(), app.test_client()
    for browser in (here, there):
        forms.sign_in(browser, "ben", make.PASSWORD)
    forms.sign_in(other, "eve", make.PASSWORD)
    forms.send(here, "/you", "/sign-out-everywhere")
    assert [browser.get("/you").status_code for browser in (here, there, other)] == [302, 302, 200]


@pytest.mark.parametrize("role", ["student", "teacher"])
def test_a_new_person_is_in_at_once(client: FlaskClient, role: str) -> None:
    response = forms.send(client, f"/register/{role}", **NEW, time_zone="Europe/Istanbul")
    assert (response.status_code, response.location) == (302, "/verify-email")
    user = db.session.query(User).one()
    assert (user.role, user.time_zone, user.photo) == (Role(role), "Europe/Istanbul", None)
    assert "Elif Ayd\u0131n" in client.get("/you").text


def test_a_new_person_may_bring_a_photo(client: FlaskClient) -> None:
    forms.send(client, "/register/student", **NEW, photo=(BytesIO(pictures.photo()), "../../me.jpg"))
    user = db.session.query(User).one()
    assert client.get(user.photo_url or "").status_code == 200


@pytest.mark.parametrize("role", ["admin", "manager", "root"])
def test_nobody_registers_as_more(client: FlaskClient, role: str) -> None:
    token = forms.token(client)
    response = client.post(f"/register/{role}", data=NEW | {"csrf_token": token})
    assert response.status_code == 404
    client.post("/register/student", data=NEW | {"csrf_token": token, "role": role, "id": "1", "blocked_at": "x"})
    assert db.session.query(User).one().role is Role.STUDENT


@pytest.mark.parametrize(
    ("change", "sentence", "status"),
    [
        ({"email": "elif.aydin@"}, "Write the whole address, such as elif@example.org", 422),
        ({"password": "comets", "password_again": "comets"}, "Use 10 characters or more, this has 6", 422),
        ({"password_again": "comets need five words"}, "Type the same password in both fields", 422),
        ({"username": "x"}, "Use 3 to 30 letters, numbers, dots or dashes", 422),
        ({"full_name": " "}, "Write a name of 1 to 100 letters", 422),
        ({"full_name": "x" * 1_000_000}, "Write a name of 1 to 100 letters", 422),
        ({"username": "BEN"}, "This username is taken. Choose another", 409),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    client: FlaskClient, school: People, change: dict[str, str], sentence: str, status: int
) -> None:
    response = forms.send(client, "/register/student", **(NEW | change))
    assert response.status_code == status
    assert db.session.query(User).count() == 4
    assert "One thing to put right" in response.text
    assert response.text.count(f"</span>{sentence}") == 1
    for field, value in (NEW | change).items():
        assert f'value="{value}"' in response.text, field


def test_all_that_is_wrong_is_said_at_once(client: FlaskClient) -> None:
    response = forms.send(
        client, "/register/student", full_name="", username="", email="", password="", password_again=""
    )
    assert "Four things to put right" in response.text


def test_a_hostile_photo_makes_no_account(client: FlaskClient) -> None:
    for name, data in pictures.HOSTILE.items():
        photo = (BytesIO(data or b" "), "photo.jpg", "image/jpeg")
        response = forms.send(client, "/register/student", **NEW, photo=photo)
        assert response.status_code == 422, name
        assert "Photo: " in response.text, name
    assert db.session.query(User).count() == 0


def test_a_username_is_said_to_be_free_while_it_is_typed(client: FlaskClient, school: People) -> None:
    answers = {
        name: client.get("/register/username", query_string={"username": name}).json
        for name in ("elif.aydin", "BEN", "x", "", "a b c", "<script>")
    }
    assert answers.pop("elif.aydin") == {"free": True}
    assert set(map(str, answers.values())) == {"{'free': False}"}


def test_a_page_of_a_form_is_never_kept_by_a_cache(client: FlaskClient) -> None:
    assert client.get("/sign-in").headers["Cache-Control"] == "private, no-store"


def test_signing_in_remembers_the_device(client: FlaskClient, school: People) -> None:
    token = forms.token(client)
    client.post(
        "/sign-in",
        data={"csrf_token": token, "login": "ben", "password": make.PASSWORD},
        headers={"User-Agent": "x" * 5000},
    )
    opened = db.session.query(SignIn).one()
    assert (opened.address, opened.user_agent) == ("127.0.0.1", "x" * 200)


def test_a_space_that_a_keyboard_added_to_a_username_is_left_out(client: FlaskClient) -> None:
    fields = {**NEW, "username": "lucja.m "}
    assert forms.send(client, "/register/student", **fields).status_code == 302
    assert db.session.scalars(db.select(User.username)).one() == "lucja.m"
