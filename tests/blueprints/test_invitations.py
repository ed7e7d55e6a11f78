from collections.abc import Callable

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from elearn import clock
from elearn.extensions import db
from elearn.models import Enrolment, Invitation, NotificationKind, Role, User
from elearn.services import unsubscribing
from tests import make
from tests.forms import send, sign_in
from tests.invited import invitation_of, invite, letters, token_of
from tests.people import People

AsPerson = Callable[[User], FlaskClient]
NEW = "noah@elsewhere.example"
ACCOUNT = {"username": "noah", "full_name": "Noah Fischer", "password": make.PASSWORD}


def test_a_teacher_invites_somebody_into_two_courses(school: People, as_person: AsPerson) -> None:
    first, second = make.course(school.ada, title="Night Sky"), make.course(school.ada, title="Python")
    foreign = make.course(school.root, title="Foreign")
    browser = as_person(school.ada)
    page = browser.get(f"/invitations/new?course={first.id}").text
    assert "Foreign" not in page
    assert page.count(" checked>") == 1
    form = {
        "email": NEW,
        "full_name": "Noah",
        "role": "student",
        "courses": [str(first.id), str(second.id)],
        "message": "Hi",
    }
    answer = browser.post("/invitations/new", data=form, follow_redirects=True)
    assert "noah@elsewhere.example is invited" in answer.text
    assert letters(NEW)[0].data["courses"] == ["Night Sky", "Python"]
    listed = browser.get("/invitations").text
    assert all(words in listed for words in (NEW, "Night Sky", "Email on its way"))
    refused = browser.post("/invitations/new", data={**form, "email": "x@x.example", "courses": [str(foreign.id)]})
    assert (refused.status_code, "your own courses" in refused.text) == (409, True)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"email": "noah"}, "Write the whole address"),
        ({"role": "king"}, "Choose a role"),
        ({"message": "x" * 1001}, "at most 1000"),
    ],
)
def test_a_wrong_form_says_what_to_do_and_keeps_what_was_typed(
    school: People, as_person: AsPerson, fields: dict[str, str], sentence: str
) -> None:
    form = {"email": NEW, "full_name": "Noah", "role": "student", "message": "Hi"} | fields
    answer = as_person(school.ada).post("/invitations/new", data=form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="Noah"' in answer.text
    assert letters(NEW) == []


def test_what_was_typed_never_becomes_markup(school: People, as_person: AsPerson) -> None:
    evil = "<script>alert(1)</script>"
    invite(school.ada, NEW, full_name=evil, message=evil)
    assert evil not in as_person(school.ada).get("/invitations").text
    assert evil not in as_person(school.ada).post("/invitations/new", data={"email": "", "message": evil}).text


def test_send_again_revoke_and_delete(school: People, as_person: AsPerson) -> None:
    outcome, browser = invite(school.ada, NEW), as_person(school.ada)
    address = f"/invitations/{outcome.invitation_id}"
    assert "The old link is dead" in browser.post(f"{address}/resend", follow_redirects=True).text
    assert "is revoked" in browser.post(f"{address}/revoke", follow_redirects=True).text
    assert "was revoked" in browser.post(f"{address}/resend", follow_redirects=True).text
    assert "Revoked" in browser.get("/invitations?state=revoked").text
    assert "is deleted" in browser.post(f"{address}/delete", follow_redirects=True).text
    assert "Nobody is invited yet" in browser.get("/invitations").text
    assert browser.post(f"{address}/delete").status_code == 404


def test_students_invite_nobody(school: People, as_person: AsPerson) -> None:
    browser = as_person(school.ben)
    assert browser.get("/invitations").status_code == 403
    assert browser.post("/invitations/new", data={"email": NEW, "role": "student"}).status_code == 403
    link = 'href="/invitations"'
    assert link not in browser.get("/").text
    assert link in as_person(school.ada).get("/").text


# The page behind the link


def test_the_link_leads_from_the_letter_into_the_course(client: FlaskClient, school: People) -> None:
    course = make.course(school.ada, title="Night Sky")
    invite(school.ada, NEW, course, full_name="Noah F", message="Welcome to us")
    path = f"/invite/{token_of(NEW)}"
    page = client.get(path)
    for words in ("Ada Novak invites you", "as a student", "Night Sky", "Welcome to us", 'value="Noah F"', NEW):
        assert words in page.text
    # What an invitation brings cannot be chosen by whoever accepts it.
    answer = send(client, path, **ACCOUNT, role="admin", email="other@x.example", courses="all")
    assert (answer.status_code, answer.location) == (302, f"/courses/{course.id}")
    noah = db.session.query(User).filter_by(username="noah").one()
    assert (noah.email, noah.role, noah.is_verified) == (NEW, Role.STUDENT, True)
    assert db.session.get_one(Enrolment, (course.id, noah.id)).is_active
    shown = client.get(answer.location)
    assert "Welcome, Noah!" in shown.text
    used = client.get(path)
    assert (used.status_code, "This invitation is used" in used.text) == (410, True)


@pytest.mark.parametrize("overrides", [{"log_level": "INFO"}])
def test_the_address_of_the_page_stays_secret(overrides: dict[str, str], client: FlaskClient, school: People) -> None:
    assert overrides
    invite(school.ada, NEW)
    token = token_of(NEW)
    with structlog.testing.capture_logs() as lines:
        pages = [client.get(f"/invite/{token}"), client.get(f"/invite/{token}x"), client.get(f"/api/invite/{token}/")]
        answers = [
            send(client, f"/invite/{token}", **ACCOUNT | {"username": "ben"}),
            client.post(f"/invite/{token}/accept"),
            send(client, f"/invite/{token}", **ACCOUNT),
        ]
        # What fits no rule, or another method, is logged too.
        strays = {
            client.open(path, method=method).status_code
            for method, path in (
                ("GET", f"/api/invite/{token}"),
                ("POST", f"/api/invite/{token}/accept"),
                ("GET", f"/invite/{token}/sign-in"),
                ("GET", f"/invite/{token}/"),
                ("PUT", f"/invite/{token}"),
                ("GET", f"/Invite/{token}"),
                ("GET", f"/courses//invite//{token}"),
            )
        }
    assert strays >= {308, 404, 405}
    assert token not in str(lines)
    assert "/invite/<token>" in str(lines)
    for page in pages:
        assert page.headers["X-Robots-Tag"].startswith("noindex")
        assert page.headers["Referrer-Policy"] in {"strict-origin", "no-referrer"}
        assert page.headers["Cache-Control"] == "private, no-store"
    assert token not in "".join(answer.location or "" for answer in answers)
    assert answers[-1].status_code == 302


@pytest.mark.parametrize("overrides", [{"log_level": "INFO"}])
def test_the_link_that_ends_letters_stays_secret_too(
    overrides: dict[str, str], client: FlaskClient, school: People
) -> None:
    assert overrides
    path = unsubscribing.path(school.ben.id, [NotificationKind.NEW_MATERIAL])
    with structlog.testing.capture_logs() as lines:
        answers = [client.get(path), client.post(path), client.get(path + "/"), client.delete(path)]
    assert (answers[0].status_code, len(lines) >= len(answers)) == (200, True)
    assert path.rsplit("/", 1)[1] not in str(lines)
    assert "/unsubscribe/<token>" in str(lines)


def test_dead_links_get_a_kind_page(client: FlaskClient, school: People) -> None:
    expired, revoked = invite(school.ada, NEW), invite(school.ada, "other@x.example")
    addresses = {"run out": token_of(NEW), "taken back": token_of("other@x.example"), "leads nowhere": "forged"}
    make.change(invitation_of(expired), expires_at=clock.now())
    make.change(invitation_of(revoked), revoked_at=clock.now())
    for words, token in addresses.items():
        page = client.get(f"/invite/{token}")
        assert page.status_code == (404 if token == "forged" else 410)
        assert words in page.text
        assert "/sign-in" in page.text
        for way in ("", "/sign-in"):
            assert words in send(client, "/sign-in", f"/invite/{token}{way}", **ACCOUNT, login="ben").text
    assert db.session.query(User).count() == 4


def test_somebody_with_an_account_signs_in_on_the_page_and_accepts(client: FlaskClient, school: People) -> None:
    make.change(school.eve, email_verified_at=None)
    invite(school.ada, "eve@school.example")
    make.change(school.eve, email_verified_at=clock.now())
    path = f"/invite/{token_of('eve@school.example')}"
    page = client.get(path).text
    assert "There is an account with eve@school.example" in page
    assert 'name="username"' not in page
    wrong = send(client, path, f"{path}/sign-in", login="eve", password="not this one")
    assert (wrong.status_code, "not right" in wrong.text) == (401, True)
    right = send(client, path, f"{path}/sign-in", login="eve", password=make.PASSWORD)
    assert (right.status_code, right.location) == (302, path)
    assert "Accept as Eve" in client.get(path).text
    assert send(client, path, f"{path}/accept").location == "/"
    assert db.session.query(Invitation).one().accepted_by_id == school.eve.id


def test_whose_role_rises_stays_signed_in_here_alone(app: Flask, client: FlaskClient, school: People) -> None:
    invite(school.root, "ben@school.example", role=Role.TEACHER)
    path, thief = f"/invite/{token_of('ben@school.example')}", app.test_client()
    sign_in(client, "ben", make.PASSWORD)
    thief.set_cookie("session", client.get_cookie("session").value)
    assert send(client, path, f"{path}/accept").location == "/"
    assert "Teacher, here since" in client.get("/you").text
    assert thief.get("/you").status_code == 302


def test_whoever_is_signed_in_as_somebody_else_is_told_and_can_go_on(school: People, as_person: AsPerson) -> None:
    invite(school.ada, NEW)
    path, browser = f"/invite/{token_of(NEW)}", as_person(school.ben)
    page = browser.get(path).text
    assert "You are signed in as Ben Kowalski" in page
    assert "Accept as" not in page
    assert browser.post(f"{path}/accept").location == path
    assert browser.post(path, data=ACCOUNT).location == path
    assert db.session.query(Invitation).one().accepted_at is None
    assert browser.post(f"{path}/sign-out").location == path
    assert "Accept and create account" in browser.get(path).text


def test_a_taken_name_is_told_and_the_rest_stays_typed(client: FlaskClient, school: People) -> None:
    invite(school.ada, NEW)
    path = f"/invite/{token_of(NEW)}"
    answer = send(client, path, **ACCOUNT | {"username": "Ben"})
    assert (answer.status_code, "This username is taken" in answer.text) == (409, True)
    assert 'value="Noah Fischer"' in answer.text
    assert db.session.query(Invitation).one().accepted_at is None


@pytest.mark.parametrize("overrides", [{"registration": "invitation"}])
def test_an_invitation_lets_in_where_nobody_registers(
    overrides: dict[str, str], client: FlaskClient, school: People
) -> None:
    assert overrides
    invite(school.ada, NEW)
    assert send(client, f"/invite/{token_of(NEW)}", **ACCOUNT).status_code == 302
    assert db.session.query(User).filter_by(username="noah").one().is_verified
