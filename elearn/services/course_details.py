"""A course as its own page shows it: the card of the lists, and the text that only this page needs."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from elearn.extensions import db
from elearn.models import Course
from elearn.permissions import Action, Actor, can
from elearn.services import courses
from elearn.services.course_cards import CourseCard, cards_for, course_card

# What a reader is told they may do, in the words of the API.
RIGHTS: dict[str, Action] = {
    "enrol": Action.ENROL,
    "leave": Action.LEAVE,
    "edit": Action.EDIT_COURSE,
    "publish": Action.PUBLISH_COURSE,
    "delete": Action.DELETE_COURSE,
    "see_students": Action.SEE_STUDENTS,
    "manage_students": Action.MANAGE_STUDENTS,
}


@dataclass(frozen=True)
class CourseDetails(CourseCard):
    """Show a course whole."""

    description: str
    version: int
    updated_at: datetime
    can: list[str]


def get(actor: Actor, course_id: UUID) -> CourseDetails:
    """Return the course as this reader sees it; raises `NotFound` when they may not."""
    return describe(actor, courses.get(actor, course_id))


def describe(actor: Actor, course: Course) -> CourseDetails:
    """Return a course that was just read or changed, with what its card shows."""
    card = course_card(*db.session.execute(cards_for(actor).where(Course.id == course.id)).one())
    values: dict[str, Any] = {field.name: getattr(card, field.name) for field in fields(card)}
    rights = [word for word, action in RIGHTS.items() if can(actor, action, course)]
    return CourseDetails(
        **values, description=course.description, version=course.version, updated_at=course.updated_at, can=rights
    )
