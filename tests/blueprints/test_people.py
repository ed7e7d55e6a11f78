"""The pages of people and of the activity log, as managers and teachers see them."""

import ast
import csv
import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import ROOT
from elearn import clock
from elearn.blueprints.activity.words import details_of
from elearn.extensions import db
from elearn.models import Activity, ActivityKind, Role, User, uuid7
from elearn.services import bounces
from elearn.services.activity import Line
from tests import make
from tests.people import People

AsPerson = Callable[[User], FlaskClient]


@pytest.fixture
def boss(school: People) -> User:
    return make.person("boss", Role.MANAGER, full_name="Martin Boss")


def fresh(user: User) -> User:
    db.session.expire_all()
    return db.session.get_one(User, user.id)


def test_the_list_shows_how_accounts_stand_and_is_narrowed(school: People, boss: User, as_person: AsPerson) -> None:
    make.person("asks", full_name="Asks More", requested_role=Role.TEACHER)
    page = as_person(boss).get("/people").text
    assert "1 person waits for approval." in page
    assert "Asks to be: Teacher" in page
    assert school.ben.email in page
    narrowed = as_person(boss).get("/people?q=ask&state=waiting&role=student").text
    assert "Asks More" in narrowed
    assert "Ben Kowalski" not in narrowed
    assert "Nobody matches" in as_person(boss).get("/people?q=nothing").text
    assert as_person(boss).get("/people?role=king&state=lost&page=x").status_code == 200
    assert as_person(boss).get("/people?page=99").headers["Location"] == "/people?page=1"


def test_who_cannot_be_reached_is_found(school: People, boss: User, as_person: AsPerson) -> None:
    bounces.note(school.ben.email)
    page = as_person(boss).get("/people?state=unreachable").text
    assert "Emails come back" in page
    assert "Ben Kowalski" in page
    assert school.eve.full_name not in page
    assert "ben@school.example, comes back since" in as_person(boss).get(f"/people/{school.ben.id}/manage").text


def test_teachers_see_people_but_not_their_accounts(school: People, as_person: AsPerson) -> None:
    browser = as_person(school.ada)
    page = browser.get("/people?q=kowal").text
    assert "Ben Kowalski" in page
    assert school.ben.email not in page
    assert "/manage" not in page
    assert "Create an account" not in page
    # The filter of managers is not there for teachers, whatever the address says.
    assert "Ben Kowalski" in browser.get("/people?state=unverified").text
    assert browser.get(f"/people/{school.ben.id}/manage").status_code == 403


def test_what_a_manager_does_is_done_and_said(school: People, boss: User, as_person: AsPerson) -> None:
    browser, ben = as_person(boss), school.ben
    page = f"/people/{ben.id}"
    for path, form, sentence in (
        ("role", {"role-role": "teacher"}, "Ben Kowalski is now: Teacher"),
        ("block", {"block-reason": "Noise"}, "Ben Kowalski is blocked"),
        ("unblock", {}, "Ben Kowalski can sign in again."),
        ("sign-out", {}, "Ben Kowalski is signed out on all devices."),
        ("password", {"password-how": "code"}, f"A code is on its way to {ben.email}."),
    ):
        answer = browser.post(f"{page}/{path}", data=form, follow_redirects=True)
        assert answer.status_code == 200
        assert sentence in answer.text
    assert fresh(ben).role is Role.TEACHER
    shown = browser.get(f"{page}/manage").text
    for kind in ("Role changed", "Blocked", "Unblocked", "Password reset"):
        assert kind in shown


def test_a_made_password_is_shown_once_and_kept_by_no_cache(
    school: People, boss: User, as_person: AsPerson, client: FlaskClient
) -> None:
    browser = as_person(boss)
    for address, form in (
        ("/people/new", {"username": "made.up", "email": "m@school.example", "full_name": "M", "role": "teacher"}),
        (f"/people/{school.ben.id}/password", {"password-how": "made"}),
    ):
        answer = browser.post(address, data=form)
        assert answer.headers["Cache-Control"] == "no-store"
        password = re.search(r"(?:[a-z2-9]{5}-){3}[a-z2-9]{5}", answer.text)
        assert password
        login = form.get("username", "ben")
        assert client.post("/sign-in", data={"login": login, "password": password[0]}).status_code == 302
        client = client.application.test_client()
    assert password[0] not in browser.get(f"/people/{school.ben.id}/manage").text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"username": "ben"}, "This username is taken"),
        ({"email": "nowhere"}, "Write the whole address"),
        ({"role": "king"}, "Choose a role from the list"),
        ({"full_name": ""}, "Write a name"),
    ],
)
def test_a_wrong_account_is_shown_again(
    school: People, boss: User, as_person: AsPerson, form: dict[str, str], sentence: str
) -> None:
    good = {"username": "made.up", "email": "m@school.example", "full_name": "M", "role": "teacher"}
    answer = as_person(boss).post("/people/new", data=good | form)
    assert answer.status_code in {409, 422}
    assert sentence in answer.text
    assert db.session.query(User).filter_by(username="made.up").count() == 0


@pytest.mark.parametrize(
    ("path", "form", "dialog", "sentence"),
    [
        ("block", {"block-reason": "x" * 400}, "block", "Use at most 300 characters"),
        ("decline", {"decline-reason": "x" * 400}, "decline", "Use at most 300 characters"),
        ("role", {"role-role": "king"}, "change-role", "Choose a role from the list"),
        ("password", {"password-how": "guess"}, "reset-password", "Choose one of the two ways"),
    ],
)
def test_a_wrong_answer_is_asked_again_in_the_dialog(
    school: People, boss: User, as_person: AsPerson, path: str, form: dict[str, str], dialog: str, sentence: str
) -> None:
    asks = make.person("asks", full_name="Asks More", requested_role=Role.TEACHER)
    before = (asks.role, asks.requested_role, asks.blocked_at, asks.password_hash)
    browser = as_person(boss)
    assert "data-open" not in browser.get(f"/people/{asks.id}/manage").text
    answer = browser.post(f"/people/{asks.id}/{path}", data=form)
    assert answer.status_code == 422
    assert "<h1" in answer.text
    assert "Asks More</h1>" in answer.text
    assert re.findall(r'<dialog[^>]*id="([^"]*)"[^>]* open data-open', answer.text) == [dialog]
    inside = answer.text.split(f'id="{dialog}"')[1].split("</dialog>")[0]
    assert sentence in inside
    ((name, typed),) = form.items()
    assert re.search(rf'aria-describedby="[^"]*{name}-error', inside)
    if path in {"block", "decline"}:
        assert f'value="{typed}"' in inside
        assert 'aria-invalid="true"' in inside
        assert " autofocus" not in inside, "the field is first, not the button that leaves all as it is"
    after = fresh(asks)
    assert (after.role, after.requested_role, after.blocked_at, after.password_hash) == before


def test_who_may_not_change_somebody_is_asked_nothing_again(school: People, boss: User, as_person: AsPerson) -> None:
    for browser in (as_person(boss), as_person(school.ada)):
        answer = browser.post(f"/people/{school.root.id}/block", data={"block-reason": "x" * 400})
        assert answer.status_code == 403


def test_a_manager_cannot_make_a_manager(school: People, boss: User, as_person: AsPerson) -> None:
    browser = as_person(boss)
    form = {"username": "made.up", "email": "m@school.example", "full_name": "M", "role": "manager"}
    assert 'value="manager"' not in browser.get("/people/new").text
    assert browser.post("/people/new", data=form).status_code == 403
    assert browser.post(f"/people/{school.root.id}/block").status_code == 403
    assert [line.kind for line in db.session.query(Activity)] == [ActivityKind.REFUSED] * 2
    assert "You cannot change this account" in browser.get(f"/people/{school.root.id}/manage").text


def test_the_log_is_shown_narrowed_and_downloaded_without_formulas(
    app: Flask, school: People, boss: User, as_person: AsPerson
) -> None:
    evil = make.person("evil", full_name='=HYPERLINK("http://x.example")')
    browser = as_person(boss)
    browser.post(f"/people/{evil.id}/block", data={"block-reason": "+1"})
    browser.post(f"/people/{school.ben.id}/role", data={"role-role": "teacher"})
    page = browser.get("/activity?kind=blocked&subject=hyperlink&since=2020-01-01&until=x").text
    assert "=HYPERLINK" in page
    assert "Role changed</span>" not in page
    answer = browser.post("/activity/export", data={"kind": "blocked"})
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert [(row["kind"], row["actor"], row["subject"]) for row in rows] == [
        ("blocked", "Martin Boss", "'" + evil.full_name)
    ]
    assert rows[0]["detail"] == "reason: +1"
    page = browser.get("/activity").text
    assert "Exported" in page
    assert "Role: Teacher, Before: Student" in page
    assert "Reason: +1" in browser.get(f"/people/{evil.id}/manage").text


def test_every_detail_of_the_log_is_said_in_words(app: Flask, school: People) -> None:
    """Whatever a service writes down as a detail has a name that a reader knows."""
    written = set()
    for path in (ROOT / "elearn/services").glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("activity.record", "record", "_tell"):
                written |= {word.arg for word in call.keywords if word.arg}
    with app.test_request_context():
        detail = dict.fromkeys(written - {"subject", "about", "address"}, "student")
        line = Line(uuid7(), clock.now(), ActivityKind.BLOCKED, None, "", None, "", None, "", "", detail)
        said = details_of(line)
    assert "Role: Student" in said
    assert re.findall(r"(?:^|, )[a-z_]+:", said) == []
