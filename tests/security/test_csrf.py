"""SE-02: nothing changes without the token of one's own session."""

from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, Rule, UUIDConverter

from elearn.extensions import db
from elearn.models import Invitation, Role, SignIn, User
from tests import forms, make
from tests.invited import invite, token_of
from tests.people import People

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
# The API judges by itself (a bearer token needs no second one), and has its own test.
# The link in an email is its own credential, and mail programs send no token (RFC 8058).
ELSEWHERE = ("/api/", "/socket.io", "/unsubscribe/")
PROFILE = {"full_name": "Changed", "theme": "dark", "time_zone": "UTC"}


def address(app: Flask, rule: Rule) -> str:
    """Build some address of this rule; what it names need not exist."""
    values: dict[str, object] = {}
    for name, converter in rule._converters.items():
        if isinstance(converter, UUIDConverter):
            values[name] = UUID(int=1)
        elif isinstance(converter, AnyConverter):
            values[name] = min(converter.items)
        else:
            values[name] = 1 if "number" in converter.regex or "d+" in converter.regex else "x"
    return app.url_map.bind("localhost").build(rule.endpoint, values, method=next(iter(rule.methods or [])))


def signed_in(app: Flask, login: str) -> FlaskClient:
    browser = app.test_client()
    assert forms.sign_in(browser, login, make.PASSWORD).status_code == 302
    return browser


def test_every_address_that_changes_something_wants_the_token(app: Flask, school: People) -> None:
    browser = signed_in(app, "root")
    tried = 0
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(ELSEWHERE):
            continue
        for method in CHANGING & (rule.methods or set()):
            url = address(app, rule)
            for body in ({"data": {"x": "1"}}, {"json": {"x": "1"}}, {"data": "{}", "content_type": "text/plain"}, {}):
                response = browser.open(url, method=method, **body)
                assert response.status_code == 400, (method, url, response.status_code)
                tried += 1
    assert tried >= 12
    assert browser.get("/you").status_code == 200, "still signed in: nothing of it was done"


# Each with its reason; there is none so far.
WITHOUT_TOKEN_BY_COOKIE: dict[str, str] = {}


def test_the_api_wants_the_token_of_whoever_comes_by_cookie(app: Flask, school: People) -> None:
    browser = signed_in(app, "root")
    tried, passed = set(), dict[str, int]()
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/"):
            continue
        for method in CHANGING & (rule.methods or set()):
            url = address(app, rule)
            for body in ({}, {"json": {}}, {"data": "{}", "content_type": "text/plain"}, {"data": {"x": "1"}}):
                response = browser.open(url, method=method, **body)
                if response.status_code != 403 or response.json["code"] != "csrf":
                    passed[f"{method} {rule.rule}"] = response.status_code
            tried.add(rule.endpoint)
    assert passed.keys() == WITHOUT_TOKEN_BY_COOKIE.keys(), passed
    assert len(tried) > 50
    assert browser.get("/you").status_code == 200, "still signed in: nothing of it was done"


def test_nobody_accepts_an_invitation_for_whoever_opens_their_page(app: Flask, school: People) -> None:
    invite(school.root, "ben@school.example", role=Role.TEACHER)
    address_of_yes = f"/api/invite/{token_of('ben@school.example')}/accept/"
    browser = signed_in(app, "ben")
    refused = browser.post(address_of_yes)
    assert (refused.status_code, refused.json["code"]) == (403, "csrf")
    db.session.expire_all()
    assert db.session.get_one(User, school.ben.id).role is Role.STUDENT
    assert db.session.query(Invitation).one().accepted_at is None
    token = forms.token(browser, "/you/edit")
    assert browser.post(address_of_yes, headers={"X-CSRFToken": token}).status_code == 200
    assert browser.get("/api/auth/me/").json["role"] == "teacher"


def test_the_token_of_somebody_else_is_refused(app: Flask, school: People) -> None:
    ben, eve = signed_in(app, "ben"), signed_in(app, "eve")
    response = ben.post("/you/edit", data=PROFILE | {"csrf_token": forms.token(eve, "/you/edit")})
    assert response.status_code == 400
    assert db.session.get_one(User, school.ben.id).full_name == "Ben Kowalski"
    assert forms.send(ben, "/you/edit", **PROFILE).status_code == 302


def test_the_token_from_before_the_sign_in_is_refused(app: Flask, school: People) -> None:
    browser = app.test_client()
    early = forms.token(browser)
    browser.post("/sign-in", data={"csrf_token": early, "login": "ben", "password": make.PASSWORD})
    browser.get("/you")
    assert browser.post("/sign-out", data={"csrf_token": early}).status_code == 400


def test_nothing_is_changed_by_getting_a_page(app: Flask, school: People) -> None:
    browser = signed_in(app, "ben")
    for url in ("/sign-out", "/sign-out-everywhere"):
        assert browser.get(url).status_code == 405
        assert browser.get(url, headers={"X-HTTP-Method-Override": "POST"}).status_code == 405
        assert browser.get(f"{url}?_method=POST").status_code == 405
    browser.get("/you/edit", query_string=PROFILE)
    assert db.session.get_one(User, school.ben.id).full_name == "Ben Kowalski"
    assert db.session.query(SignIn).filter(SignIn.ended_at.is_not(None)).count() == 0


def test_no_token_stands_in_an_address(app: Flask, school: People) -> None:
    browser = signed_in(app, "ben")
    for page in ("/you", "/you/edit"):
        text = browser.get(page).text
        assert "?csrf_token" not in text
        assert "&csrf_token" not in text
        assert 'method="get"' not in text.replace('<form class="header-search" role="search" method="get"', "")


def test_who_was_signed_out_elsewhere_reads_why_a_form_is_not_taken(app: Flask, school: People) -> None:
    browser = signed_in(app, "ben")
    token = forms.token(browser, "/you/edit")
    with browser.session_transaction() as session:
        session.clear()  # another tab signed out
    response = browser.post("/you/edit", data={"csrf_token": token, **PROFILE})
    assert response.status_code == 400
    assert "You are signed out" in response.text
    assert "grown old" in browser.post("/sign-in", data={"login": "ben"}).text
