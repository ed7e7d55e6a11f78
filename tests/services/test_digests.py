"""The digest: one email a day at 8 o'clock where a person lives, never twice, and with nothing they may not see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from elearn.emails import render
from elearn.extensions import db
from elearn.models import Course, Email, EmailChoice, Notification, NotificationKind, User
from elearn.services import digests, enrolments, notification_preferences, notifications
from elearn.services import notification_centre as centre
from elearn.services.notification_preferences import Wish
from elearn.transaction import transactional
from tests import make
from tests.people import People
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("school_database")
Kind = NotificationKind
EVENING = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 21, 8, 0, 1, tzinfo=UTC)


@pytest.fixture
def course(school: People) -> Course:
    made = make.course(school.ada, title="The Night Sky")
    make.enrol(school.ben, made)
    return made


@transactional
def tell(people: list[User], course: Course, title: str = "Moons") -> None:
    notifications.notify(Kind.NEW_MATERIAL, [user.id for user in people], course=course, title=title)


def at(moment: datetime) -> Any:
    return time_machine.travel(moment, tick=True)


def digests_of(user: User) -> list[dict[str, Any]]:
    db.session.rollback()
    found = db.session.scalars(db.select(Email).filter_by(user_id=user.id, letter="digest").order_by(Email.id))
    return [email.data for email in found]


def waiting() -> int:
    db.session.rollback()
    return db.session.scalar(db.select(db.func.count()).where(Notification.for_digest)) or 0


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        ("UTC", "2026-11-21T08:00:00+00:00", "2026-11-21T08:00:00+00:00"),
        ("UTC", "2026-11-21T07:59:59+00:00", "2026-11-20T08:00:00+00:00"),
        ("Europe/Warsaw", "2026-11-21T07:00:00+00:00", "2026-11-21T07:00:00+00:00"),
        ("Asia/Kolkata", "2026-11-21T02:30:00+00:00", "2026-11-21T02:30:00+00:00"),
        ("Pacific/Auckland", "2026-11-20T19:00:00+00:00", "2026-11-20T19:00:00+00:00"),
        ("America/Los_Angeles", "2026-11-21T08:00:00+00:00", "2026-11-20T16:00:00+00:00"),
    ],
)
def test_morning_is_where_the_person_lives(zone: str, now: str, expected: str) -> None:
    assert digests.last_morning(zone, datetime.fromisoformat(now)) == datetime.fromisoformat(expected)


def test_one_email_at_8_and_no_second(school: People, course: Course) -> None:
    make.change(school.eve, time_zone="America/Los_Angeles")
    make.enrol(school.eve, course)
    with at(EVENING):
        tell([school.ben, school.eve], course, "Moons")
        tell([school.ben], course, "Planets")
        assert digests.send_due() == 0
    with at(MORNING):
        assert digests.send_due() == 1
        tell([school.ben], course, "Comets")
        assert digests.send_due() == 0
    assert [[item["text"] for item in one["items"]] for one in digests_of(school.ben)] == [
        ["New in The Night Sky: Moons", "New in The Night Sky: Planets"]
    ]
    assert waiting() == 2
    with at(MORNING + timedelta(hours=8)):
        assert digests.send_due() == 1
    assert len(digests_of(school.eve)) == 1
    with at(MORNING + timedelta(days=1)):
        assert digests.send_due() == 1
    assert [len(one["items"]) for one in digests_of(school.ben)] == [2, 1]
    assert waiting() == 0
    written = render("digest", digests_of(school.ben)[0], "en")
    assert "New in The Night Sky: Planets" in written.text
    assert f"/courses/{course.id}" in written.text


def test_a_worker_that_was_away_sends_it_late(school: People, course: Course) -> None:
    with at(EVENING):
        tell([school.ben], course)
    with at(MORNING + timedelta(hours=5)):
        assert digests.send_due() == 1
    assert len(digests_of(school.ben)) == 1


def test_what_was_read_or_may_not_be_seen_any_more_is_not_in_it(school: People, course: Course) -> None:
    other = make.course(school.ada, title="Comets")
    make.enrol(school.ben, other)
    with at(EVENING):
        tell([school.ben], course, "A canary")
        tell([school.ben], other, "Read")
        centre.mark_read(school.ben, centre.list_for(school.ben).items[0].id)
        tell([school.ben], other, "Tails")
        enrolments.block(school.ada, course.id, school.ben.id)
    with at(MORNING):
        assert digests.send_due() == 1
    assert [item["text"] for item in digests_of(school.ben)[0]["items"]] == ["New in Comets: Tails"]
    assert waiting() == 0


@pytest.mark.parametrize("gone", [{"blocked_at": EVENING}, {"deleted_at": EVENING}, {"email_verified_at": None}])
def test_who_is_gone_gets_none(school: People, course: Course, gone: dict[str, Any]) -> None:
    with at(EVENING):
        tell([school.ben], course)
    make.change(school.ben, **gone)
    with at(MORNING):
        assert digests.send_due() == 0
    assert (digests_of(school.ben), waiting()) == ([], 0)


def test_who_wants_none_any_more_gets_none(school: People, course: Course) -> None:
    with at(EVENING):
        tell([school.ben], course)
        notification_preferences.choose(school.ben, {Kind.NEW_MATERIAL: Wish(email=EmailChoice.OFF)})
    with at(MORNING):
        assert digests.send_due() == 0


def test_it_speaks_the_readers_language(school: People, course: Course) -> None:
    make.change(school.ben, language="de")
    with at(EVENING):
        tell([school.ben], course)
    with at(MORNING):
        digests.send_due()
    email = db.session.scalars(db.select(Email).filter_by(letter="digest")).one()
    assert email.language == "de"


def test_a_crash_neither_doubles_nor_loses(school: People, course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    with at(EVENING):
        tell([school.ben], course)
    with at(MORNING):
        with monkeypatch.context() as broken:

            def crash(*_: Any, **__: Any) -> None:
                raise KeyboardInterrupt

            broken.setattr(digests.outbox, "post_all", crash)
            with pytest.raises(KeyboardInterrupt):
                digests.send_due()
        assert (digests_of(school.ben), waiting()) == ([], 1)
        digests.send_due()
    assert (len(digests_of(school.ben)), waiting()) == (1, 0)


def test_many_people_cost_the_same_questions(school: People, course: Course) -> None:
    costs = []
    for number in (2, 12):
        people = [make.person() for _ in range(number)]
        for person in people:
            make.enrol(person, course)
        with at(EVENING):
            tell(people, course)
        with at(MORNING), counted() as statements:
            assert digests.send_due() == number
        costs.append(len(statements))
    assert costs[0] == costs[1]
