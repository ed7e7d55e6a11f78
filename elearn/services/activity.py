"""The activity log: who did what to whom, when, and from where."""

from typing import Any
from uuid import UUID

from elearn.extensions import db
from elearn.models import Activity, ActivityKind, User
from elearn.permissions import Actor


def record(
    kind: ActivityKind,
    actor: Actor,
    *,
    subject: User | None = None,
    about: tuple[UUID, str] | None = None,
    address: str = "",
    **detail: Any,
) -> None:
    """Write one line, within the transaction of what it tells of.

    `subject` is the person to whom it was done, `about` the id and the name of the thing. The address is that of the
    actor's request, unless the door knows another.
    """
    who = actor if isinstance(actor, User) else None
    db.session.add(
        Activity(
            kind=kind,
            actor_id=who.id if who else None,
            actor_name=actor.full_name if actor is not None else "",
            subject_id=subject.id if subject else None,
            subject_name=subject.full_name if subject else "",
            object_id=about[0] if about else None,
            object_name=about[1][:200] if about else "",
            address=(address or (who.address if who else ""))[:45],
            detail=detail,
        )
    )
