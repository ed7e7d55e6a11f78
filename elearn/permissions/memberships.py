"""How a person stands to a course and to a room, read once per transaction.

Lists preload what their rows will ask, so that `can` in a template needs no query.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from elearn.extensions import db
from elearn.models import Enrolment, Grant, Right, User

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


def rights_of(user: User, classroom_id: UUID) -> frozenset[Right]:
    """Return what a teacher granted to this person in the room."""
    cache, key = _cache(), ("grants", user.id, classroom_id)
    if key not in cache:
        cache[key] = frozenset(
            db.session.scalars(select(Grant.right).where(Grant.classroom_id == classroom_id, Grant.user_id == user.id))
        )
    rights: frozenset[Right] = cache[key]
    return rights


def forget() -> None:
    """Drop what was read, after a change within the same transaction."""
    db.session().info.pop(_CACHE, None)


def _forget_at_end(session: Session, *_: object) -> None:
    session.info.pop(_CACHE, None)


event.listen(Session, "after_commit", _forget_at_end)
event.listen(Session, "after_rollback", _forget_at_end)
