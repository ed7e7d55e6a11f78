"""Requests that a program may repeat: done once, in the same transaction as the note of their answer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update

from elearn import clock
from elearn.errors import Conflict
from elearn.extensions import db
from elearn.languages import _
from elearn.models import IdempotencyKey, User
from elearn.transaction import transactional, upsert

KEPT = timedelta(days=1)
Answer = dict[str, Any]


@transactional
def once(actor: User, key: str, fingerprint: str, act: Callable[[], Answer]) -> tuple[Answer, bool]:
    """Return the answer to a request, and whether it is one that was given before; acts only the first time.

    What fails leaves no note and may be sent again. A request that comes while the first is under way waits for it.
    """
    row = {"user_id": actor.id, "key": key}
    note = upsert(IdempotencyKey).values(**row, fingerprint=fingerprint, answer={}, created_at=clock.now())
    is_first = db.session.scalar(note.on_conflict_do_nothing().returning(IdempotencyKey.key)) is not None
    if not is_first:
        earlier = db.session.execute(select(IdempotencyKey).filter_by(**row)).scalar_one()
        if earlier.fingerprint != fingerprint:
            raise Conflict("key_used", _("This Idempotency-Key belongs to another request. Make a new one."))
        return earlier.answer, True
    answer = act()
    db.session.execute(update(IdempotencyKey).filter_by(**row).values(answer=answer))
    return answer, False


@transactional
def forget_old() -> None:
    """Drop the keys of yesterday."""
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < clock.now() - KEPT))
