from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from elearn import clock
from elearn.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Unauthenticated
from elearn.extensions import db
from elearn.integrations import revocation
from elearn.models import (
    Classroom,
    Course,
    CourseState,
    Email,
    Enrolment,
    EnrolmentState,
    Notification,
    Right,
    Role,
    User,
)
from elearn.permissions import OPERATOR, Action, can
from elearn.services import course_cards, courses, enrolling, enrolments, invitations
from tests import make
from tests.people import People
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("school_database")
ACTIVE, LEFT, REMOVED, BLOCKED = EnrolmentState


@pytest.fixture
def rechecked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Whose sockets were rechecked after a commit."""
    told: list[Any] = []
    monkeypatch.setattr(revocation.realtime, "control", lambda message: told.append(message["id"]))
    return told


@pytest.fixture
def course(school: People) -> Course:
    return make.course(school.ada)


def state_of(user: User, course: Course) -> EnrolmentState | None:
    db.session.rollback()
    row = db.session.get(Enrolment, (course.id, user.id))
    return row.state if row else None


def may_enter(user: User, course: Course) -> bool:
    db.session.rollback()
    query = select(Classroom).options(joinedload(Classroom.course)).where(Classroom.course_id == course.id)
    return can(user, Action.ENTER_ROOM, db.session.scalars(query).one())


# Coming and leaving


def test_enrol_leave_and_come_back(school: People, course: Course, rechecked: list[Any]) -> None:
    first = enrolments.enrol(school.ben, course.id)
    assert first.is_active
    since = first.enrolled_at
    assert enrolments.enrol(school.ben, course.id).enrolled_at == since, "once more changes nothing"
    enrolments.leave(school.ben, course.id)
    assert state_of(school.ben, course) is LEFT
    assert rechecked == [str(school.ben.id)]
    enrolments.leave(school.ben, course.id)
    assert len(rechecked) == 1
    assert enrolments.enrol(school.ben, course.id).enrolled_at > since
    assert db.session.query(Enrolment).count() == 1


def test_enrolling_gives_the_room_and_leaving_takes_it_with_what_was_granted(school: People, course: Course) -> None:
    assert not may_enter(school.ben, course)
    enrolments.enrol(school.ben, course.id)
    assert may_enter(school.ben, course)
    granted = make.grant(school.ben, make.room(course), Right.DRAW)
    make.change(granted, hand_at=clock.now(), removed_at=clock.now())
    enrolments.leave(school.ben, course.id)
    db.session.expire_all()
    assert (granted.draws, granted.speaks, granted.hand_at) == (False, False, None)
    assert granted.removed_at is not None, "whoever was shown out does not come back by enrolling again"
    assert not may_enter(school.ben, course)


def test_who_cannot_enrol_and_why(school: People, course: Course) -> None:
    yesterday = clock.now().date() - timedelta(days=2)
    draft = make.course(school.ada, state=CourseState.DRAFT)
    archived = make.course(school.ada, state=CourseState.ARCHIVED)
    ended = make.course(school.ada, ends_on=yesterday)
    make.enrol(school.eve, archived, LEFT)
    make.enrol(school.eve, course, BLOCKED)
    cases: list[tuple[User | None, UUID, type[DomainError], str]] = [
        (None, course.id, NotFound, "not open to you"),
        (school.ben, uuid4(), NotFound, "does not exist"),
        (school.ben, draft.id, NotFound, "does not exist"),
        (school.ben, archived.id, NotFound, "not open to you"),
        (school.root, archived.id, Conflict, "archived"),
        (school.ben, ended.id, Conflict, "This course ended on"),
        (school.ada, course.id, Forbidden, "Only students"),
        (school.root, course.id, Forbidden, "Only students"),
        (school.eve, course.id, Forbidden, "Speak to its teacher"),
    ]
    for actor, course_id, error, sentence in cases:
        with pytest.raises(error, match=sentence):
            enrolments.enrol(actor, course_id)
    with pytest.raises(Forbidden) as caught:
        enrolments.enrol(school.eve, course.id)
    assert caught.value.code == "blocked"
    assert db.session.query(Enrolment).count() == 2


def test_a_course_that_ends_today_where_the_person_lives_is_still_open(school: People) -> None:
    make.change(school.ben, time_zone="Pacific/Kiritimati")  # 14 hours ahead: never a day behind UTC
    here = course_cards.today_for(school.ben)
    assert enrolments.enrol(school.ben, make.course(school.ada, ends_on=here).id).is_active
    with pytest.raises(Conflict):
        enrolments.enrol(school.ben, make.course(school.ada, ends_on=here - timedelta(days=1)).id)


def test_an_outsider_who_leaves_changes_nothing(school: People, course: Course, rechecked: list[Any]) -> None:
    enrolments.leave(school.eve, course.id)
    enrolments.leave(school.ada, course.id)
    make.enrol(school.ben, course, BLOCKED)
    for who, course_id in ((school.ben, course.id), (None, course.id), (school.eve, uuid4())):
        with pytest.raises(NotFound):
            enrolments.leave(who, course_id)
    assert state_of(school.ben, course) is BLOCKED
    assert rechecked == []


# What teachers do


def test_a_teacher_adds_by_username_or_email(school: People, course: Course) -> None:
    assert enrolments.add(school.ada, course.id, " BEN ").user_id == school.ben.id
    assert enrolments.add(school.ada, course.id, "eve@School.example").is_active
    enrolments.add(school.ada, course.id, "ben")
    assert enrolments.counts(school.ada, course.id) == {ACTIVE: 2, LEFT: 0, REMOVED: 0, BLOCKED: 0}


def test_who_cannot_be_added(school: People, course: Course) -> None:
    make.person("gone", blocked_at=clock.now())
    make.enrol(school.eve, course, BLOCKED)
    draft = make.course(school.ada, state=CourseState.DRAFT)
    for login, where, sentence in (
        ("nobody", course, "Nobody here has the username or email nobody"),
        ("", course, "Nobody here"),
        ("\x00", course, "Nobody here"),
        ("x" * 1_000_000, course, "Nobody here"),
        ("gone", course, "is blocked in this school"),
        ("ada", course, "is not a student"),
        ("eve", course, "Unblock first"),
        ("ben", draft, "Publish this course first"),
    ):
        with pytest.raises((Invalid, Conflict), match=sentence) as caught:
            enrolments.add(school.ada, where.id, login)
        assert list(caught.value.fields) == ["login"]
    assert db.session.query(Enrolment).count() == 1


def test_removed_people_may_come_again_and_blocked_people_not(
    school: People, course: Course, rechecked: list[Any]
) -> None:
    make.enrol(school.ben, course)
    assert enrolments.remove(school.ada, course.id, school.ben.id) == school.ben
    assert state_of(school.ben, course) is REMOVED
    enrolments.remove(school.ada, course.id, school.ben.id)
    assert rechecked == [str(school.ben.id)]
    enrolments.enrol(school.ben, course.id)

    enrolments.block(school.ada, course.id, school.ben.id, " Disturbs   the lesson ")
    assert rechecked == [str(school.ben.id)] * 2
    with pytest.raises(Forbidden):
        enrolments.enrol(school.ben, course.id)
    with pytest.raises(NotFound):
        courses.get(school.ben, course.id)
    assert not may_enter(school.ben, course)
    (row,) = enrolments.students(school.ada, course.id, state="blocked").items
    assert (row.reason, row.email, row.user.full_name) == (
        "Disturbs the lesson", "ben@school.example", "Ben Kowalski",
    )  # fmt: skip

    enrolments.unblock(school.ada, course.id, school.ben.id)
    assert state_of(school.ben, course) is REMOVED, "unblocked is not enrolled"
    assert enrolments.enrol(school.ben, course.id).reason == ""


def test_somebody_who_never_enrolled_can_be_blocked(school: People, course: Course) -> None:
    enrolments.block(school.ada, course.id, school.eve.id)
    assert state_of(school.eve, course) is BLOCKED
    with pytest.raises(Forbidden):
        enrolments.enrol(school.eve, course.id)
    enrolments.unblock(school.ada, course.id, school.ben.id)
    assert state_of(school.ben, course) is None


def test_who_leads_the_course_is_not_blocked_in_it(school: People, course: Course) -> None:
    for leader in (school.ada, school.root):
        with pytest.raises(Forbidden, match="leads this course"):
            enrolments.block(school.root, course.id, leader.id)
    assert db.session.query(Enrolment).count() == 0


def test_bad_input_changes_nothing(school: People, course: Course) -> None:
    make.enrol(school.ben, course)
    for reason in ("x" * 301, "x" * 1_000_000, "a\x00b"):
        with pytest.raises(Invalid) as caught:
            enrolments.block(school.ada, course.id, school.ben.id, reason)
        assert list(caught.value.fields) == ["reason"]
    for change in (enrolments.remove, enrolments.block, enrolments.unblock):
        with pytest.raises(NotFound):
            change(school.ada, course.id, uuid4())
    with pytest.raises(NotFound):
        enrolments.remove(school.ada, course.id, school.eve.id)
    assert state_of(school.ben, course) is ACTIVE


def test_only_the_teacher_and_staff_see_and_manage_the_people(
    school: People, course: Course, rechecked: list[Any]
) -> None:
    grace = make.person("grace", Role.TEACHER)
    make.enrol(school.ben, course)
    doings: list[Callable[[Any], object]] = [
        lambda who: enrolments.students(who, course.id),
        lambda who: enrolments.counts(who, course.id),
        lambda who: enrolments.add(who, course.id, "eve"),
        lambda who: enrolments.remove(who, course.id, school.ben.id),
        lambda who: enrolments.block(who, course.id, school.ben.id),
        lambda who: enrolments.unblock(who, course.id, school.ben.id),
    ]
    for do in doings:
        for who in (school.ben, school.eve, grace):
            with pytest.raises(Forbidden):
                do(who)
        with pytest.raises((NotFound, Unauthenticated)):
            do(None)
    assert state_of(school.ben, course) is ACTIVE
    assert state_of(school.eve, course) is None
    assert rechecked == []
    for staff in (school.root, OPERATOR):
        for do in doings:
            do(staff)


# What goes back and forth


def told(user: User) -> int:
    """Count what somebody is told, in the page and by email."""
    db.session.rollback()
    emails = db.session.query(Email).filter_by(user_id=user.id).count()
    return max(emails, db.session.query(Notification).filter_by(user_id=user.id).count())


def test_a_teacher_who_adds_and_removes_again_and_again_fills_no_letterbox(school: People, course: Course) -> None:
    for _ in range(4):
        enrolments.add(school.ada, course.id, "ben")
        enrolments.remove(school.ada, course.id, school.ben.id)
    assert state_of(school.ben, course) is REMOVED
    assert told(school.ben) == enrolling.TOLD_AN_HOUR
    # Nor by the other door; who is blocked hears of that.
    invitations.invite(school.ada, email=school.ben.email, role=Role.STUDENT, course_ids=[course.id])
    assert state_of(school.ben, course) is ACTIVE
    assert told(school.ben) == enrolling.TOLD_AN_HOUR
    enrolments.block(school.ada, course.id, school.ben.id)
    assert told(school.ben) == enrolling.TOLD_AN_HOUR + 1
    # Others, and other courses, are another matter; so is the next hour.
    enrolments.add(school.ada, course.id, "eve")
    assert told(school.eve) == 1
    enrolments.add(school.ada, make.course(school.ada).id, "ben")
    assert told(school.ben) == enrolling.TOLD_AN_HOUR + 2


def test_what_is_told_no_more_is_told_again_an_hour_later(
    school: People, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        enrolments.add(school.ada, course.id, "ben")
        enrolments.remove(school.ada, course.id, school.ben.id)
    then = clock.now() + timedelta(hours=1, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: then)
    enrolments.add(school.ada, course.id, "ben")
    assert told(school.ben) == enrolling.TOLD_AN_HOUR + 1


def test_a_student_who_comes_and_goes_tells_the_teacher_so_often(school: People, course: Course) -> None:
    for _ in range(4):
        enrolments.enrol(school.ben, course.id)
        enrolments.leave(school.ben, course.id)
    assert told(school.ada) == enrolling.TOLD_AN_HOUR
    enrolments.enrol(school.eve, course.id)
    assert told(school.ada) == enrolling.TOLD_AN_HOUR + 1


# Two at once


def at_once(app: Flask, works: list[Callable[[], object]]) -> Counter[str]:
    """Run all at the same moment, each in a thread with a session of its own, and count how they ended."""
    start, ends = Barrier(len(works)), Counter[str]()

    def run(work: Callable[[], object]) -> None:
        with app.app_context():
            start.wait(20)
            try:
                work()
                ends["done"] += 1
            except DomainError as error:
                ends[error.code] += 1

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return ends


def person(user_id: UUID) -> User:
    return db.session.get_one(User, user_id)


def test_twenty_enrolments_of_one_person_at_once_are_one(app: Flask, school: People, course: Course) -> None:
    ben, course_id = school.ben.id, course.id
    db.session.rollback()
    ends = at_once(app, [lambda: enrolments.enrol(person(ben), course_id)] * 20)
    assert ends == {"done": 20}
    assert state_of(school.ben, course) is ACTIVE
    assert db.session.query(Enrolment).count() == 1


def test_enrolling_and_being_blocked_at_once_ends_blocked(app: Flask, school: People, course: Course) -> None:
    ada, ben, course_id = school.ada.id, school.ben.id, course.id
    db.session.rollback()
    for _ in range(5):
        ends = at_once(
            app,
            [lambda: enrolments.enrol(person(ben), course_id)] * 8
            + [lambda: enrolments.block(person(ada), course_id, ben, "at once")]
            + [lambda: enrolments.leave(person(ben), course_id)] * 3,
        )
        assert set(ends) <= {"done", "blocked", "not_found"}
        assert state_of(school.ben, course) is BLOCKED
        db.session.query(Enrolment).delete()
        db.session.commit()


def test_enrolling_and_taking_the_course_back_at_once(app: Flask, school: People) -> None:
    ada, ben = school.ada.id, school.ben.id
    for _ in range(5):
        course = make.course(person(ada))
        course_id = course.id
        db.session.rollback()
        at_once(
            app,
            [lambda: enrolments.enrol(person(ben), course_id), lambda: courses.unpublish(person(ada), course_id)],  # noqa: B023
        )
        db.session.rollback()
        is_draft = db.session.get_one(Course, course_id).state is CourseState.DRAFT
        assert is_draft == (db.session.get(Enrolment, (course_id, ben)) is None)


# The list


def test_the_people_are_searched_by_name_username_and_email(school: People, course: Course) -> None:
    lucia = make.person("lucia", full_name="Lucía Ferrer", email="L.Ferrer@School.example")
    for user in (school.ben, school.eve, lucia):
        make.enrol(user, course)

    def found(q: str) -> list[str]:
        return [row.user.username for row in enrolments.students(school.ada, course.id, q=q).items]

    assert found("") == ["ben", "eve", "lucia"]
    assert found("LUCÍA") == found("l.ferrer@school") == ["lucia"]
    assert found("kowalski ben") == ["ben"]
    assert found("_") == found("%") == []


def test_the_list_costs_the_same_for_2_and_for_20(school: People, course: Course) -> None:
    def cost() -> int:
        db.session.rollback()
        _ = (school.ada.role, course.id)
        with counted() as statements:
            assert (
                len(enrolments.students(school.ada, course.id, per_page=50).items)
                == db.session.query(Enrolment).count()
            )
        return len(statements)

    for _ in range(2):
        make.enrol(make.person(), course)
    few = cost()
    for _ in range(18):
        make.enrol(make.person(), course)
    assert cost() == few <= 5
