"""Pages: proving an address, a forgotten password, password and email, devices."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from elearn.extensions import db
from elearn.models import SignIn, User
from elearn.services import bounces, credentials
from tests import forms, letters, make
from tests.people import People

AsPerson = Callable[[User], FlaskClient]
NEW = {
    "full_name": "Elif Aydin", "username": "elif", "email": "elif@school.example", "password": "comets need four words",
    "password_again": "comets need four words",
}  # fmt: skip
NEW_PASSWORD = "a quite different phrase"
PAIR = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}


@pytest.fixture
def newcomer(client: FlaskClient) -> FlaskClient:
    """Somebody who has just registered."""
    assert forms.send(client, "/register/student?next=/catalogue", **NEW).location == "/verify-email?next=/catalogue"
    return client


def test_a_newcomer_types_the_code_and_goes_on(newcomer: FlaskClient) -> None:
    page = newcomer.get("/verify-email?next=/catalogue").text
    assert "elif@school.example" in page
    assert "instance" not in page or "/mail/" in page
    assert "To enrol, create or write, type the code" in newcomer.get("/").text
    code = letters.code_for("elif@school.example")
    wrong = forms.send(newcomer, "/verify-email", code="000000" if code != "000000" else "111111")
    assert (wrong.status_code, "This code does not fit" in wrong.text) == (409, True)
    right = forms.send(newcomer, "/verify-email", "/verify-email?next=/catalogue", code=code)
    assert (right.status_code, right.location) == (302, "/catalogue")
    assert "type the code" not in newcomer.get("/").text
    assert newcomer.get("/verify-email").location == "/"


def test_the_page_says_where_the_message_lies_while_there_is_no_mail_server(newcomer: FlaskClient, app: Flask) -> None:
    folder = app.extensions["settings"].instance_path.name
    assert f"{folder}/mail/" in newcomer.get("/verify-email").text


@pytest.mark.parametrize("overrides", [{"mail_server": "mail.school.example"}])
def test_with_a_mail_server_no_folder_is_named(overrides: dict[str, Any], newcomer: FlaskClient) -> None:
    assert "/mail/" not in newcomer.get("/verify-email").text


def test_a_fresh_code_is_sent_after_a_while_only(newcomer: FlaskClient) -> None:
    page = newcomer.get("/verify-email").text
    assert 'data-seconds="60"' in page or 'data-seconds="59"' in page
    response = forms.send(newcomer, "/verify-email", "/verify-email/resend")
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 60


def test_a_mistyped_address_is_put_right(newcomer: FlaskClient) -> None:
    wrong = forms.send(newcomer, "/verify-email", "/verify-email/address", email="elif@")
    assert (wrong.status_code, "Write the whole address" in wrong.text) == (422, True)
    right = forms.send(newcomer, "/verify-email", "/verify-email/address", email="right@school.example")
    assert right.location == "/verify-email"
    assert "right@school.example" in newcomer.get("/verify-email").text
    assert newcomer.get("/verify-email/address").location == "/verify-email"
    code = letters.code_for("right@school.example")
    assert forms.send(newcomer, "/verify-email", code=code).location == "/"


def test_a_code_that_came_back_is_told_with_the_field_to_put_it_right(newcomer: FlaskClient) -> None:
    assert bounces.note("elif@school.example") == 1
    page = newcomer.get("/catalogue").text
    assert "The code for elif@school.example came back" in page
    assert 'class="more code-address" open' in newcomer.get("/verify-email").text
    forms.send(newcomer, "/verify-email", "/verify-email/address", email="right@school.example")
    assert "came back" not in newcomer.get("/catalogue").text


def test_emails_that_come_back_are_told_on_all_pages(school: People, as_person: AsPerson) -> None:
    ben = as_person(school.ben)
    assert "come back" not in ben.get("/catalogue").text
    bounces.note(school.ben.email)
    assert "Emails to ben@school.example come back: there is no such mailbox." in ben.get("/catalogue").text
    assert "Type ben@school.example once more to try it again" in ben.get("/you/password").text
    assert "come back" not in as_person(school.eve).get("/catalogue").text


def test_who_has_not_proved_the_address_is_led_to_the_code(newcomer: FlaskClient, school: People) -> None:
    course = make.course(school.ada)
    page = f"/courses/{course.id}"
    assert newcomer.get(page).status_code == 200
    response = forms.send(newcomer, page, f"{page}/enrol")
    assert (response.status_code, response.location) == (302, "/verify-email")
    response = newcomer.post(
        f"{page}/enrol",
        data={"csrf_token": forms.token(newcomer, page)},
        headers={"Referer": f"http://localhost{page}"},
    )
    assert response.location == f"/verify-email?next={page}"
    assert "Prove your email address first" in newcomer.get(response.location).text


@pytest.mark.parametrize("overrides", [{"registration": "invitation"}])
def test_by_invitation_the_page_says_whom_to_ask(overrides: dict[str, Any], client: FlaskClient) -> None:
    page = client.get("/register/student")
    assert (page.status_code, "This school is by invitation" in page.text) == (403, True)
    assert forms.send(client, "/sign-in", "/register/student", **NEW).status_code == 403
    assert "/register/" not in client.get("/sign-in").text
    assert db.session.query(User).count() == 0


@pytest.mark.parametrize("overrides", [{"registration": "approval"}])
def test_a_teacher_is_told_that_the_school_looks_first(overrides: dict[str, Any], client: FlaskClient) -> None:
    assert "before you can teach" in client.get("/register/teacher").text
    assert "before you can teach" not in client.get("/register/student").text
    forms.send(client, "/register/teacher", **NEW)
    assert "You asked to teach" in client.get("/verify-email").text


def test_a_forgotten_password_is_set_anew(client: FlaskClient, school: People) -> None:
    assert 'href="/forgot"' in client.get("/sign-in").text
    assert forms.send(client, "/forgot", email="ben@school.example").location == "/forgot/code"
    page = client.get("/forgot/code").text
    assert 'value="ben@school.example"' in page
    assert "If ben@school.example belongs to an account" in page
    reset = PAIR | {"email": "ben@school.example", "code": letters.code_for("ben@school.example")}
    different = forms.send(client, "/forgot/code", **(reset | {"password_again": "something else again"}))
    assert (different.status_code, "Type the same password" in different.text) == (422, True)
    assert forms.send(client, "/forgot/code", **reset).location == "/sign-in"
    assert forms.sign_in(client, "ben", NEW_PASSWORD).location == "/"


def test_the_address_of_a_forgotten_password_stands_in_no_link(client: FlaskClient, school: People) -> None:
    assert "ben" not in (forms.send(client, "/forgot", email="ben@school.example").location or "")


def test_another_password_keeps_this_device_with_a_new_session(app: Flask, school: People) -> None:
    here, there = app.test_client(), app.test_client()
    for browser in (here, there):
        forms.sign_in(browser, "ben", make.PASSWORD)
    old = here.get_cookie("session")
    assert old is not None
    fields = {f"password-{name}": value for name, value in (PAIR | {"old_password": make.PASSWORD}).items()}
    wrong = forms.send(here, "/you/password", **(fields | {"password-old_password": "wrong words"}))
    assert (wrong.status_code, "This is not your password" in wrong.text) == (403, True)
    assert forms.send(here, "/you/password", **fields).location == "/you/password"
    assert "Your other devices are signed out" in here.get("/you/password").text
    assert there.get("/you").status_code == 302
    stolen = app.test_client()
    stolen.set_cookie("session", old.value)
    assert stolen.get("/you").status_code == 302
    assert forms.sign_in(app.test_client(), "ben", NEW_PASSWORD).location == "/"


def test_another_address_is_taken_by_its_code(client: FlaskClient, school: People) -> None:
    forms.sign_in(client, "ben", make.PASSWORD)
    assert client.get("/you/email").location == "/you/password"
    asked = {"email-email": "ben.new@school.example", "email-password": make.PASSWORD}
    page = forms.send(client, "/you/password", "/you/password/email", **(asked | {"email-password": "wrong words"}))
    assert (page.status_code, "This is not your password" in page.text) == (403, True)
    assert forms.send(client, "/you/password", "/you/password/email", **asked).location == "/you/email"
    assert "A code is on its way to ben.new@school.example" in client.get("/you/password").text
    assert client.get("/you/password/email").location == "/you/password"
    code = letters.code_for("ben.new@school.example")
    assert forms.send(client, "/you/email", code=code).location == "/you/password"
    assert "ben.new@school.example" in client.get("/you/password").text


def test_devices_are_shown_and_signed_out(app: Flask, as_person: AsPerson, school: People) -> None:
    here, there = as_person(school.ben), as_person(school.ben)
    page = here.get("/you/devices").text
    assert page.count("This device") == 1
    with there.session_transaction() as session:
        other = session["_user_id"]
    assert f"/you/devices/{other}/end" in page
    assert here.post(f"/you/devices/{other}/end").location == "/you/devices"
    assert there.get("/you").status_code == 302
    assert here.post(f"/you/devices/{other}/end").status_code == 404
    third = as_person(school.ben)
    here.post("/you/devices/end-others")
    assert [browser.get("/you").status_code for browser in (here, third)] == [200, 302]


def test_the_device_of_somebody_else_is_not_there(as_person: AsPerson, school: People) -> None:
    theirs = make.sign_in(school.eve).id
    assert as_person(school.ben).post(f"/you/devices/{theirs}/end").status_code == 404
    assert db.session.get_one(SignIn, theirs).ended_at is None


def test_the_pages_of_the_account_are_linked(as_person: AsPerson, school: People) -> None:
    browser = as_person(school.ben)
    credentials.ask_for_email(school.ben, email="new@school.example", password=make.PASSWORD)
    for page in ("/you/password", "/you/devices"):
        text = browser.get(page).text
        assert all(f'href="{link}"' in text for link in ("/you/edit", "/you/password", "/you/devices"))
    assert 'href="/you/email"' in browser.get("/you/password").text
