"""RL-01 and RL-02: guessing is slow by account and by address, and tells nothing."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from elearn.extensions import db
from elearn.integrations import rate_limits
from elearn.models import SignIn
from elearn.permissions import OPERATOR
from elearn.services import people
from tests import forms, make
from tests.people import People

LIMITED = pytest.mark.parametrize("overrides", [{"rate_limits": True, "sign_in_limit": "3/minute"}])
Overrides = dict[str, object]
WRONG = "wrong"


def guess(client: FlaskClient, token: str, login: str = "ben", password: str = WRONG, **request: object) -> int:
    data = {"csrf_token": token, "login": login, "password": password}
    return client.post("/sign-in", data=data, **request).status_code  # type: ignore[arg-type]


@LIMITED
def test_an_account_cannot_be_guessed_at_quickly(overrides: Overrides, client: FlaskClient, school: People) -> None:
    token = forms.token(client)
    assert [guess(client, token, login) for login in ("ben", "BEN", " Ben ")] == [401] * 3
    response = client.post("/sign-in", data={"csrf_token": token, "login": "ben", "password": make.PASSWORD})
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert "Too many tries" in response.text
    assert 'value="ben"' in response.text
    assert guess(client, token, "eve", make.PASSWORD) == 302, "others are not held up"


@LIMITED
def test_a_made_up_address_does_not_help(overrides: Overrides, client: FlaskClient, school: People) -> None:
    token = forms.token(client)
    statuses = [
        guess(client, token, headers={"X-Forwarded-For": f"10.0.0.{number}", "X-Real-IP": f"10.0.0.{number}"})
        for number in range(5)
    ]
    assert statuses == [401, 401, 401, 429, 429]


@LIMITED
def test_an_address_cannot_try_one_password_on_everybody(
    overrides: Overrides, app: Flask, client: FlaskClient, school: People
) -> None:
    token = forms.token(client)
    for _ in range(100):
        rate_limits.spend("100/minute;1000/hour", "sign-in-address", "127.0.0.1")
    assert guess(client, token, "somebody") == 429
    assert guess(client, token, "somebody.else", headers={"X-Forwarded-For": "10.0.0.1"}) == 429
    assert guess(client, token, "another", environ_base={"REMOTE_ADDR": "10.0.0.2"}) == 401


@pytest.mark.parametrize(
    ("overrides", "address"),
    [({}, "127.0.0.1"), ({"trusted_proxies": 1}, "10.0.0.2"), ({"trusted_proxies": 2}, "10.0.0.1")],
)
def test_the_address_is_the_one_that_a_trusted_proxy_names(
    overrides: Overrides, address: str, client: FlaskClient, school: People
) -> None:
    token = forms.token(client)
    guess(client, token, "ben", make.PASSWORD, headers={"X-Forwarded-For": "6.6.6.6, 10.0.0.1, 10.0.0.2"})
    assert db.session.query(SignIn).one().address == address


@pytest.mark.parametrize("overrides", [{"rate_limits": True, "register_limit": "2/hour"}])
def test_accounts_cannot_be_made_in_masses(overrides: Overrides, app: Flask) -> None:
    statuses = []
    for number in range(3):
        browser = app.test_client()
        password = "comets need four words"
        response = forms.send(
            browser, "/register/student", full_name="E", username=f"elif{number}", email=f"e{number}@school.example",
            password=password, password_again=password,
        )  # fmt: skip
        statuses.append(response.status_code)
    assert statuses == [302, 302, 429]


@pytest.mark.parametrize("overrides", [{"rate_limits": True}])
def test_names_cannot_be_collected_by_the_hint(overrides: Overrides, client: FlaskClient) -> None:
    answers = [client.get("/register/username?username=ben") for _ in range(121)]
    assert [answer.status_code for answer in answers] == [200] * 120 + [429]
    assert answers[-1].headers["Retry-After"] == "60"


@pytest.mark.parametrize("overrides", [{"rate_limits": True, "register_limit": "2/hour"}])
def test_one_line_of_ipv6_is_one_place_at_every_door(overrides: Overrides, app: Flask, school: People) -> None:
    def places(line: str = "2001:db8:0:1") -> Iterator[Overrides]:
        return ({"environ_base": {"REMOTE_ADDR": f"{line}::{number:x}"}} for number in range(1, 1000))

    def account(number: int) -> dict[str, str]:
        email, username = f"new{number}@school.example", f"new{number}"
        return {"username": username, "full_name": "N", "email": email, "password": NEW, "role": "student"}

    def asks(number: int, place: Overrides) -> int:
        return app.test_client().post(RESET, json={"email": f"p{number}@school.example"}, **place).status_code

    visitor, found, there = app.test_client(), places(), next(places("2001:db8:0:2"))
    hints = [visitor.get("/register/username?username=ben", **next(found)).status_code for _ in range(121)]
    assert hints == [200] * 120 + [429]
    assert visitor.get("/register/username?username=ben", **there).status_code == 200
    assert [asks(number, next(found)) for number in range(61)] == [204] * 60 + [429]
    assert asks(99, there) == 204
    made = [visitor.post("/api/auth/register/", json=account(n), **next(found)).status_code for n in range(3)]
    assert made == [201, 201, 429]


def test_known_unknown_and_blocked_people_get_the_same_answer(app: Flask, school: People) -> None:
    people.block(OPERATOR, school.eve.id)
    answers = set()
    for login in ("ben", "eve", "zzz"):
        response = forms.sign_in(app.test_client(), login, "wrong password")
        answers.add((response.status_code, len(response.data), response.headers.get("Retry-After")))
    assert len(answers) == 1


RESET = "/api/auth/password-reset/"
NEW = "comets need four words"


@pytest.mark.parametrize("overrides", [{"rate_limits": True}])
def test_codes_cannot_be_asked_for_from_one_place_without_end(overrides: Overrides, app: Flask, school: People) -> None:
    """RL-01: by the real address, whatever a header says, and whether the people are here or not."""
    statuses = [
        app.test_client()
        .post(RESET, json={"email": f"p{number}@school.example"}, headers={"X-Forwarded-For": f"10.0.0.{number}"})
        .status_code
        for number in range(61)
    ]
    assert statuses == [204] * 60 + [429]
    elsewhere = {"environ_base": {"REMOTE_ADDR": "192.0.2.2"}}
    assert app.test_client().post(RESET, json={"email": "ben@school.example"}, **elsewhere).status_code == 204


@pytest.mark.parametrize("overrides", [{"rate_limits": True}])
def test_codes_cannot_be_guessed_at_from_many_places(overrides: Overrides, app: Flask, school: People) -> None:
    """By account: twenty guesses an hour, of which five are compared anyway."""
    for email in ("ben@school.example", "nobody@school.example"):
        statuses = [
            app.test_client()
            .put(
                RESET,
                json={"email": email, "code": f"{number:06}", "password": NEW},
                environ_base={"REMOTE_ADDR": f"192.0.2.{number}"},
            )
            .status_code
            for number in range(21)
        ]
        assert statuses == [409] * 20 + [429]


@pytest.mark.parametrize("overrides", [{"rate_limits": True, "sign_in_limit": "3/minute"}])
def test_the_old_password_cannot_be_guessed_at_a_left_screen(
    overrides: Overrides, client: FlaskClient, school: People
) -> None:
    forms.sign_in(client, "ben", make.PASSWORD)
    fields = {"password-old_password": "wrong", "password-password": NEW, "password-password_again": NEW}
    statuses = [forms.send(client, "/you/password", **fields).status_code for _ in range(4)]
    assert statuses == [403, 403, 403, 429]
