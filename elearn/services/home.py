"""What matters now to a student, a teacher, or whoever oversees the school."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from elearn.extensions import db
from elearn.integrations.presence import current_presence
from elearn.models import (
    Course,
    CourseState,
    Email,
    EmailState,
    Enrolment,
    EnrolmentState,
    Lesson,
    Role,
    Status,
    User,
)
from elearn.permissions import Action, can, require
from elearn.services import health, statuses
from elearn.services.course_cards import (
    PERSON,
    CourseCard,
    Mine,
    PersonCard,
    cards_for,
    course_card,
    is_not_blocked,
    person_card,
    today_for,
)
from elearn.services.course_lists import belongs_to, mine_first
from elearn.services.statuses import StatusCard

COURSES, NEWEST, LIVE, FEED = 6, 4, 10, 6


@dataclass(frozen=True)
class StudentHome:
    """Hold a student's page; `newest` are published courses in which they are not enrolled."""

    live: Sequence[CourseCard]
    courses: Sequence[CourseCard]
    total: int
    newest: Sequence[CourseCard]
    here: dict[UUID, int]
    statuses: Sequence[StatusCard]
    status: Status | None


@dataclass(frozen=True)
class NewEnrolment:
    """Say who enrolled where, and when."""

    user: PersonCard
    course_id: UUID
    course_title: str
    enrolled_at: datetime


@dataclass(frozen=True)
class TeacherHome:
    """Hold a teacher's page; `courses` are published."""

    live: Sequence[CourseCard]
    courses: Sequence[CourseCard]
    drafts: Sequence[CourseCard]
    archived: int
    enrolments: Sequence[NewEnrolment]
    here: dict[UUID, int]
    statuses: Sequence[StatusCard]
    status: Status | None


@dataclass(frozen=True)
class NewPerson:
    """Say who is new, and since when."""

    user: PersonCard
    created_at: datetime


@dataclass(frozen=True)
class ManagerHome:
    """Hold the numbers of the school, what goes on in it now, and who is new."""

    people: dict[Role, int]
    blocked: int
    courses: dict[CourseState, int]
    live: Sequence[CourseCard]
    newest: Sequence[NewPerson]
    here: dict[UUID, int]
    # What waits for somebody who oversees: people who ask to teach, and emails that did not go out.
    approvals: int
    emails: dict[EmailState, int]
    health: health.Report
    statuses: Sequence[StatusCard]
    status: Status | None


def for_person(actor: User) -> StudentHome | TeacherHome | ManagerHome:
    """Return the page of whoever asks, by what they may do."""
    if can(actor, Action.SEE_SCHOOL_NUMBERS):
        return for_manager(actor)
    return for_teacher(actor) if can(actor, Action.CREATE_COURSE) else for_student(actor)


def for_student(actor: User) -> StudentHome:
    """Return what is live, one's courses (those that go on before those that come), and what is new elsewhere."""
    require(actor, Action.BROWSE_CATALOGUE)
    today = today_for(actor)
    mine = cards_for(actor).where(belongs_to(actor), Course.teacher_id != actor.id)
    first = mine.order_by(
        Lesson.started_at.is_(None),
        Course.state == CourseState.ARCHIVED,
        func.coalesce(Course.ends_on < today, False),
        func.coalesce(Course.starts_on > today, False),
        Mine.enrolled_at.desc(),
        Course.id,
    )
    courses = _cards(first.limit(COURSES))
    total = db.session.scalar(select(func.count()).select_from(mine.order_by(None).subquery())) or 0
    open_to_me = cards_for(actor).where(
        Course.state == CourseState.PUBLISHED,
        is_not_blocked(),
        Mine.state.is_distinct_from(EnrolmentState.ACTIVE),
        func.coalesce(Course.ends_on >= today, True),
    )
    newest = _cards(open_to_me.order_by(Course.created_at.desc(), Course.id).limit(NEWEST))
    live = [course for course in courses if course.lesson]
    return StudentHome(
        live, courses, total, newest, people_here(live), statuses.newest(actor, FEED), statuses.of(actor)
    )


def for_teacher(actor: User) -> TeacherHome:
    """Return what is live, one's courses and drafts, and who came last."""
    require(actor, Action.CREATE_COURSE)
    # Somebody who became a teacher may still be enrolled somewhere: those courses belong here too.
    found = _cards(cards_for(actor).where(belongs_to(actor)).order_by(*mine_first()).limit(100))
    live = [course for course in found if course.lesson]
    newest = db.session.execute(
        select(Course.id, Course.title, Enrolment.enrolled_at, *PERSON)
        .select_from(Enrolment)
        .join(Course, Course.id == Enrolment.course_id)
        .join(User, User.id == Enrolment.user_id)
        .where(Course.teacher_id == actor.id, Enrolment.state == EnrolmentState.ACTIVE)
        .order_by(Enrolment.enrolled_at.desc(), User.id)
        .limit(NEWEST + 1)
    )
    return TeacherHome(
        live=live,
        courses=[course for course in found if course.state is CourseState.PUBLISHED],
        drafts=[course for course in found if course.state is CourseState.DRAFT],
        archived=sum(course.state is CourseState.ARCHIVED for course in found),
        enrolments=[NewEnrolment(person_card(*row[3:]), row[0], row[1], row[2]) for row in newest],
        here=people_here(live),
        statuses=statuses.newest(actor, FEED),
        status=statuses.of(actor),
    )


def for_manager(actor: User) -> ManagerHome:
    """Return the numbers of the school, what is live anywhere, and the newest people."""
    require(actor, Action.SEE_SCHOOL_NUMBERS)
    is_here = User.deleted_at.is_(None)
    roles = db.session.execute(select(User.role, func.count()).where(is_here).group_by(User.role)).tuples().all()
    states = db.session.execute(select(Course.state, func.count()).group_by(Course.state)).tuples().all()
    blocked = db.session.scalar(select(func.count()).where(User.blocked_at.is_not(None))) or 0
    asking = User.requested_role.is_not(None) & User.blocked_at.is_(None) & is_here
    approvals = db.session.scalar(select(func.count()).where(asking)) or 0
    unsent = (EmailState.WAITING, EmailState.SENDING, EmailState.FAILED)
    by_state = select(Email.state, func.count()).where(Email.state.in_(unsent)).group_by(Email.state)
    emails = db.session.execute(by_state).tuples().all()
    going_on = cards_for(actor).where(Lesson.id.is_not(None)).order_by(Lesson.started_at, Course.id)
    live = _cards(going_on.limit(LIVE))
    newest = db.session.execute(
        select(User.created_at, *PERSON).where(is_here).order_by(User.created_at.desc(), User.id.desc()).limit(COURSES)
    )
    return ManagerHome(
        people=dict.fromkeys(Role, 0) | dict(roles),
        blocked=blocked,
        courses=dict.fromkeys(CourseState, 0) | dict(states),
        live=live,
        newest=[NewPerson(person_card(*row[1:]), row[0]) for row in newest],
        here=people_here(live),
        approvals=approvals,
        emails=dict.fromkeys(EmailState, 0) | dict(emails),
        health=health.check(),
        statuses=statuses.newest(actor, FEED),
        status=statuses.of(actor),
    )


def _cards(query: Select[Any]) -> list[CourseCard]:
    return [course_card(*row) for row in db.session.execute(query)]


def people_here(courses: Sequence[CourseCard]) -> dict[UUID, int]:
    """Return how many people are in the rooms of these courses, by room."""
    if not courses:
        return {}
    presence = current_presence()
    counts = presence.counts([str(course.classroom_id) for course in courses])
    return {course.classroom_id: counts.get(str(course.classroom_id), 0) for course in courses}
