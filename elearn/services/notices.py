"""What is told to many: written at once with the list of whom to tell, and handed out by the worker in chunks.

Each chunk is one transaction together with how far the list is served, so that a crash in between neither doubles nor
loses anything; whoever comes next goes on there.
"""

from uuid import UUID

import structlog
from sqlalchemy import select

from elearn import clock
from elearn.extensions import db
from elearn.models import Course, Notice, User
from elearn.services import notifications
from elearn.services.notifications import CHUNK, News
from elearn.transaction import transactional

log = structlog.get_logger(__name__)


def hand_out(notice_id: UUID) -> None:
    """Tell everybody on the list of this notice who was not told yet."""
    while _next_chunk(notice_id):
        pass


@transactional
def _next_chunk(notice_id: UUID) -> bool:
    """Tell the next people on the list; return whether there are more. Two workers at once take turns."""
    notice = db.session.scalar(
        select(Notice).where(Notice.id == notice_id).with_for_update().execution_options(populate_existing=True)
    )
    if notice is None or notice.done_at is not None:
        return False
    chunk = [UUID(one) for one in notice.recipients[notice.told : notice.told + CHUNK]]
    notifications.tell(_news(notice), chunk)
    notice.told += len(chunk)
    if notice.told < len(notice.recipients):
        return True
    notice.done_at, notice.recipients = clock.now(), []
    log.info("notice_handed_out", notice=str(notice.id), kind=notice.kind.value, people=notice.told)
    return False


def _news(notice: Notice) -> News:
    who = db.session.scalar(select(User.full_name).where(User.id == notice.actor_id)) if notice.actor_id else None
    course = db.session.scalar(select(Course.title).where(Course.id == notice.course_id)) if notice.course_id else None
    return News(
        notice.kind,
        notice.data,
        notice.actor_id,
        who or "",
        notice.course_id,
        course or "",
        notice.created_at,
        notice.id,
    )


def hand_out_waiting() -> None:
    """Go on with every notice that is not handed out: the worker that had it may be gone."""
    waiting = db.session.scalars(select(Notice.id).where(Notice.done_at.is_(None)).order_by(Notice.id)).all()
    for notice_id in waiting:
        hand_out(notice_id)
