"""The admin's page of the outbox, and the link that ends emails of a kind."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from elearn.extensions import db
from elearn.integrations import signatures
from elearn.models import (
    Email,
    EmailChoice,
    EmailState,
    NotificationKind,
    NotificationPreference,
    User,
    uuid7,
)
from elearn.services import unsubscribing
from tests import forms, make
from tests.people import People

AsPerson = Callable[[User], FlaskClient]
KIND = NotificationKind.NEW_MATERIAL


def email(state: EmailState = EmailState.FAILED, **values: object) -> Email:
    defaults = {"letter": "invitation", "to_email": "new@school.example", "error": "550 <No> mailbox", "tries": 3}
    return make.save(Email(state=state, **(defaults | values)))


def again(one: Email) -> Email:
    db.session.expire_all()
    return db.session.get_one(Email, one.id)


# The page


def test_failed_emails_stand_with_their_reason_and_are_sent_again(school: People, as_person: AsPerson) -> None:
    failed, root = email(), as_person(school.root)
    page = root.get("/outbox?state=failed").text
    assert "new@school.example" in page
    assert "550 &lt;No&gt; mailbox" in page
    assert (
        root.post(f"/outbox/{failed.id}/retry", data={"state": "failed"}).headers["Location"] == "/outbox?state=failed"
    )
    assert (again(failed).state, again(failed).tries) == (EmailState.WAITING, 0)


def test_all_that_failed_are_sent_again_at_once(school: People, as_person: AsPerson) -> None:
    failed, sent, root = [email(), email()], email(EmailState.SENT), as_person(school.root)
    assert "Send all failed again" in root.get("/outbox").text
    page = root.post("/outbox/retry", follow_redirects=True).text
    assert "2 emails are sent again." in page
    assert "Send all failed again" not in page
    assert {again(one).state for one in failed} == {EmailState.WAITING}
    assert again(sent).state is EmailState.SENT


@pytest.mark.parametrize("state", [EmailState.SENT, EmailState.SENDING, EmailState.DROPPED])
def test_what_was_sent_is_not_sent_again(school: People, as_person: AsPerson, state: EmailState) -> None:
    one = email(state)
    page = as_person(school.root).post(f"/outbox/{one.id}/retry", follow_redirects=True).text
    assert "Only an email that failed or waits can be sent again." in page
    assert again(one).state is state


def test_what_an_email_says_is_shown_to_nobody(school: People, as_person: AsPerson) -> None:
    email(EmailState.WAITING, data={"message": "Between the two of us"}, secret=b"sealed")
    page = as_person(school.root).get("/outbox").text
    assert "new@school.example" in page
    assert "Between the two of us" not in page


@pytest.mark.parametrize("address", ["/outbox?state=nothing", "/outbox?page=x", "/outbox?page=-1&state="])
def test_odd_addresses_show_the_list(school: People, as_person: AsPerson, address: str) -> None:
    email()
    assert "new@school.example" in as_person(school.root).get(address).text


def test_others_see_nothing_of_it(school: People, as_person: AsPerson) -> None:
    failed = email()
    for person in (school.ada, school.ben):
        browser = as_person(person)
        assert browser.get("/outbox").status_code == 403
        assert browser.post("/outbox/retry").status_code == 403
        assert browser.post(f"/outbox/{failed.id}/retry").status_code == 403
        assert 'href="/outbox"' not in browser.get("/").text
    assert again(failed).state is EmailState.FAILED
    assert 'href="/outbox"' in as_person(school.root).get("/").text


# The link


def choice(user: User, kind: NotificationKind = KIND) -> EmailChoice | None:
    db.session.expire_all()
    row = db.session.get(NotificationPreference, (user.id, kind))
    return row.email if row else None


@pytest.mark.usefixtures("school_database")
def test_the_link_asks_first_and_ends_the_emails_then(client: FlaskClient, school: People) -> None:
    path = unsubscribing.path(school.ben.id, [KIND, NotificationKind.DEADLINE_SET])
    page = client.get(path)
    assert "New material in a course" in page.text
    assert "A deadline is set or changed" in page.text
    assert "Stop these emails?" in page.text
    assert choice(school.ben) is None
    assert "You get no more of these emails" in client.post(path).text
    assert client.post(path).status_code == 200
    assert choice(school.ben) is choice(school.ben, NotificationKind.DEADLINE_SET) is EmailChoice.OFF
    assert choice(school.ben, NotificationKind.DEADLINE_NEAR) is None
    assert choice(school.eve) is None


def test_a_mail_program_ends_them_with_one_post(app: Flask, school: People) -> None:
    """RFC 8058: no cookie, no token, one field in the body."""
    assert app.config.get("WTF_CSRF_ENABLED", True)
    path = unsubscribing.path(school.ben.id, [KIND])
    assert app.test_client().post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert choice(school.ben) is EmailChoice.OFF


def test_the_link_is_of_its_person_whoever_is_signed_in(app: Flask, school: People) -> None:
    browser = app.test_client()
    assert forms.sign_in(browser, "eve", make.PASSWORD).status_code == 302
    browser.post(unsubscribing.path(school.ben.id, [KIND]))
    assert choice(school.ben) is EmailChoice.OFF
    assert choice(school.eve) is None


def test_what_was_in_the_page_stays_there(client: FlaskClient, school: People) -> None:
    make.save(NotificationPreference(user_id=school.ben.id, kind=KIND, in_page=False, email=EmailChoice.DIGEST))
    client.post(unsubscribing.path(school.ben.id, [KIND]))
    row = db.session.get_one(NotificationPreference, (school.ben.id, KIND), populate_existing=True)
    assert (row.in_page, row.email) == (False, EmailChoice.OFF)


def test_forged_links_end_nothing(app: Flask, client: FlaskClient, school: People) -> None:
    good = unsubscribing.path(school.ben.id, [KIND]).rpartition("/")[2]
    content, _, mark = good.rpartition(".")
    other = unsubscribing.path(school.eve.id, [KIND]).rpartition("/")[2]
    forged = [
        "x", ".", f"{content}.", f"{content}.{mark[:-2]}xx", f"{other.rpartition('.')[0]}.{mark}", content, "a" * 5000,
        signatures.sign("another purpose", [str(school.ben.id), KIND.value]), "%00", "..%2f..",
        quote("élan"),
    ]  # fmt: skip
    for signed in forged:
        for response in (client.get(f"/unsubscribe/{signed}"), client.post(f"/unsubscribe/{signed}")):
            assert response.status_code == 404, signed
    assert choice(school.ben) is None


@pytest.mark.parametrize(
    "content", [[], {}, "text", 7, None, [None], ["no id", "new_material"], [str(uuid7()), "new_material"]]
)
def test_what_we_signed_and_nobody_has_is_told_kindly(client: FlaskClient, school: People, content: object) -> None:
    response = client.post(f"/unsubscribe/{signatures.sign(unsubscribing.PURPOSE, content)}")
    assert response.status_code == 404
    assert "Sign in to choose which emails you get" in response.text


def test_account_events_cannot_be_ended(client: FlaskClient, school: People) -> None:
    path = unsubscribing.path(school.ben.id, [NotificationKind.ACCOUNT, KIND])
    assert client.post(path).status_code == 200
    assert choice(school.ben, NotificationKind.ACCOUNT) is None
    assert choice(school.ben) is EmailChoice.OFF
