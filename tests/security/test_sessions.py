"""SE-01: a session is new with every sign-in and dies at the server, not only in the browser."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token

from elearn.models import Role, SignInKind
from elearn.permissions import OPERATOR
from elearn.services import people
from tests import forms, make
from tests.people import People


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("session")
    assert cookie is not None
    return cookie.value


def with_cookie(app: Flask, value: str) -> FlaskClient:
    browser = app.test_client()
    browser.set_cookie("session", value)
    return browser


def test_a_session_that_somebody_else_prepared_does_not_come_in(app: Flask, school: People) -> None:
    attacker, victim = app.test_client(), app.test_client()
    attacker.get("/sign-in")
    prepared = cookie_of(attacker)
    victim.set_cookie("session", prepared)
    forms.sign_in(victim, "ben", make.PASSWORD)
    assert cookie_of(victim) != prepared
    assert with_cookie(app, prepared).get("/you").status_code == 302


def test_nothing_of_an_older_session_is_carried_into_the_next(client: FlaskClient, school: People) -> None:
    client.get("/sign-in")
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
        before = session["csrf_token"]
    forms.sign_in(client, "ben", make.PASSWORD)
    client.get("/you")
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session["csrf_token"] != before


def test_each_sign_in_has_a_session_of_its_own(app: Flask, school: People) -> None:
    first, second = app.test_client(), app.test_client()
    forms.sign_in(first, "ben", make.PASSWORD)
    forms.sign_in(second, "ben", make.PASSWORD)
    with first.session_transaction() as one, second.session_transaction() as other:
        assert one["_user_id"] != other["_user_id"]


def test_an_old_cookie_is_dead_after_signing_out(app: Flask, school: People) -> None:
    browser = app.test_client()
    forms.sign_in(browser, "ben", make.PASSWORD)
    browser.get("/you")
    stolen = cookie_of(browser)
    assert with_cookie(app, stolen).get("/you").status_code == 200
    forms.send(browser, "/you", "/sign-out")
    assert with_cookie(app, stolen).get("/you").status_code == 302


def test_an_old_cookie_is_dead_after_a_new_password(app: Flask, school: People) -> None:
    browser = app.test_client()
    forms.sign_in(browser, "ben", make.PASSWORD)
    people.reset_password(OPERATOR, school.ben.id, "a quite different phrase")
    assert browser.get("/you").status_code == 302


@pytest.mark.parametrize("way", ["given", "asked for"])
def test_another_role_ends_every_older_cookie_and_token(app: Flask, school: People, way: str) -> None:
    browser, program = app.test_client(), app.test_client()
    forms.sign_in(browser, "ben", make.PASSWORD)
    tokens = program.post("/api/auth/login/", json={"login": "ben", "password": make.PASSWORD}).json
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert "Student, here since" in browser.get("/you").text
    if way == "given":
        people.set_role(OPERATOR, school.ben.id, Role.MANAGER)
    else:
        make.change(school.ben, requested_role=Role.MANAGER)
        people.approve(OPERATOR, school.ben.id)
    assert browser.get("/you").status_code == 302
    assert program.get("/api/auth/me/", headers=bearer).status_code == 401
    refresh = {"refresh_token": tokens["refresh_token"]}
    assert program.post("/api/auth/refresh/", json=refresh).status_code == 401
    forms.sign_in(browser, "ben", make.PASSWORD)
    assert "Manager, here since" in browser.get("/you").text


def test_the_role_that_somebody_has_already_ends_nothing(app: Flask, school: People) -> None:
    browser = app.test_client()
    forms.sign_in(browser, "ben", make.PASSWORD)
    people.set_role(OPERATOR, school.ben.id, Role.STUDENT)
    assert browser.get("/you").status_code == 200


def test_a_blocked_person_is_out_on_the_next_request_by_cookie_and_by_token(app: Flask, school: People) -> None:
    by_cookie, by_token = app.test_client(), app.test_client()
    forms.sign_in(by_cookie, "ben", make.PASSWORD)
    opened = make.sign_in(school.ben, SignInKind.API)
    token = create_access_token(str(school.ben.id), additional_claims={"sid": str(opened.id)})
    bearer = {"Authorization": f"Bearer {token}"}
    assert by_cookie.get("/you").status_code == 200
    assert by_token.get("/you", headers=bearer).status_code == 200
    people.block(OPERATOR, school.ben.id)
    assert by_cookie.get("/you").status_code == 302
    assert by_token.get("/you", headers=bearer).status_code != 200
    people.unblock(OPERATOR, school.ben.id)
    assert by_cookie.get("/you").status_code == 302
    assert by_token.get("/you", headers=bearer).status_code != 200


def test_a_forged_cookie_is_nobody(app: Flask, school: People) -> None:
    opened = make.sign_in(school.ben)
    for value in (str(opened.id), "x" * 5000, "", "eyJfdXNlcl9pZCI6IjEifQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb"):
        assert with_cookie(app, value).get("/you").status_code == 302
