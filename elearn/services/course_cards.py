"""Courses and people as lists show them: only the columns that are shown, in one query whatever the length."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from elearn import clock
from elearn.models import (
    Classroom,
    Course,
    CourseState,
    Enrolment,
    EnrolmentState,
    Lesson,
    Pattern,
    Role,
    Subject,
    User,
)
from elearn.permissions import Actor

SEARCH_MAX, WORDS_MAX = 100, 6


@dataclass(frozen=True)
class PersonCard:
    """Show a person in a list."""

    id: UUID
    username: str
    full_name: str
    initials: str
    tint: int
    photo_url: str | None
    role: Role


@dataclass(frozen=True)
class LiveLesson:
    """Show the lesson that goes on in a course's room."""

    id: UUID
    title: str
    started_at: datetime


@dataclass(frozen=True)
class CourseCard:
    """Show a course in a list; `students` counts the enrolled, `mine` is the reader's own standing."""

    id: UUID
    title: str
    code: str
    subject: Subject
    summary: str
    cloth: int
    pattern: str
    icon: str
    teacher: PersonCard
    students: int
    starts_on: date | None
    ends_on: date | None
    state: CourseState
    created_at: datetime
    classroom_id: UUID
    lesson: LiveLesson | None
    mine: EnrolmentState | None

    @property
    def is_mine(self) -> bool:
        """Tell whether the reader is enrolled."""
        return self.mine is EnrolmentState.ACTIVE

    def starts_later(self, today: date) -> bool:
        return self.starts_on is not None and self.starts_on > today

    def is_over(self, today: date) -> bool:
        return self.ends_on is not None and self.ends_on < today


# The columns of a person, in the order in which `person_card` takes them.
PERSON = (User.id, User.username, User.full_name, User.photo, User.role)


def person_card(person_id: UUID, username: str, full_name: str, photo: str | None, role: Role) -> PersonCard:
    # A row of its own, never added to the session: initials, tint and address come from one place.
    person = User(id=person_id, username=username, full_name=full_name, photo=photo)
    return PersonCard(person_id, username, full_name, person.initials, person.tint, person.photo_url, role)


def today_for(actor: Actor) -> date:
    """Return which day it is where this person lives; the dates of a course are days, not moments."""
    zone = actor.time_zone if isinstance(actor, User) else "UTC"
    return clock.now().astimezone(ZoneInfo(zone)).date()


Mine = aliased(Enrolment, name="mine")


def cards_for(actor: Actor) -> Select[Any]:
    """Select courses with what a card shows; narrow and order it, then make rows with `course_card`."""
    students = (
        select(func.count())
        .where(Enrolment.course_id == Course.id, Enrolment.state == EnrolmentState.ACTIVE)
        .correlate(Course)
        .scalar_subquery()
        .label("students")
    )
    columns = (
        Course.id,
        Course.title,
        Course.code,
        Course.subject,
        Course.summary,
        Course.cover_cloth,
        Course.cover_pattern,
        Course.starts_on,
        Course.ends_on,
        Course.state,
        Course.created_at,
        students,
        Classroom.id.label("classroom_id"),
        Mine.state.label("mine"),
        Lesson.id.label("lesson_id"),
        Lesson.title.label("lesson_title"),
        Lesson.started_at.label("lesson_started_at"),
    )
    return with_mine(select(*columns, *PERSON).select_from(Course), actor).outerjoin(
        Lesson,
        and_(
            Lesson.classroom_id == Classroom.id,
            Lesson.ended_at.is_(None),
            Course.state == CourseState.PUBLISHED,
        ),
    )


def with_mine(query: Select[Any], actor: Actor) -> Select[Any]:
    """Join a selection of courses with their teacher, room and the reader's own enrolment."""
    me = actor.id if isinstance(actor, User) else None
    return (
        query.join(User, User.id == Course.teacher_id)
        .join(Classroom, Classroom.course_id == Course.id)
        .outerjoin(Mine, and_(Mine.course_id == Course.id, Mine.user_id == me))
    )


class _Row(NamedTuple):
    """Name the columns of `cards_for` before those of the teacher."""

    id: UUID
    title: str
    code: str
    subject: Subject
    summary: str
    cover_cloth: int | None
    cover_pattern: Pattern | None
    starts_on: date | None
    ends_on: date | None
    state: CourseState
    created_at: datetime
    students: int
    classroom_id: UUID
    mine: EnrolmentState | None
    lesson_id: UUID | None
    lesson_title: str | None
    lesson_started_at: datetime | None


def course_card(*columns: Any) -> CourseCard:
    """Make a card from a row of `cards_for`."""
    width = len(_Row._fields)
    row = _Row(*columns[:width])
    look = Course(id=row.id, subject=row.subject, cover_cloth=row.cover_cloth, cover_pattern=row.cover_pattern)
    lesson = None
    if row.lesson_id is not None and row.lesson_title is not None and row.lesson_started_at is not None:
        lesson = LiveLesson(row.lesson_id, row.lesson_title, row.lesson_started_at)
    return CourseCard(
        id=row.id,
        title=row.title,
        code=row.code,
        subject=row.subject,
        summary=row.summary,
        cloth=look.cloth,
        pattern=look.pattern,
        icon=look.icon,
        teacher=person_card(*columns[width:]),
        students=row.students,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        state=row.state,
        created_at=row.created_at,
        classroom_id=row.classroom_id,
        lesson=lesson,
        mine=row.mine,
    )


def is_not_blocked() -> ColumnElement[bool]:
    """Keep the courses in which the reader is not blocked."""
    return or_(Mine.state.is_(None), Mine.state != EnrolmentState.BLOCKED)


def words_of(q: str) -> list[str]:
    """Return what to look for; what cannot be seen separates words, and nobody searches for a whole book."""
    visible = "".join(letter if letter.isprintable() else " " for letter in q[:SEARCH_MAX])
    return visible.lower().split()[:WORDS_MAX]


def every_word(q: str, columns: Sequence[Any]) -> list[ColumnElement[bool]]:
    """Keep rows in which every word stands somewhere, in any of the columns, in either case."""
    return [or_(*(func.lower(column).contains(word, autoescape=True) for column in columns)) for word in words_of(q)]
