"""What people are told: written where it happens, in the same transaction, and pushed to open pages after it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from elearn import clock
from elearn.extensions import db
from elearn.models import Course, Notification, NotificationKind, uuid7
from elearn.permissions import Actor


def notify(
    kind: NotificationKind,
    recipients: Iterable[UUID],
    *,
    actor: Actor = None,
    course: Course | None = None,
    **data: Any,
) -> None:
    """Tell these people, within the open transaction; the actor is never told of what they did themselves.

    `course` limits who may see it later: name it unless the notification tells of losing the course. `data` are the
    facts of the sentence: plain names and numbers, and `path` where the notification leads.
    """
    actor_id = getattr(actor, "id", None)
    now = clock.now()
    rows = [
        {
            "id": uuid7(),
            "user_id": user_id,
            "kind": kind,
            "actor_id": actor_id,
            "course_id": course.id if course else None,
            "data": data,
            "created_at": now,
        }
        for user_id in dict.fromkeys(recipients)
        if user_id != actor_id
    ]
    if rows:
        db.session.execute(insert(Notification), rows)
