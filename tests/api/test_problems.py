"""Every refusal under /api/ is a problem document, whatever part of the house it comes from."""

import re
from typing import Any

import pytest
from flask import Flask, abort
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from elearn.extensions import limiter
from elearn.models import SignInKind
from elearn.services import course_lists
from tests import make
from tests.api.conftest import Api, ApiOf
from tests.people import People

GOOD = {"title": "Biology", "code": "BIO-7"}


def check(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    body: dict[str, Any] = answer.json or {}
    assert {"type", "title", "status", "detail", "code"} <= body.keys()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:elearn:problem:{code}")
    assert body["detail"].endswith((".", "again")) or body.get("errors"), body["detail"]
    return body


def test_400_what_is_no_json(school: People, api_of: ApiOf) -> None:
    ada = api_of(school.ada)
    deep = "[" * 100_000 + "]" * 100_000
    for data in (b"{", b"", b"\xff", b'{"title": NaN}', b'{"title": ' + b"9" * 5000 + b"}", deep.encode()):
        answer = ada.post("courses/", data=data, headers={"Content-Type": "application/json"})
        check(answer, 400, "malformed")


def test_401_without_a_sign_in_before_anything_else(api_of: ApiOf) -> None:
    nobody = api_of(None)
    for method, path in (
        ("GET", "courses/"),
        ("POST", "courses/"),
        ("GET", f"courses/{'0' * 8}-0000-0000-0000-{'0' * 12}/"),
    ):
        answer = nobody.call(method, path, data=b"{")
        check(answer, 401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_403_and_404_and_a_course_of_others_looks_like_none(school: People, api_of: ApiOf) -> None:
    ben = api_of(school.ben)
    draft = make.course(school.ada, state="draft")
    check(ben.post("courses/", GOOD), 403, "forbidden")
    hidden = ben.get(f"courses/{draft.id}/")
    missing = ben.get("courses/0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55/")
    check(hidden, 404, "not_found")
    assert hidden.json == missing.json


@pytest.mark.parametrize("path", ["", "nothing/", "courses/not-an-id/", "schema/x", "courses/../../x"])
def test_404_at_unknown_addresses(client: Any, path: str) -> None:
    check(client.get(f"/api/{path}"), 404, "not_found")


def test_405_names_what_is_allowed(client: Any, school: People, api_of: ApiOf) -> None:
    answer = client.put("/api/auth/me/")
    check(answer, 405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    check(client.delete("/api/schema/"), 405, "method_not_allowed")


def test_409_with_the_field(school: People, api_of: ApiOf) -> None:
    ada = api_of(school.ada)
    ada.post("courses/", GOOD)
    body = check(ada.post("courses/", GOOD | {"code": "bio-7"}), 409, "taken")
    assert list(body["errors"]) == ["code"]


def test_413_and_415(school: People, api_of: ApiOf) -> None:
    ada = api_of(school.ada)
    check(ada.post("courses/", GOOD | {"description": "x" * 2**20}), 413, "too_large")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        check(ada.post("courses/", data=b"title=x", headers={"Content-Type": kind}), 415, "unsupported_media_type")


def test_422_names_every_field(school: People, api_of: ApiOf) -> None:
    ada = api_of(school.ada)
    bad = {"title": "x" * 121, "code": "?", "subject": "magic", "starts_on": "2026-9-1", "extra": 1, "version": 9}
    body = check(ada.post("courses/", bad), 422, "invalid")
    assert body["errors"] == {
        "title": ["Use at most 120 characters"],
        "code": ["Use 2 characters or more"],
        "subject": [body["errors"]["subject"][0]],
        "starts_on": ["Write the day as 2026-09-01"],
        "extra": ["This field is not known"],
        "version": ["This field is not known"],
    }
    assert body["errors"]["subject"][0].startswith("Choose one of science, ")
    for data in ("[]", '"x"', "null", "7", "true"):
        answer = ada.post("courses/", data=data, headers={"Content-Type": "application/json"})
        check(answer, 422, "invalid")
    assert list(check(ada.get("courses/?per_pgae=5"), 422, "invalid")["errors"]) == ["per_pgae"]


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "page=1.5", "page=99999999999999999999", "per_page=101", "sort=id"]
)
def test_422_for_a_page_that_is_none(school: People, api_of: ApiOf, query: str) -> None:
    body = check(api_of(school.ben).get(f"courses/?{query}"), 422, "invalid")
    assert list(body["errors"]) == [query.split("=", maxsplit=1)[0]]


@pytest.mark.parametrize("overrides", [{"rate_limits": True}])
def test_429_of_the_flood_limit_says_how_long(
    app: Flask, school: People, api_of: ApiOf, overrides: dict[str, Any]
) -> None:
    limiter.reset()
    course = make.course(school.ada)
    ada, room = api_of(school.ada), make.room(course).id
    answers = [
        ada.post(f"classrooms/{room}/messages/", {"text": "Hello", "nonce": f"nonce-{number:04}"})
        for number in range(21)
    ]
    assert [answer.status_code for answer in answers[:20]] == [201] * 20
    check(answers[20], 429, "rate_limited")
    assert 1 <= int(answers[20].headers["Retry-After"]) <= 11


def test_500_names_the_entry_in_the_log_and_nothing_of_the_inside(
    school: People, api_of: ApiOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = api_of(school.ben)

    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("the secret of the inside")

    monkeypatch.setattr(course_lists, "catalogue", breaks)
    body = check(ben.get("courses/"), 500, "unexpected")
    assert "secret" not in str(body)
    assert body["reference"]


def test_503_while_the_database_is_away(school: People, api_of: ApiOf, monkeypatch: pytest.MonkeyPatch) -> None:
    ben = api_of(school.ben)

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr(course_lists, "catalogue", away)
    answer = ben.get("courses/")
    check(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


def test_pages_keep_their_own_errors(client: Any, app: Flask) -> None:
    app.add_url_rule("/broken-page", "broken", lambda: abort(404))
    answer = client.get("/broken-page")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


# A browser comes by cookie


@pytest.fixture
def browser(app: Flask, school: People) -> Api:
    """Ada at a page of ours, with its CSRF token."""
    visitor = Api(app)
    opened = make.sign_in(school.ada, SignInKind.BROWSER)
    with visitor.client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = str(opened.id), True
    page = visitor.get("docs/").text
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found is not None
    visitor.tokens = {"csrf": found[1]}
    return visitor


def test_a_cookie_reads_but_changes_nothing_without_the_token_of_the_page(browser: Api) -> None:
    assert browser.get("auth/me/").json["username"] == "ada"
    check(browser.post("courses/", GOOD), 403, "csrf")
    check(browser.post("courses/", GOOD, headers={"X-CSRFToken": "forged"}), 403, "csrf")
    check(browser.post("courses/", GOOD, headers={"Authorization": "Basic YWRhOmFkYQ=="}), 403, "csrf")
    assert browser.get("courses/mine/").json["total"] == 0
    assert browser.post("courses/", GOOD, headers={"X-CSRFToken": browser.tokens["csrf"]}).status_code == 201


def test_a_bearer_client_needs_no_token_of_a_page(school: People, api_of: ApiOf) -> None:
    assert api_of(school.ada).post("courses/", GOOD).status_code == 201


def test_logging_out_by_cookie_ends_the_session(browser: Api) -> None:
    answer = browser.post("auth/logout/", headers={"X-CSRFToken": browser.tokens["csrf"]})
    assert answer.status_code == 204
    check(browser.get("auth/me/"), 401, "unauthenticated")
