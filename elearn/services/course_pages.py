"""One course as its page shows it, and its people as their page shows them."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy.orm.attributes import set_committed_value

from elearn.integrations.presence import current_presence
from elearn.models import Course, Enrolment, EnrolmentState, Lesson, User
from elearn.permissions import Action, can, memberships
from elearn.services import courses, enrolments
from elearn.services.course_cards import today_for
from elearn.services.enrolments import Student
from elearn.services.paging import Page


@dataclass(frozen=True)
class CoursePage:
    """Hold a course with all that its page says about it."""

    course: Course
    classroom_id: UUID
    students: int
    mine: Enrolment | None
    may_enter: bool
    may_enrol: bool
    lesson: Lesson | None
    here: frozenset[UUID]
    today: date

    @property
    def is_enrolled(self) -> bool:
        return self.mine is not None and self.mine.is_active

    @property
    def is_over(self) -> bool:
        return self.course.is_over(self.today)

    @property
    def starts_later(self) -> bool:
        return self.course.starts_later(self.today)


@dataclass(frozen=True)
class PeoplePage:
    """Hold the people of a course in one state."""

    head: CoursePage
    students: Page[Student]
    counts: dict[EnrolmentState, int]


def show(actor: User, course_id: UUID, action: Action = Action.SEE_COURSE) -> CoursePage:
    """Return the page of a course, for whoever may do this with it."""
    course = courses.get(actor, course_id, action)
    room = courses.room_of(course)
    set_committed_value(room, "course", course)
    lesson = courses.open_lesson(course)
    presence = current_presence()
    today = today_for(actor)
    return CoursePage(
        course=course,
        classroom_id=room.id,
        students=courses.student_count(course),
        mine=memberships.enrolment_of(actor, course.id),
        may_enter=can(actor, Action.ENTER_ROOM, room),
        may_enrol=can(actor, Action.ENROL, course) and not course.is_over(today),
        lesson=lesson,
        here=frozenset(UUID(person) for person in presence.people(str(room.id))),
        today=today,
    )


def people(
    actor: User, course_id: UUID, *, q: str = "", state: Literal["active", "blocked"] = "active", page: int = 1
) -> PeoplePage:
    """Return the people of a course, for those who lead it."""
    head = show(actor, course_id, Action.SEE_STUDENTS)
    return PeoplePage(
        head, enrolments.students(actor, course_id, q=q, state=state, page=page), enrolments.counts(actor, course_id)
    )
