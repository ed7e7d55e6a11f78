"""An address that nobody has is noticed, told, and left alone until it takes a message again."""

from collections.abc import Iterator

import pytest
from flask import Flask

from config import Settings
from elearn.errors import Forbidden, Invalid, NotFound
from elearn.extensions import db
from elearn.integrations import mailer
from elearn.models import Email, EmailState, User
from elearn.permissions import OPERATOR
from elearn.services import bounces, credentials, directory, outbox, postman
from elearn.services.directory import Only, State
from elearn.transaction import transactional
from tests import make
from tests.people import People
from tests.smtp import PostOffice, goes_to, post_office

GONE = "550 5.1.1 No such mailbox here"


@pytest.fixture
def office(app: Flask, settings: Settings) -> Iterator[PostOffice]:
    postman.rest.end()
    with post_office() as office:
        goes_to(app, settings, office.port)
        yield office
    postman.rest.end()


@transactional
def send(letter: str, *users: User) -> None:
    for user in users:
        outbox.post(letter, outbox.to(user), {"path": "/"}, secret={"code": "123456"})


def deliver(letter: str, *users: User) -> None:
    send(letter, *users)
    postman.send_waiting()


def is_refused(user: User) -> bool:
    return again(user).email_refused_at is not None


def again(user: User) -> User:
    db.session.expire_all()
    return db.session.get_one(User, user.id)


def last_state() -> EmailState:
    db.session.expire_all()
    return db.session.scalars(db.select(Email).order_by(Email.id.desc())).first().state  # type: ignore[union-attr]


def test_a_dead_address_gets_nothing_but_codes_until_one_arrives(
    school_database: str, school: People, office: PostOffice
) -> None:
    office.to_recipient[school.ben.email] = GONE
    deliver("password_changed", school.ben, school.eve)
    assert is_refused(school.ben)
    assert not is_refused(school.eve)
    since = again(school.ben).email_refused_at

    deliver("password_changed", school.ben)
    assert last_state() is EmailState.DROPPED
    deliver("reset_password", school.ben)
    assert last_state() is EmailState.FAILED
    assert again(school.ben).email_refused_at == since

    office.to_recipient.clear()
    deliver("reset_password", school.ben)
    assert not is_refused(school.ben)
    deliver("password_changed", school.ben)
    assert office.addresses().count(school.ben.email) == 2


@pytest.mark.parametrize(
    ("answer", "is_dead"),
    [
        ("550 No such user", True),
        ("551 User not local", True),
        ("553 Mailbox name not allowed", True),
        ("550 5.1.1 Unknown user", True),
        ("550 5.1.10 Recipient not found", True),
        ("550 5.2.1 Mailbox disabled", True),
        ("550 sorry, no mailbox here by that name. (#5.1.1)", True),
        ("550 No such user (host 5.1.1.20 said so)", True),
        ("550 5.7.1 Relaying denied", False),
        ("550 Relaying denied", False),
        ("550 relay not permitted", False),
        ("551 We do not RELAY", False),
        ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", False),
        ("553 sorry, that domain isn't in my list of allowed rcpthosts", False),
        ("550 Your IP is listed at zen.spamhaus.org", False),
        ("550 Blocked, see https://example.org/why", False),
        ("550 Your network is on a blacklist", False),
        ("550 Rejected by local policy", False),
        ("550 Access denied", False),
        ("550 Authentication required", False),
        ("550 5.7.1 Your address is on a list", False),
        ("552 5.2.2 Mailbox full", False),
        ("552 Mailbox full", False),
        ("553 5.1.8 Sender domain not found", False),
        ("554 5.7.1 Looks like spam", False),
        ("450 4.1.1 Try again", False),
    ],
)
def test_only_what_is_about_the_address_makes_it_dead(answer: str, is_dead: bool) -> None:
    code, words = answer.split(" ", 1)
    assert mailer.has_no_mailbox(int(code), words.encode()) is is_dead


def test_another_refusal_leaves_the_address_alone(school: People, office: PostOffice) -> None:
    office.to_recipient[school.ben.email] = "550 5.7.1 Looks like spam"
    deliver("password_changed", school.ben)
    assert last_state() is EmailState.FAILED
    assert not is_refused(school.ben)


def test_a_new_address_starts_afresh(school: People) -> None:
    bounces.note(school.ben.email)
    make.change(school.ben, email_verified_at=None)
    credentials.correct_email(again(school.ben), "ben.right@school.example")
    assert not is_refused(school.ben)


def test_the_same_address_can_be_tried_again_while_it_is_dead(school: People, office: PostOffice) -> None:
    ben = school.ben
    with pytest.raises(Invalid, match="already"):
        credentials.ask_for_email(ben, email=ben.email, password=make.PASSWORD)
    bounces.note(ben.email)
    credentials.ask_for_email(again(ben), email=ben.email, password=make.PASSWORD)
    postman.send_waiting()
    assert not is_refused(ben)
    words = office.received[-1].message.get_body(("plain",)).get_content().split()  # type: ignore[union-attr]
    credentials.change_email(again(ben), next(word for word in words if len(word) == 6 and word.isdigit()))
    postman.send_waiting()
    assert len(office.received) == 1, "nothing changed that the address would have to be told of"


def test_mail_that_came_back_later_is_reported(school: People) -> None:
    assert bounces.report(OPERATOR, school.ben.email.upper()) == 1
    assert is_refused(school.ben)
    with pytest.raises(NotFound, match=r"nobody@x\.example"):
        bounces.report(OPERATOR, "nobody@x.example")
    with pytest.raises(Forbidden):
        bounces.report(school.ada, school.eve.email)
    assert not is_refused(school.eve)


def test_who_sends_again_has_the_address_tried_again(school_database: str, school: People, office: PostOffice) -> None:
    office.to_recipient = dict.fromkeys((school.ben.email, school.eve.email), GONE)
    deliver("password_changed", school.ben, school.eve)
    office.to_recipient.clear()
    email = db.session.scalars(db.select(Email).where(Email.to_email == school.ben.email)).one()
    outbox.retry(school.root, email.id)
    assert not is_refused(school.ben)
    assert is_refused(school.eve)
    outbox.retry_failed(school.root)
    assert not is_refused(school.eve)
    postman.send_waiting()
    assert sorted(office.addresses()) == sorted([school.ben.email, school.eve.email])


def test_those_who_oversee_people_find_them(school_database: str, school: People) -> None:
    bounces.note(school.ben.email)
    found = directory.search_people(school.root, only=Only(state=State.UNREACHABLE))
    assert [person.id for person in found.items] == [school.ben.id]
    assert found.items[0].email_refused_at is not None
    seen = directory.search_people(school.ada, q="ben")
    assert seen.items[0].email_refused_at is None
