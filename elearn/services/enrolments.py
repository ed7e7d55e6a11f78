"""Enrolments: coming, leaving, being added, removed and blocked. One row for each person and course, for good."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import structlog
from sqlalchemy import and_, func, or_, select, update

from elearn import clock
from elearn.errors import Conflict, Forbidden, Invalid, NotFound
from elearn.extensions import db
from elearn.languages import _, lazy
from elearn.models import (
    ActivityKind,
    Course,
    CourseState,
    Enrolment,
    EnrolmentState,
    NotificationKind,
    User,
    fold,
    parse_id,
)
from elearn.permissions import Action, Actor, can, memberships, require
from elearn.services import activity, course_texts, courses, enrolling, standings
from elearn.services.activity import leaves_trace
from elearn.services.course_cards import PERSON, PersonCard, every_word, person_card, today_for
from elearn.services.notifications import notify
from elearn.services.paging import Page, paginate
from elearn.transaction import transactional, upsert

log = structlog.get_logger(__name__)

REASON_MAX = 300
BLOCKED = lazy("You cannot enrol in this course. Speak to its teacher.")


@dataclass(frozen=True)
class Student:
    """Show somebody in the list of a course's people."""

    user: PersonCard
    email: str
    state: EnrolmentState
    enrolled_at: datetime
    changed_at: datetime
    reason: str


class StudentSort(StrEnum):
    """In which order the people of a course come."""

    NAME = "full_name"
    NEWEST = "-enrolled_at"


# What students do


@transactional
def enrol(actor: Actor, course_id: UUID) -> Enrolment:
    """Enrol in a published course; once more changes nothing.

    Raises `Forbidden` with the code "blocked" for somebody whom the teacher has blocked.
    """
    course = courses.find(course_id, lock="share")
    if isinstance(actor, User) and course is not None and course.state is not CourseState.DRAFT:
        _refuse_blocked(actor, course)
    course = courses.get(actor, course_id)
    present = memberships.enrolment_of(actor, course.id) if isinstance(actor, User) else None
    if present is not None and present.is_active:
        return present
    if course.state is CourseState.ARCHIVED:
        raise Conflict("archived", _("This course is archived. Nobody can enrol any more."))
    if course.ends_on is not None and course.is_over(today_for(actor)):
        raise Conflict("ended", _("This course ended on %(day)s.", day=course_texts.day_in_words(course.ends_on)))
    require(actor, Action.ENROL, course, _("Only students enrol in courses."))
    enrolment, is_new = _enter(course, actor)
    if is_new:
        is_news = enrolling.is_news(enrolling.BY_THEMSELVES, course.id, enrolment.user_id)
        activity.record(ActivityKind.ENROLLED, actor, about=(course.id, course.title))
        if is_news:
            notify(NotificationKind.STUDENT_ENROLLED, [course.teacher_id], actor=actor, course=course)
    return enrolment


def _refuse_blocked(user: User, course: Course) -> None:
    enrolment = memberships.enrolment_of(user, course.id)
    if enrolment is not None and enrolment.is_blocked:
        raise Forbidden(BLOCKED, code="blocked")


def _enter(course: Course, user: Any) -> tuple[Enrolment, bool]:
    """Write the active row, and tell whether it was not active before; a block that was faster stays."""
    keep = (EnrolmentState.ACTIVE, EnrolmentState.BLOCKED)
    enrolment, is_new = _put(course.id, user.id, EnrolmentState.ACTIVE, keep=keep)
    if enrolment.is_blocked:
        raise Forbidden(BLOCKED, code="blocked")
    log.info("enrolled", course=str(course.id), user=str(user.id))
    return enrolment, is_new


@transactional
def leave(actor: Actor, course_id: UUID) -> str:
    """Leave a course, and return its title; once more, or without being enrolled, changes nothing."""
    course = courses.get(actor, course_id, lock="share")
    if can(actor, Action.LEAVE, course) and isinstance(actor, User):
        if _let_go(course, actor.id, EnrolmentState.LEFT):
            is_news = enrolling.is_news(enrolling.BY_THEMSELVES, course.id, actor.id)
            activity.record(ActivityKind.LEFT, actor, about=(course.id, course.title))
            if is_news:
                notify(NotificationKind.STUDENT_LEFT, [course.teacher_id], actor=actor, course=course)
        log.info("left", course=str(course.id), user=str(actor.id))
    return course.title


# What teachers do


@leaves_trace
@transactional
def add(actor: Actor, course_id: UUID, login: str) -> Enrolment:
    """Enrol the student with this username or email."""
    course = courses.get(actor, course_id, Action.MANAGE_STUDENTS, lock="share")
    if not course.is_published:
        raise Conflict("not_published", _("Publish this course first, then add people."), field="login")
    user = _by_login(login)
    enrolment = memberships.enrolment_of(user, course.id)
    if enrolment is not None and enrolment.is_blocked:
        raise Conflict(
            "blocked", _("%(name)s is blocked in this course. Unblock first.", name=user.full_name), field="login"
        )
    if user.is_blocked:
        raise Invalid(
            "invalid", _("The account of %(name)s is blocked in this school.", name=user.full_name), field="login"
        )
    if not user.is_verified:
        raise Invalid(
            "invalid", _("%(name)s has not proved the email address yet.", name=user.full_name), field="login"
        )
    if not can(user, Action.ENROL, course):
        raise Invalid(
            "invalid",
            _("%(name)s is not a student. Only students enrol in courses.", name=user.full_name),
            field="login",
        )
    enrolment, is_new = _enter(course, user)
    if is_new:
        is_news = enrolling.is_news(enrolling.BY_TEACHERS, course.id, user.id)
        activity.record(ActivityKind.ADDED, actor, subject=user, about=(course.id, course.title))
        if is_news:
            notify(NotificationKind.ADDED_TO_COURSE, [user.id], actor=actor, course=course)
    return enrolment


def _by_login(login: str) -> User:
    key = fold(login[:320].strip())
    usable = key.isprintable() and key != ""
    # Programs name people by id; no username and no address looks like one.
    # An address means whoever proved it: others may have typed it.
    proved = and_(User.email_key == key, User.email_verified_at.is_not(None))
    named = or_(User.username_key == key, proved, User.id == parse_id(key))
    user = db.session.scalar(select(User).where(named, User.deleted_at.is_(None))) if usable else None
    if user is None:
        shown = f"{login.strip()[:60]}" if usable else _("this name")
        raise Invalid("invalid", _("Nobody here has the username or email %(login)s.", login=shown), field="login")
    return user


def person_by_login(actor: Actor, course_id: UUID, login: str) -> User:
    """Return whom a teacher means by a username or email."""
    courses.get(actor, course_id, Action.MANAGE_STUDENTS)
    return _by_login(login)


@leaves_trace
@transactional
def remove(actor: Actor, course_id: UUID, user_id: UUID) -> User:
    """Take somebody out of the course; they may enrol again. Once more changes nothing."""
    course, user, enrolment = _person_of(actor, course_id, user_id)
    if enrolment is None:
        raise NotFound(_("This person is not in this course."))
    if enrolment.is_active and _let_go(course, user.id, EnrolmentState.REMOVED):
        is_news = enrolling.is_news(enrolling.BY_TEACHERS, course.id, user.id)
        activity.record(ActivityKind.REMOVED, actor, subject=user, about=(course.id, course.title))
        if is_news:
            notify(NotificationKind.REMOVED_FROM_COURSE, [user.id], actor=actor, course_title=course.title)
        log.info("removed_from_course", course=str(course.id), user=str(user.id))
    return user


@leaves_trace
@transactional
def block(actor: Actor, course_id: UUID, user_id: UUID, reason: str = "") -> User:
    """Put somebody out of the course at once and for good, enrolled or not, until they are unblocked."""
    course, user, present = _person_of(actor, course_id, user_id)
    reason = course_texts.line(reason, "reason", REASON_MAX)
    if can(user, Action.MANAGE_STUDENTS, course):
        raise Forbidden(_("%(name)s leads this course and cannot be blocked in it.", name=user.full_name))
    was_blocked = present is not None and present.is_blocked
    _put(course.id, user.id, EnrolmentState.BLOCKED, reason=reason)
    _let_go(course, user.id, EnrolmentState.BLOCKED)
    if not was_blocked:
        about = (course.id, course.title)
        is_news = enrolling.is_news(enrolling.BLOCKS, course.id, user.id)
        activity.record(ActivityKind.BLOCKED_IN_COURSE, actor, subject=user, about=about, reason=reason)
        if is_news:
            notify(NotificationKind.BLOCKED_IN_COURSE, [user.id], actor=actor, course_title=course.title)
    log.info("blocked_in_course", course=str(course.id), user=str(user.id))
    return user


@leaves_trace
@transactional
def unblock(actor: Actor, course_id: UUID, user_id: UUID) -> User:
    """Let somebody enrol again; it does not enrol them."""
    course, user, enrolment = _person_of(actor, course_id, user_id)
    if enrolment is not None and enrolment.is_blocked:
        enrolment.state, enrolment.reason, enrolment.changed_at = EnrolmentState.REMOVED, "", clock.now()
        activity.record(ActivityKind.UNBLOCKED_IN_COURSE, actor, subject=user, about=(course.id, course.title))
        log.info("unblocked_in_course", course=str(course.id), user=str(user.id))
    return user


def _person_of(actor: Actor, course_id: UUID, user_id: UUID) -> tuple[Course, User, Enrolment | None]:
    course = courses.get(actor, course_id, Action.MANAGE_STUDENTS, lock="share")
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound(_("This person is not here any more."))
    enrolment = db.session.get(Enrolment, (course.id, user.id), with_for_update=True, populate_existing=True)
    return course, user, enrolment


# How rows change


def _put(
    course_id: UUID,
    user_id: UUID,
    state: EnrolmentState,
    *,
    reason: str = "",
    keep: tuple[EnrolmentState, ...] = (),
) -> tuple[Enrolment, bool]:
    """Write the one row of this person in this course, unless it is in a state to keep; two at once give one row.

    Also tells whether anything was written.
    """
    now = clock.now()
    values = {"state": state, "reason": reason, "changed_at": now}
    if state is EnrolmentState.ACTIVE:
        values["enrolled_at"] = now
    row = {"course_id": course_id, "user_id": user_id, "enrolled_at": now, **values}
    statement = upsert(Enrolment).values(**row)
    statement = statement.on_conflict_do_update(
        index_elements=[Enrolment.course_id, Enrolment.user_id],
        set_=values,
        where=Enrolment.state.not_in(keep) if keep else None,
    )
    is_written = db.session.execute(statement).rowcount > 0  # type: ignore[attr-defined]
    memberships.forget()
    return db.session.get_one(Enrolment, (course_id, user_id), populate_existing=True), is_written


def _let_go(course: Course, user_id: UUID, state: EnrolmentState) -> bool:
    """End what an active enrolment gave: the state, the rights in the room, the open sockets; tell whether it was."""
    ended = db.session.execute(
        update(Enrolment)
        .where(Enrolment.course_id == course.id, Enrolment.user_id == user_id, Enrolment.state == EnrolmentState.ACTIVE)
        .values(state=state, changed_at=clock.now())
    )
    standings.dismiss(courses.room_of(course), user_id)
    return ended.rowcount > 0  # type: ignore[attr-defined,no-any-return]


# Lists


def students(
    actor: Actor,
    course_id: UUID,
    *,
    q: str = "",
    state: Literal["active", "blocked"] | EnrolmentState = EnrolmentState.ACTIVE,
    sort: StudentSort = StudentSort.NAME,
    page: int = 1,
    per_page: int = 20,
) -> Page[Student]:
    """Return the people of the course in one state, by name or the latest first."""
    course = courses.get(actor, course_id, Action.SEE_STUDENTS)
    orders = {
        StudentSort.NAME: (func.lower(User.full_name), User.id),
        StudentSort.NEWEST: (Enrolment.enrolled_at.desc(), User.id),
    }
    query = (
        select(*PERSON, User.email, Enrolment.state, Enrolment.enrolled_at, Enrolment.changed_at, Enrolment.reason)
        .join(User, User.id == Enrolment.user_id)
        .where(Enrolment.course_id == course.id, Enrolment.state == EnrolmentState(state))
        .where(*every_word(q, (User.full_name, User.username, User.email)))
        .order_by(*orders[sort])
    )
    return paginate(query, page=page, per_page=per_page, make=_student)


def _student(*row: Any) -> Student:
    return Student(person_card(*row[: len(PERSON)]), *row[len(PERSON) :])


def counts(actor: Actor, course_id: UUID) -> dict[EnrolmentState, int]:
    """Return how many people of the course are in each state."""
    course = courses.get(actor, course_id, Action.SEE_STUDENTS)
    found = db.session.execute(
        select(Enrolment.state, func.count()).where(Enrolment.course_id == course.id).group_by(Enrolment.state)
    )
    return dict.fromkeys(EnrolmentState, 0) | dict(found.tuples().all())
