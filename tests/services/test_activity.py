"""The activity log: what is written, who reads it, how it is narrowed, exported and forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, text

from elearn import clock
from elearn.errors import Forbidden, RateLimited
from elearn.extensions import db
from elearn.models import Activity, ActivityKind, Role, uuid7
from elearn.permissions import OPERATOR
from elearn.services import activity, courses, enrolments, search
from elearn.services.activity import Filter
from elearn.transaction import writing
from tests import make
from tests.people import People
from tests.queries import planned

DAY = datetime(2026, 9, 1, 12, tzinfo=UTC)
THING = uuid7()


@pytest.fixture
def log(app: Flask, school: People, school_database: str) -> People:
    """Four lines on four days."""
    for days, (kind, actor, subject, address) in enumerate(
        [
            (ActivityKind.SIGNED_IN, school.ada, None, "192.0.2.1"),
            (ActivityKind.BLOCKED, school.root, school.ben, "192.0.2.2"),
            (ActivityKind.ROLE_CHANGED, school.root, school.eve, "192.0.2.2"),
            (ActivityKind.SIGNED_IN, school.ben, None, "192.0.2.3"),
        ]
    ):
        make.save(
            Activity(
                kind=kind, at=DAY + timedelta(days=days), actor_id=actor.id, actor_name=actor.full_name,
                subject_id=subject and subject.id, subject_name=subject.full_name if subject else "",
                address=address, detail={}, object_id=THING if days % 2 else None,
            )
        )  # fmt: skip
    return school


def days(**only: Any) -> list[int]:
    return [line.at.day for line in activity.list_for(OPERATOR, Filter(**only)).items]


def test_the_log_is_narrowed_by_everything_that_it_holds(log: People) -> None:
    assert days() == [4, 3, 2, 1]
    assert days(kind=ActivityKind.SIGNED_IN) == [4, 1]
    assert days(actor=log.root.id) == days(actor="root adm") == [3, 2]
    assert days(subject=log.ben.id) == days(subject="kowal") == [2]
    assert days(about=log.ben.id) == [4, 2]
    assert days(object=THING) == [4, 2]
    assert days(object=THING, kind=ActivityKind.BLOCKED) == [2]
    assert days(object=log.ben.id) == []
    assert days(since=DAY.date() + timedelta(days=2)) == [4, 3]
    assert days(until=DAY.date()) == [1]
    assert days(address="192.0.2.2", subject=log.eve.id) == [3]
    assert days(actor="nobody at all") == []


def test_what_was_done_in_a_course_is_found_by_an_index(log: People, school_database: str) -> None:
    row = {"kind": ActivityKind.ENROLLED, "actor_name": "", "subject_name": "", "address": "", "detail": {}}
    rows = [row | {"id": uuid7(), "at": DAY, "object_id": uuid7(), "object_name": str(n)} for n in range(2000)]
    with writing(db.session()):
        db.session.execute(insert(Activity), rows)
    db.session.execute(text("analyze"))
    db.session.commit()
    asked = planned(lambda: activity.list_for(OPERATOR, Filter(object=THING)), school_database)
    assert asked
    for statement, plan in asked:
        assert "ix_activities_object_id_at" in plan, (statement, plan)


def test_who_may_not_reads_nothing(log: People) -> None:
    for actor in (log.ben, log.ada):
        for attempt in (activity.list_for, lambda actor: activity.export(actor, Filter())):
            with pytest.raises(Forbidden):
                attempt(actor)


def test_the_last_of_somebody_is_what_they_did_and_what_was_done_to_them(log: People) -> None:
    lines = activity.latest_of(OPERATOR, log.ben.id)
    assert [line.kind for line in lines] == [ActivityKind.SIGNED_IN, ActivityKind.BLOCKED]
    assert len(activity.latest_of(OPERATOR, log.root.id, 1)) == 1


def test_an_export_has_every_line_once_in_batches_and_is_a_line_itself(
    log: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "EXPORT_BATCH", 2)
    # Lines of the same moment are not lost between two batches.
    for number in range(5):
        make.save(Activity(kind=ActivityKind.EXPORTED, at=DAY, actor_name=f"={number}", detail={"n": number}))
    header, rows = activity.export(log.root, Filter(until=DAY.date() + timedelta(days=9)))
    found = list(rows)
    assert len(header) == len(found[0])
    assert len(found) == 9
    assert len({str(row) for row in found}) == 9
    db.session.rollback()
    newest = activity.list_for(OPERATOR).items[0]
    assert (newest.kind, newest.actor_id) == (ActivityKind.EXPORTED, log.root.id)


@pytest.mark.parametrize("overrides", [{"rate_limits": True}])
def test_ten_exports_an_hour_are_enough(overrides: dict[str, Any], school: People) -> None:
    for _ in range(10):
        activity.export(school.root, Filter())
    with pytest.raises(RateLimited):
        activity.export(school.root, Filter())
    db.session.rollback()
    assert activity.list_for(OPERATOR).total == 10


def test_old_lines_go_and_the_others_stay(log: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: DAY + timedelta(days=365 + 2, hours=1))
    activity.forget_old()
    assert days() == [4]


def test_coming_and_going_in_courses_is_written_down_once(app: Flask, school: People, school_database: str) -> None:
    ada, ben, course = school.ada, school.ben, make.course(school.ada, title="Biology")
    for _ in range(2):
        enrolments.enrol(ben, course.id)
    for _ in range(2):
        enrolments.leave(ben, course.id)
    for _ in range(2):
        enrolments.add(ada, course.id, "ben")
    for _ in range(2):
        enrolments.remove(ada, course.id, ben.id)
    for _ in range(2):
        enrolments.block(ada, course.id, ben.id, "Noise")
    for _ in range(2):
        enrolments.unblock(ada, course.id, ben.id)
    course_id = course.id
    courses.delete(ada, course_id)
    lines = activity.list_for(OPERATOR).items[::-1]
    assert [(line.kind.value, line.actor_name, line.subject_name) for line in lines] == [
        ("enrolled", "Ben Kowalski", ""),
        ("left", "Ben Kowalski", ""),
        ("added", "Ada Novak", "Ben Kowalski"),
        ("removed", "Ada Novak", "Ben Kowalski"),
        ("blocked_in_course", "Ada Novak", "Ben Kowalski"),
        ("unblocked_in_course", "Ada Novak", "Ben Kowalski"),
        ("course_deleted", "Ada Novak", ""),
    ]
    assert {(line.object_id, line.object_name) for line in lines} == {(course_id, "Biology")}


def test_many_are_found_by_words_too(app: Flask, school: People) -> None:
    make.person("second", Role.STUDENT, full_name="Ben Second")
    assert len(db.session.scalars(search.ids("ben")).all()) == 2
    assert db.session.scalars(search.ids("...")).all() == []
