"""RL-02: no door tells who is here: the same status, body, statements and password hashes for known and unknown people.

The medians are measured by `tools/benchmarks/doors.py`; times have no place in a test.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from config import Settings
from elearn.extensions import db
from elearn.integrations import passwords
from elearn.models import Email, User
from elearn.permissions import OPERATOR
from elearn.services import accounts, credentials, people, postman
from tests import forms, make
from tests.people import People
from tests.queries import counted

PASSWORD = "comets need four words"
KNOWN = ["ben@school.example", "BEN@School.example"]
# Blocked, typed by one and by three and never proved, unknown.
OTHERS = ["eve@school.example", "typed@school.example", "often@school.example", "nobody@school.example"]
NEW_EACH_TIME = r'(name="csrf_token"[^>]*value=|nonce=|content=)"[^"]*"|/assets/v[0-9a-f]+/'
Seen = tuple[int, str, str, int, int]
Call = Callable[[Any, str], TestResponse]


@pytest.fixture
def everybody(school: People) -> People:
    people.block(OPERATOR, school.eve.id)
    make.person("typed", email_verified_at=None)
    for number in range(3):
        make.person(f"often{number}", email="often@school.example", email_verified_at=None)
    return school


@contextmanager
def hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Count the slow computations, which are what a clock would show."""
    done: list[str] = []

    class Counting:
        def verify(self, *args: str) -> bool:
            done.append("verify")
            return bool(original.verify(*args))

        def hash(self, password: str) -> str:
            done.append("hash")
            return str(original.hash(password))

    original = passwords._hasher
    with monkeypatch.context() as patch:
        patch.setattr(passwords, "_hasher", Counting())
        yield done


def body(response: TestResponse, login: str) -> str:
    """Return the answer without what is new in every page, and without what was typed."""
    text = re.sub(NEW_EACH_TIME, "", response.get_data(as_text=True))
    return text.replace(login, "LOGIN").replace(login.lower(), "LOGIN")


def seen(app: Flask, monkeypatch: pytest.MonkeyPatch, call: Call, login: str) -> Seen:
    browser = app.test_client()
    with hashes(monkeypatch) as done, counted() as statements:
        response = call(browser, login)
    # Each page of the session costs what it costs; only the answer's own statements differ or do not.
    headers = str({name: response.headers.get(name) for name in ("Location", "Retry-After", "Content-Type")})
    return response.status_code, body(response, login), headers, len(statements), len(done)


def sign_in_page(browser: Any, login: str) -> TestResponse:
    return forms.sign_in(browser, login, "not the password")


def sign_in_api(browser: Any, login: str) -> TestResponse:
    return browser.post("/api/auth/login/", json={"login": login, "password": "not the password"})


def forgot_page(browser: Any, login: str) -> TestResponse:
    return forms.send(browser, "/forgot", email=login)


def forgot_api(browser: Any, login: str) -> TestResponse:
    return browser.post("/api/auth/password-reset/", json={"email": login})


def guess_page(browser: Any, login: str) -> TestResponse:
    return forms.send(browser, "/forgot/code", email=login, code="000000", password=PASSWORD, password_again=PASSWORD)


def guess_api(browser: Any, login: str) -> TestResponse:
    return browser.put("/api/auth/password-reset/", json={"email": login, "code": "000000", "password": PASSWORD})


DOORS = [sign_in_page, sign_in_api, forgot_page, forgot_api, guess_page, guess_api]


@pytest.mark.parametrize("call", DOORS)
def test_a_door_answers_everybody_the_same(
    app: Flask, everybody: People, school_database: str, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    call(app.test_client(), "warm@school.example")
    logins = [KNOWN[0], *OTHERS]
    found = {login: seen(app, monkeypatch, call, login) for login in logins}
    assert len(set(found.values())) == 1, {login: (one[0], *one[2:]) for login, one in found.items()}


@pytest.mark.parametrize("overrides", [{"rate_limits": True, "sign_in_limit": "2/hour"}])
def test_a_budget_that_is_spent_says_the_same_of_everybody(
    overrides: dict[str, object], app: Flask, everybody: People, school_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in_api(app.test_client(), "warm@school.example")
    statuses = set()
    for _ in range(4):
        found = {login: seen(app, monkeypatch, sign_in_api, login) for login in [KNOWN[0], *OTHERS]}
        statuses |= {one[0] for one in found.values()}
        # The seconds that are left differ by when the first try was.
        alike = {(one[0], re.sub(r"\d+|\ba minute\b", "", one[1]), *one[3:]) for one in found.values()}
        assert len(alike) == 1, {login: (one[0], *one[2:]) for login, one in found.items()}
    assert statuses == {401, 429}


@pytest.mark.parametrize("call", [guess_page, guess_api])
def test_a_guess_after_asking_answers_everybody_the_same(
    app: Flask, everybody: People, school_database: str, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    logins = [KNOWN[0], *OTHERS]
    for login in logins:
        credentials.ask_for_reset(login, "127.0.0.1")
    for _ in range(6):  # five that count, and one more
        found = {login: seen(app, monkeypatch, call, login) for login in logins}
        assert len(set(found.values())) == 1, {login: (one[0], *one[2:]) for login, one in found.items()}


@pytest.mark.parametrize("call", [forgot_page, forgot_api])
def test_asking_again_too_soon_answers_everybody_the_same(
    app: Flask, everybody: People, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    logins = [KNOWN[0], *OTHERS]
    for login in logins:
        call(app.test_client(), login)
    found = {login: seen(app, monkeypatch, call, login) for login in logins}
    assert {one[0] for one in found.values()} == {429}
    assert len({one[:1] + one[3:] for one in found.values()}) == 1


def registered(app: Flask, monkeypatch: pytest.MonkeyPatch, number: int, email: str, door: str) -> Seen:
    new = {"username": f"fresh{number}", "full_name": "Fresh Person", "email": email, "password": PASSWORD}

    def by_page(browser: Any, _login: str) -> TestResponse:
        forms.send(browser, "/register/student", **new, password_again=PASSWORD)
        return browser.get("/verify-email")

    def by_api(browser: Any, _login: str) -> TestResponse:
        return browser.post("/api/auth/register/", json=new | {"role": "student"})

    status, text, headers, statements, computed = seen(app, monkeypatch, by_page if door == "page" else by_api, email)
    unlike = r'"(access_token|refresh_token|id|created_at|tint)": ?"?[^",}]+"?|data-seconds="\d+"|tint-\d|fresh\d+'
    return status, re.sub(unlike, "", text), headers, statements, computed


@pytest.mark.parametrize("door", ["page", "api"])
def test_registering_with_an_address_that_is_here_looks_like_any_other(
    app: Flask, everybody: People, school_database: str, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    registered(app, monkeypatch, 0, "warm@school.example", door)
    emails = [KNOWN[0], *OTHERS]
    found = {email: registered(app, monkeypatch, number, email, door) for number, email in enumerate(emails, 1)}
    assert len(set(found.values())) == 1, {email: (one[0], *one[2:]) for email, one in found.items()}


def test_who_typed_an_address_comes_in_whether_its_owner_is_here_or_not(app: Flask, everybody: People) -> None:
    """Otherwise one could register with an address and see by signing in whether it is somebody's."""
    for number, email in enumerate(("ben@school.example", "nobody@school.example")):
        for more in range(2):
            user = accounts.register(
                username=f"curious{number}{more}", email=email, password=f"{PASSWORD} {more}", full_name="C",
                role=everybody.ben.role,
            )  # fmt: skip
            assert not db.session.get_one(User, user.id).is_verified
        statuses = [forms.sign_in(app.test_client(), email, f"{PASSWORD} {more}").status_code for more in range(2)]
        assert statuses == [302, 302], email


def test_a_changed_host_changes_no_link(app: Flask, school: People) -> None:
    """AU-03: letters keep paths; the address in front of them comes from the settings alone."""
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    app.test_client().post("/api/auth/password-reset/", json={"email": "ben@school.example"}, headers=evil)

    email = db.session.query(Email).one()
    assert "evil" not in str(email.data)


@pytest.mark.parametrize("overrides", [{"base_url": "https://learn.school.example"}])
def test_letters_that_a_poisoned_host_asked_for_lead_to_the_school(
    overrides: dict[str, str], app: Flask, settings: Settings, school: People
) -> None:
    """AU-03: as they are sent, from the forgotten password to the invitation."""
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    browser = app.test_client()
    ada = browser.post("/api/auth/login/", json={"login": "ada", "password": make.PASSWORD}).json
    bearer = {"Authorization": f"Bearer {ada['access_token']}"}
    wanted = {"email": "new@school.example", "role": "student"}
    asked = browser.post("/api/auth/password-reset/", json={"email": "ben@school.example"}, headers=evil)
    invited = browser.post("/api/invitations/", json=wanted, headers=evil | bearer)
    assert (asked.status_code, invited.status_code) == (204, 200)
    postman.send_waiting()
    letters = [
        message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in (settings.instance_path / "mail").glob("*.eml")
    ]
    assert {letter["To"].addresses[0].addr_spec for letter in letters} == {"ben@school.example", "new@school.example"}
    for letter in letters:
        assert "evil.example" not in letter.as_string()
        parts = [part.get_content() for part in letter.walk() if part.get_content_maintype() == "text"]
        links = re.findall(r"https?://[^\s\"<]+", "".join(parts))
        assert links
        assert all(link.startswith(f"{overrides['base_url']}/") for link in links)
