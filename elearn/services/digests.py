"""The daily digest: at 8 o'clock where a person lives, one email with what waits for it.

What is due was told before the last 8 o'clock. A worker that was away sends it late, and never twice: the email is
written in the transaction that takes its lines from the waiting ones.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import ColumnElement, literal_column, select, update

from elearn import clock
from elearn.extensions import db
from elearn.languages import in_language
from elearn.models import Course, Notification, User
from elearn.services import notification_kinds, outbox
from elearn.services.notification_centre import first_id_of, may_be_seen
from elearn.services.notification_kinds import Facts
from elearn.transaction import transactional

log = structlog.get_logger(__name__)

LETTER = "digest"
HOUR = 8
# Written as the partial index says it: SQLite would not find the index by `for_digest = 1`.
WAITS: ColumnElement[bool] = literal_column("notifications.for_digest")
PEOPLE = 500  # in one transaction
LINES = 50  # of one email; the rest is on the page


class _Line(NamedTuple):
    """One notification of a digest, with who did it and in which course."""

    notification: Notification
    who: str | None
    course: str | None


def send_due() -> int:
    """Write every digest that is due, and return how many."""
    written = 0
    zones = db.session.scalars(select(User.time_zone).where(User.id.in_(_waiting())).distinct()).all()
    for zone in zones:
        until = last_morning(zone, clock.now())
        while (letters := _write(zone, until)) is not None:
            written += letters
    if written:
        log.info("digests_written", people=written)
    return written


def _waiting() -> Any:
    return select(Notification.user_id).where(WAITS)


def last_morning(zone: str, now: datetime) -> datetime:
    """Return the last time that it was 8 o'clock in this time zone."""
    here = now.astimezone(ZoneInfo(zone))
    morning = here.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return morning if morning <= here else morning - timedelta(days=1)


@transactional
def _write(zone: str, until: datetime) -> int | None:
    """Write the digests of the next people of this time zone, and return how many; `None` when nobody is left."""
    due = (WAITS, Notification.id < first_id_of(until))
    waits = select(Notification.user_id).where(*due)
    people = list(
        db.session.scalars(
            select(User)
            .where(User.time_zone == zone, User.id.in_(waits))
            .order_by(User.id)
            .limit(PEOPLE)
            .with_for_update(of=User, key_share=True)
        )
    )
    if not people:
        return None
    ids = [user.id for user in people]
    lines = _lines(ids, until)
    letters = [(outbox.to(user), digest) for user in people if (digest := _digest(user, lines[user.id]))]
    db.session.execute(update(Notification).where(Notification.user_id.in_(ids), *due).values(for_digest=False))
    outbox.post_all(LETTER, letters)
    return len(letters)


def _lines(people: Sequence[UUID], until: datetime) -> dict[UUID, list[_Line]]:
    """Return what these people have not read and may still see, by person."""
    doer = User.__table__.alias("doer")
    query = (
        select(Notification, doer.c.full_name, Course.title)
        .outerjoin(doer, doer.c.id == Notification.actor_id)
        .outerjoin(Course, Course.id == Notification.course_id)
        .where(Notification.user_id.in_(people), WAITS, Notification.id < first_id_of(until))
        .where(Notification.read_at.is_(None), may_be_seen())
        .order_by(Notification.id)
    )
    found: dict[UUID, list[_Line]] = defaultdict(list)
    for row in db.session.execute(query):
        found[row[0].user_id].append(_Line(*row))
    return found


def _digest(user: User, lines: Sequence[_Line]) -> dict[str, Any] | None:
    """Return what the email says, in its reader's language; nothing for somebody who gets none."""
    if not lines or not user.is_active or not user.is_verified:
        return None
    with in_language(user.language):
        items = [_item(line, user.time_zone) for line in lines[-LINES:]]
    return {"items": items, "kinds": sorted({line.notification.kind.value for line in lines})}


def _item(line: _Line, zone: str) -> dict[str, str]:
    told = line.notification
    facts = Facts(told.data, line.who or "", line.course or "", told.course_id, zone)
    return {"text": notification_kinds.sentence(told.kind, facts), "path": notification_kinds.path(told.kind, facts)}
