"""What people say about today."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from elearn import clock
from elearn.errors import Forbidden, Invalid, NotFound
from elearn.extensions import db
from elearn.models import CourseState, EnrolmentState, Status, User
from elearn.services import statuses
from tests import make
from tests.people import People
from tests.test_transaction import in_threads

pytestmark = pytest.mark.usefixtures("school_database")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    real = clock.now

    def move(by: timedelta) -> None:
        def moved() -> datetime:
            return real() + by

        monkeypatch.setattr(clock, "now", moved)

    return move


def seen(reader: User) -> list[str]:
    return [card.text for card in statuses.feed(reader).items]


def test_a_new_status_takes_the_place_of_the_old_and_is_gone_after_a_day(
    school: People, later: Callable[[timedelta], None]
) -> None:
    first = statuses.post(school.ben, "Reading").id
    second = statuses.post(school.ben, "  Still   reading ")
    assert (second.text, seen(school.ben)) == ("Still reading", ["Still reading"])
    with pytest.raises(NotFound):
        statuses.get(school.ben, first)
    later(timedelta(hours=23, minutes=59))
    assert seen(school.ben) == ["Still reading"]
    later(timedelta(hours=24, minutes=1))
    assert seen(school.ben) == []
    assert statuses.of(school.ben) is None
    with pytest.raises(NotFound):
        statuses.edit(school.ben, second.id, "Too late")
    statuses.post(school.ben, "A new day")
    assert seen(school.ben) == ["A new day"]
    assert db.session.scalar(select(func.count()).select_from(Status)) == 1


def test_two_at_once_leave_one(app: Flask, school: People) -> None:
    ben_id = school.ben.id
    errors = in_threads(app, [lambda: statuses.post(db.session.get_one(User, ben_id), "Twice")] * 4)
    assert errors == []
    db.session.rollback()
    assert db.session.scalars(select(Status.text)).all() == ["Twice"]


def test_who_shares_a_course_sees_it_and_nobody_else(school: People) -> None:
    course = make.course(school.ada)
    classmate, left, blocked = make.person(), make.person(), make.person()
    for person, state in (
        (school.ben, EnrolmentState.ACTIVE),
        (classmate, EnrolmentState.ACTIVE),
        (left, EnrolmentState.LEFT),
        (blocked, EnrolmentState.BLOCKED),
    ):
        make.enrol(person, course, state)
    statuses.post(school.ben, "Of ben")
    statuses.post(school.ada, "Of ada")
    for reader in (classmate, school.ada, school.ben, school.root):
        assert sorted(seen(reader)) == ["Of ada", "Of ben"]
    for reader in (school.eve, left, blocked):
        assert seen(reader) == []
    make.change(course, state=CourseState.DRAFT)
    assert seen(classmate) == []
    make.change(course, state=CourseState.PUBLISHED)
    make.change(school.ben, blocked_at=clock.now())
    assert seen(classmate) == ["Of ada"]


def status_of(person: User, text: str = "Mine") -> UUID:
    return statuses.post(person, text).id


def test_only_the_writer_edits_and_managers_delete(school: People) -> None:
    course = make.course(school.ada)
    make.enrol(school.ben, course)
    mine = status_of(school.ben)
    posted = statuses.get(school.ben, mine).created_at
    for other in (school.ada, school.root):
        with pytest.raises(Forbidden):
            statuses.edit(other, mine, "Theirs")
    with pytest.raises(Forbidden):
        statuses.delete(school.ada, mine)
    for act in (lambda: statuses.edit(school.eve, mine, "x"), lambda: statuses.delete(school.eve, mine)):
        with pytest.raises(NotFound):
            act()
    edited = statuses.edit(school.ben, mine, "Put right")
    assert (edited.text, edited.created_at, edited.edited_at is not None) == ("Put right", posted, True)
    statuses.delete(school.root, mine)
    assert seen(school.ben) == []


@pytest.mark.parametrize("text", ["", "   ", "x" * 281, "a\x00b", "turn \u202e round"])
def test_bad_text_changes_nothing(school: People, text: str) -> None:
    mine = status_of(school.ben)
    with pytest.raises(Invalid):
        statuses.post(school.ben, text)
    with pytest.raises(Invalid):
        statuses.edit(school.ben, mine, text)
    assert seen(school.ben) == ["Mine"]


def test_whoever_did_not_prove_the_address_reads_and_says_nothing(school: People) -> None:
    make.change(school.ben, email_verified_at=None)
    with pytest.raises(Forbidden, match="Prove your email address"):
        statuses.post(school.ben, "Hello")
    assert statuses.newest(school.ben, 5) == []


def test_the_feed_is_told_of_each_change_after_the_commit(school: People, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[object, ...]] = []
    monkeypatch.setattr("elearn.integrations.realtime.socketio.emit", lambda *args, **_: told.append(args))
    mine = status_of(school.ben)
    statuses.edit(school.ben, mine, "Mine")  # the same again is no change
    statuses.edit(school.ben, mine, "Ours")
    statuses.delete(school.ben, mine)
    assert told == [("status", {})] * 3
