"""How a person stands to a course and to a room, read once per transaction.

Lists preload what their rows will ask, so that `can` in a template needs no query.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, event, exists, or_, select
from sqlalchemy.orm import Session

from elearn.extensions import db
from elearn.models import Course, CourseState, Enrolment, EnrolmentState, Standing, User

_CACHE = "elearn.memberships"


def _cache() -> dict[tuple[str, UUID, UUID], Any]:
    cache: dict[tuple[str, UUID, UUID], Any] = db.session().info.setdefault(_CACHE, {})
    return cache


def enrolment_of(user: User, course_id: UUID) -> Enrolment | None:
    """Return the person's enrolment in the course, whatever its state."""
    cache, key = _cache(), ("enrolment", user.id, course_id)
    if key not in cache:
        cache[key] = db.session.get(Enrolment, (course_id, user.id))
    enrolment: Enrolment | None = cache[key]
    return enrolment


def preload(user: User, course_ids: Iterable[UUID]) -> None:
    """Read the person's enrolments in many courses with one query."""
    cache, wanted = _cache(), list(course_ids)
    found = {
        row.course_id: row
        for row in db.session.scalars(
            select(Enrolment).where(Enrolment.user_id == user.id, Enrolment.course_id.in_(wanted))
        )
    }
    for course_id in wanted:
        cache["enrolment", user.id, course_id] = found.get(course_id)


def preload_people(user_ids: Iterable[UUID], course_ids: Iterable[UUID]) -> None:
    """Read the enrolments of many people in many courses with one query."""
    cache, people, courses = _cache(), list(user_ids), list(course_ids)
    if not people or not courses:
        return
    for user_id in people:
        cache.update(dict.fromkeys((("enrolment", user_id, course_id) for course_id in courses), None))
    query = select(Enrolment).where(Enrolment.user_id.in_(people), Enrolment.course_id.in_(courses))
    for row in db.session.scalars(query):
        cache["enrolment", row.user_id, row.course_id] = row


def standing_of(user: User, classroom_id: UUID) -> Standing | None:
    """Return how the person stands in the room, if anything was ever said about them there."""
    cache, key = _cache(), ("standing", user.id, classroom_id)
    if key not in cache:
        cache[key] = db.session.get(Standing, (classroom_id, user.id))
    standing: Standing | None = cache[key]
    return standing


def preload_room(user_ids: Iterable[UUID], course_id: UUID, classroom_id: UUID) -> None:
    """Read the enrolments and standings of many people in one room with two queries."""
    cache, wanted = _cache(), list(user_ids)
    enrolments = select(Enrolment).where(Enrolment.course_id == course_id, Enrolment.user_id.in_(wanted))
    standings = select(Standing).where(Standing.classroom_id == classroom_id, Standing.user_id.in_(wanted))
    enrolled = {row.user_id: row for row in db.session.scalars(enrolments)}
    standing = {row.user_id: row for row in db.session.scalars(standings)}
    for user_id in wanted:
        cache["enrolment", user_id, course_id] = enrolled.get(user_id)
        cache["standing", user_id, classroom_id] = standing.get(user_id)


def share_course(first: User, second: User) -> bool:
    """Tell whether two people study or teach in the same course, a draft not counted."""
    cache, key = _cache(), ("together", first.id, second.id)
    if key not in cache:
        cache[key] = db.session.scalar(select(_together(first.id, second.id))) or False
    found: bool = cache[key]
    return found


def _together(first: UUID, second: UUID) -> ColumnElement[bool]:
    def belongs(person: UUID) -> ColumnElement[bool]:
        studies = exists().where(
            Enrolment.course_id == Course.id,
            Enrolment.user_id == person,
            Enrolment.state == EnrolmentState.ACTIVE,
        )
        return or_(Course.teacher_id == person, studies)

    return exists().where(Course.state != CourseState.DRAFT, belongs(first), belongs(second))


def remember(
    user: User, course_id: UUID, enrolment: Enrolment | None, room_id: UUID, standing: Standing | None
) -> None:
    """Keep what came along with another query."""
    cache = _cache()
    cache["enrolment", user.id, course_id] = enrolment
    cache["standing", user.id, room_id] = standing


def forget() -> None:
    """Drop what was read, after a change within the same transaction."""
    db.session().info.pop(_CACHE, None)


def _forget_at_end(session: Session, *_: object) -> None:
    session.info.pop(_CACHE, None)


event.listen(Session, "after_commit", _forget_at_end)
event.listen(Session, "after_rollback", _forget_at_end)
