"""Every email that was committed arrives once, whatever the server of the receivers does; none that was not."""

import math
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask

from config import Settings
from elearn import clock, emails
from elearn.emails.letter import stays
from elearn.extensions import db
from elearn.integrations import waking
from elearn.models import Email, EmailChoice, EmailState, NotificationKind, NotificationPreference, User
from elearn.services import bounces, outbox, postman
from elearn.services.outbox import Recipient
from elearn.transaction import transactional
from tests import make
from tests.people import People
from tests.smtp import PostOffice, dripping_server, goes_to, post_office, silent_server

NOTICE = {"kind": "new_material", "text": "Night Sky has a new lesson", "path": "/courses/1"}


@pytest.fixture(autouse=True)
def rested() -> Iterator[None]:
    """Begin and end without a rest: it belongs to the process, not to a school."""
    postman.rest.end()
    yield
    postman.rest.end()


@pytest.fixture
def office(app: Flask, settings: Settings) -> Iterator[PostOffice]:
    with post_office() as office:
        goes_to(app, settings, office.port)
        yield office


@transactional
def write(*addresses: str, letter: str = "email_taken", **data: Any) -> None:
    for address in addresses:
        outbox.post(letter, Recipient(address, "Somebody"), data)


def tell(*users: User) -> None:
    @transactional
    def post() -> None:
        outbox.post_all("notification", [(outbox.to(user), NOTICE) for user in users])

    post()


def rows() -> dict[str, Email]:
    db.session.expire_all()
    return {row.to_email: row for row in db.session.scalars(db.select(Email))}


def states() -> dict[str, str]:
    return {address: row.state.value for address, row in rows().items()}


def later(by: timedelta) -> Any:
    """Go on at a later time."""
    then = clock.now() + by
    return patch.object(clock, "now", lambda: then)


# It arrives


def test_what_was_committed_arrives_once(school_database: str, office: PostOffice) -> None:
    people = [f"p{number}@school.example" for number in range(45)]
    write(*people)
    postman.send_waiting()
    postman.send_waiting()
    assert sorted(office.addresses()) == sorted(people)
    assert set(states().values()) == {"sent"}
    row = rows()["p7@school.example"]
    assert row.sent_at is not None
    assert row.tries == 1
    assert f"<{row.id}@127.0.0.1>" in office.ids()


def test_what_was_rolled_back_sends_nothing(school_database: str, office: PostOffice) -> None:
    woken: list[str] = []

    @transactional
    def write_and_fail() -> None:
        outbox.post("email_taken", Recipient("nobody@school.example"), {})
        raise LookupError

    with patch.dict(waking._listeners, {outbox.WORK: lambda: woken.append("woken")}), pytest.raises(LookupError):
        write_and_fail()
    postman.send_waiting()
    assert not office.received
    assert not rows()
    assert not woken


def test_a_thousand_emails_of_one_transaction_wake_the_worker_once(app: Flask) -> None:
    woken: list[int] = []
    with patch.dict(waking._listeners, {outbox.WORK: lambda: woken.append(len(rows()))}):
        write(*(f"p{number}@school.example" for number in range(1000)))
        assert woken == [1000]
        write("one-more@school.example")
        assert woken == [1000, 1001]


def test_a_long_queue_is_sent_in_shifts(office: PostOffice) -> None:
    write(*(f"p{number}@school.example" for number in range(postman.BATCH + 5)))
    woken: list[int] = []
    with patch.dict(waking._listeners, {outbox.WORK: lambda: woken.append(len(office.received))}):
        postman.send_waiting(0)
        assert woken == [postman.BATCH]
        postman.send_waiting()
    assert len(office.received) == postman.BATCH + 5
    assert woken == [postman.BATCH]


def test_codes_go_before_what_can_wait(office: PostOffice) -> None:
    write(*(f"p{number}@school.example" for number in range(25)), letter="password_changed")

    @transactional
    def ask() -> None:
        outbox.post("reset_password", Recipient("waits@school.example"), {}, secret={"code": "123456"})

    ask()
    postman.send_waiting()
    assert office.addresses()[0] == "waits@school.example"


def test_secrets_are_gone_once_they_are_sent(school_database: str, office: PostOffice) -> None:
    @transactional
    def invite() -> None:
        data = {"inviter": "Ada", "role": "student", "days": 30}
        outbox.post("invitation", Recipient("new@school.example"), data, secret={"token": "t0ken"})

    invite()
    assert rows()["new@school.example"].secret
    assert b"t0ken" not in rows()["new@school.example"].secret
    postman.send_waiting()
    assert b"/invite/t0ken" in office.received[0].content
    row = rows()["new@school.example"]
    assert (row.secret, row.data) == (None, {})


def test_what_is_posted_to_be_dropped_never_goes(office: PostOffice) -> None:
    @transactional
    def pretend() -> None:
        outbox.post("reset_password", Recipient("x@school.example"), {}, secret={"code": "1"}, drop=True)

    pretend()
    postman.send_waiting()
    assert not office.received
    assert rows()["x@school.example"].secret is None


def test_without_a_server_letters_lie_in_a_folder(app: Flask, settings: Settings) -> None:
    write("a@school.example")
    postman.send_waiting()
    files = list(Path(settings.instance_path, "mail").iterdir())
    assert [file.name for file in files] == [f"{rows()['a@school.example'].id}.eml"]
    assert b"To: <a@school.example>" in files[0].read_bytes()
    assert files[0].stat().st_mode & 0o777 == 0o600


# Two at once


def test_two_workers_at_once_send_each_once(school_database: str, app: Flask, office: PostOffice) -> None:
    people = [f"p{number}@school.example" for number in range(60)]
    write(*people)
    gate = threading.Barrier(3)

    def work() -> None:
        # Two processes: each has a lock of its own.
        with app.app_context(), postman.mailer.open_mailbox() as mailbox:
            gate.wait()
            postman._send_all(mailbox, math.inf)
            db.session.remove()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(office.addresses()) == sorted(people)
    assert set(states().values()) == {"sent"}


def test_who_is_woken_while_another_sends_leaves_it_to_them(app: Flask, office: PostOffice) -> None:
    write("a@school.example")
    with postman._sending:
        postman.send_waiting()
    assert not office.received
    assert postman._asked.is_set()
    postman.send_waiting()
    assert len(office.received) == 1
    assert not postman._asked.is_set()


def test_a_claim_that_lapsed_is_taken_over(school_database: str, office: PostOffice) -> None:
    write("a@school.example")
    lost = postman.uuid4()
    ids = postman._claim(lost)
    assert len(ids) == 1
    postman.send_waiting()
    assert states() == {"a@school.example": "sending"}
    assert not office.received
    with later(postman.CLAIM + timedelta(seconds=1)):
        postman.send_waiting()
    assert office.addresses() == ["a@school.example"]
    # Whoever comes back late writes nothing over it.
    assert postman._take(ids[0], lost) is None
    postman._settle(ids[0], lost, EmailState.FAILED, error="late")
    assert states() == {"a@school.example": "sent"}


# It does not arrive


def test_one_refused_address_of_twenty_is_marked_and_the_others_go(school_database: str, office: PostOffice) -> None:
    people = [f"p{number}@school.example" for number in range(20)]
    office.to_recipient["p7@school.example"] = "550 No such mailbox here"
    write(*people)
    postman.send_waiting()
    assert sorted(office.addresses()) == sorted(set(people) - {"p7@school.example"})
    row = rows()["p7@school.example"]
    assert (row.state, row.tries, row.error) == (EmailState.FAILED, 1, "550 No such mailbox here")


@pytest.mark.parametrize("answer", ["421 Too busy", "450 Greylisted", "451 Try again"])
def test_a_passing_refusal_is_tried_again_later(office: PostOffice, answer: str) -> None:
    office.to_recipient["slow@school.example"] = answer
    write("slow@school.example", "a@school.example", "b@school.example")
    before = clock.now()
    postman.send_waiting()
    assert sorted(office.addresses()) == ["a@school.example", "b@school.example"]
    row = rows()["slow@school.example"]
    assert (row.state, row.tries, row.error) == (EmailState.WAITING, 1, answer)
    assert timedelta(seconds=20) < row.next_try_at - before < timedelta(seconds=60)
    office.to_recipient.clear()
    postman.send_waiting()
    assert len(office.received) == 2
    with later(timedelta(minutes=2)):
        postman.send_waiting()
    assert "slow@school.example" in office.addresses()


def test_the_content_may_be_refused_too(office: PostOffice) -> None:
    office.to_data = {"spam@school.example": "554 Looks like spam", "full@school.example": "452 No room"}
    write("spam@school.example", "full@school.example", "a@school.example")
    postman.send_waiting()
    assert states() == {
        "spam@school.example": "failed", "full@school.example": "waiting", "a@school.example": "sent",
    }  # fmt: skip


def test_waiting_grows_and_ends() -> None:
    delays = [postman.delay_after(tries) for tries in range(1, postman.TRIES_MAX)]
    assert timedelta(seconds=24) <= delays[0] <= timedelta(seconds=36)
    assert timedelta(hours=4) < delays[-1] <= postman.LONGEST_DELAY * 1.2
    assert timedelta(days=1) < sum(delays, timedelta()) < timedelta(days=3)
    assert len({postman.delay_after(3) for _ in range(20)}) > 1


def test_after_many_tries_it_is_given_up(office: PostOffice) -> None:
    office.to_recipient["slow@school.example"] = "451 Try again"
    write("slow@school.example")
    make.change(rows()["slow@school.example"], tries=postman.TRIES_MAX - 1)
    postman.send_waiting()
    row = rows()["slow@school.example"]
    assert row.state is EmailState.FAILED
    assert "451 Try again" in row.error


def test_a_connection_that_breaks_after_the_message_repeats_it_under_the_same_id(office: PostOffice) -> None:
    office.breaks_after_data["a@school.example"] = 1
    write("a@school.example", "b@school.example")
    postman.send_waiting()
    assert states() == {"a@school.example": "waiting", "b@school.example": "sent"}
    with later(timedelta(minutes=2)):
        postman.send_waiting()
    assert states() == {"a@school.example": "sent", "b@school.example": "sent"}
    assert sorted(office.ids().values()) == [1, 2]


def test_a_server_that_breaks_every_time_rests(office: PostOffice) -> None:
    people = [f"p{number}@school.example" for number in range(10)]
    office.breaks_after_data.update(dict.fromkeys(people, 1))
    write(*people)
    postman.send_waiting()
    assert len(office.received) == postman.LOST_MAX
    assert postman.rest.is_on
    assert sum(row.tries for row in rows().values()) == postman.LOST_MAX


@pytest.mark.parametrize("kind", ["down", "silent", "tls"])
def test_with_the_server_away_everything_waits_and_nothing_is_burnt(
    school_database: str, app: Flask, settings: Settings, kind: str
) -> None:
    people = [f"p{number}@school.example" for number in range(30)]
    write(*people)
    with silent_server() as silent, post_office() as office:
        goes_to(app, settings, {"down": 1, "silent": silent, "tls": office.port}[kind])
        if kind == "tls":
            goes_to(app, settings, office.port, mail_security="starttls")
        began = time.monotonic()
        postman.send_waiting()
        assert time.monotonic() - began < 3
        assert not office.received
    assert {(row.state, row.tries, row.claim) for row in rows().values()} == {(EmailState.WAITING, 0, None)}
    assert any(row.error for row in rows().values())
    # Nobody knocks again at once, and the first who does finds everything due.
    assert postman.rest.is_on
    with post_office() as office:
        goes_to(app, settings, office.port)
        postman.send_waiting()
        assert not office.received
        postman.rest.end()
        postman.send_waiting()
        assert sorted(office.addresses()) == sorted(people)


@pytest.mark.parametrize("at", ["", "RCPT"])
def test_a_server_that_drips_is_away_too(app: Flask, settings: Settings, at: str) -> None:
    write(*(f"p{number}@school.example" for number in range(5)))
    with dripping_server(at) as port:
        goes_to(app, settings, port, mail_timeout=0.1)
        began = time.monotonic()
        postman.send_waiting()
        assert time.monotonic() - began < 4
    assert postman.rest.is_on
    assert {row.state for row in rows().values()} == {EmailState.WAITING}
    assert sum(row.tries for row in rows().values()) == (postman.LOST_MAX if at else 0)


def test_a_sender_that_is_no_address_burns_nothing(app: Flask, settings: Settings, office: PostOffice) -> None:
    write("a@school.example", "b@school.example")
    for server in ("127.0.0.1", ""):
        goes_to(app, settings, office.port, mail_server=server, mail_from="Northfield School <school@school.example>")
        postman.rest.end()
        postman.send_waiting()
        assert {(row.state, row.tries) for row in rows().values()} == {(EmailState.WAITING, 0)}
        assert "MAIL_FROM" in rows()["a@school.example"].error
    goes_to(app, settings, office.port)
    postman.rest.end()
    postman.send_waiting()
    assert len(office.received) == 2


def test_resting_grows_and_one_success_ends_it() -> None:
    waits = []
    for _ in range(6):
        postman.rest.begin()
        waits.append(postman.rest.seconds)
    assert waits == [30, 60, 120, 240, 300, 300]
    postman.rest.end()
    assert not postman.rest.is_on


def test_writing_is_fast_while_the_server_is_slow(app: Flask, settings: Settings) -> None:
    with silent_server() as port:
        goes_to(app, settings, port, mail_timeout=3)
        write("first@school.example")

        def work() -> None:
            with app.app_context():
                postman.send_waiting()
                db.session.remove()

        sender = threading.Thread(target=work)
        sender.start()
        time.sleep(0.2)
        began = time.monotonic()
        for number in range(20):
            write(f"p{number}@school.example")
        passed = time.monotonic() - began
        assert sender.is_alive()
        sender.join()
    assert passed < 1


def test_a_banner_that_comes_late_is_waited_for(app: Flask, settings: Settings) -> None:
    with silent_server(seconds=0.3, says=b"421 Come back\r\n") as port:
        goes_to(app, settings, port)
        write("a@school.example")
        postman.send_waiting()
    assert "421" in rows()["a@school.example"].error
    assert states() == {"a@school.example": "waiting"}


# Letters that cannot be written


def test_a_letter_that_cannot_be_written_holds_nobody(office: PostOffice) -> None:
    write("broken@school.example", letter="invitation")
    write("a@school.example")
    write("unknown@school.example", letter="notification", kind="nothing", text="x")
    postman.send_waiting()
    assert states() == {
        "broken@school.example": "failed", "a@school.example": "sent", "unknown@school.example": "failed",
    }  # fmt: skip
    assert "invitation" in rows()["broken@school.example"].error


def test_a_letter_without_a_name_is_refused_at_once(app: Flask) -> None:
    with pytest.raises(LookupError):
        write("a@school.example", letter="no_such_letter")


def test_a_changed_secret_key_is_told(app: Flask, office: PostOffice) -> None:
    @transactional
    def ask() -> None:
        outbox.post("reset_password", Recipient("a@school.example"), {}, secret={"code": "123456"})

    ask()
    app.config["SECRET_KEY"] = "another secret of the tests, long enough"
    postman.send_waiting()
    assert rows()["a@school.example"].error == "This was sealed with another secret key."


# Who gets none


def test_blocked_and_deleted_people_get_none(school_database: str, school: People, office: PostOffice) -> None:
    tell(school.ada, school.ben, school.eve)
    make.change(school.ben, blocked_at=clock.now())
    make.change(school.eve, deleted_at=clock.now())
    postman.send_waiting()
    assert office.addresses() == [school.ada.email]
    assert states()[school.ben.email] == "dropped"
    assert rows()[school.eve.email].error == "The account is deleted."


def test_what_tells_of_the_block_reaches_the_blocked(school: People, office: PostOffice) -> None:
    make.change(school.ben, blocked_at=clock.now())

    @transactional
    def tell_of_it() -> None:
        outbox.post("account_event", outbox.to(school.ben), {"event": "blocked", "reason": "Noise"})
        outbox.post("account_event", outbox.to(school.ben), {"event": "role_changed", "role": "teacher"})

    tell_of_it()
    postman.send_waiting()
    assert [str(one.message["Subject"]) for one in office.received] == ["Your account at Northfield School is blocked"]


def test_who_turned_a_kind_off_gets_none(school_database: str, school: People, office: PostOffice) -> None:
    tell(school.ben, school.eve)
    turned = {"in_page": True, "email": EmailChoice.OFF}
    make.save(NotificationPreference(user_id=school.ben.id, kind=NotificationKind.NEW_MATERIAL, **turned))
    make.save(NotificationPreference(user_id=school.eve.id, kind=NotificationKind.NEW_REVIEW, **turned))
    postman.send_waiting()
    assert office.addresses() == [school.eve.email]
    assert states()[school.ben.email] == "dropped"


def test_names_go_to_nobody_who_did_not_prove_the_address(office: PostOffice) -> None:
    write("a@school.example", letter="email_taken")
    write("b@school.example", letter="password_changed")
    postman.send_waiting()
    named = {one.recipients[0]: str(one.message["To"]) for one in office.received}
    assert named == {"a@school.example": "a@school.example", "b@school.example": "Somebody <b@school.example>"}


# Who has moved


@transactional
def move(user: User, *, is_proved: bool = True) -> None:
    moved = db.session.get_one(User, user.id)
    moved.move_to("fresh@elsewhere.example")
    moved.email_verified_at = clock.now() if is_proved else None


def full(office: PostOffice, user: User) -> str:
    """Let the mailbox of somebody be full, and return its address."""
    office.to_recipient[user.email] = "452 4.2.2 Mailbox full"
    return user.email


def test_what_waits_follows_its_person_to_a_new_address(
    school_database: str, school: People, office: PostOffice
) -> None:
    old = full(office, school.ben)
    tell(school.ben)
    postman.send_waiting()
    assert states() == {old: "waiting"}
    office.to_recipient.clear()
    move(school.ben)
    with later(timedelta(minutes=2)):
        postman.send_waiting()
    assert office.addresses() == ["fresh@elsewhere.example"]
    assert states() == {"fresh@elsewhere.example": "sent"}


def test_it_goes_to_neither_address_while_the_new_one_is_not_proved(school: People, office: PostOffice) -> None:
    tell(school.ben)
    old = school.ben.email
    move(school.ben, is_proved=False)
    postman.send_waiting()
    assert not office.received
    assert rows()[old].state is EmailState.DROPPED
    assert "nobody has proved" in rows()[old].error


def test_a_new_address_that_is_dead_gets_nothing_of_the_old_one(school: People, office: PostOffice) -> None:
    tell(school.ben)
    move(school.ben)
    bounces.note("fresh@elsewhere.example")
    postman.send_waiting()
    assert not office.received
    assert states() == {"fresh@elsewhere.example": "dropped"}


STAYING = {
    "change_email": {"path": "/you/email"},
    "email_changed": {"new_email": "fresh@elsewhere.example"},
    "email_taken": {},
    "invitation": {"inviter": "Ada", "role": "student", "days": 30},
    "verify_email": {},
}


def test_what_is_about_an_address_stays_with_it(school: People, office: PostOffice) -> None:
    assert {name for name, kind in emails.LETTERS.items() if kind.follows_person is stays} == set(STAYING)

    @transactional
    def post_all() -> None:
        for letter, facts in STAYING.items():
            outbox.post(letter, outbox.to(school.ben), facts, secret={"code": "123456", "token": "t0ken"})

    old = school.ben.email
    post_all()
    move(school.ben)
    postman.send_waiting()
    assert office.addresses() == [old] * len(STAYING)


def test_the_farewell_goes_to_the_address_that_is_gone(school: People, office: PostOffice) -> None:
    old = school.ben.email

    @transactional
    def leave() -> None:
        for event in ("deleted", "blocked"):
            outbox.post("account_event", outbox.to(school.ben), {"event": event})
        gone = db.session.get_one(User, school.ben.id)
        gone.move_to("deleted-1@deleted.invalid")
        gone.deleted_at = clock.now()

    leave()
    postman.send_waiting()
    assert office.addresses() == [old]
    assert "is deleted" in str(office.received[0].message["Subject"])


# What is kept


def test_what_was_settled_is_kept_for_a_month(office: PostOffice) -> None:
    write("old@school.example", "waits@school.example")
    make.change(rows()["old@school.example"], state=EmailState.SENT)
    write("new@school.example")

    @transactional
    def forget() -> None:
        outbox.forget_old()

    with later(outbox.KEPT - timedelta(hours=1)):
        forget()
    assert len(rows()) == 3
    with later(outbox.KEPT + timedelta(hours=1)):
        forget()
    assert set(rows()) == {"waits@school.example", "new@school.example"}
