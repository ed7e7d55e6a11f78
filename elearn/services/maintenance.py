"""What keeps the house tidy, called by the worker every quarter of an hour."""

from collections import defaultdict
from datetime import timedelta
from itertools import islice

import structlog
from sqlalchemy import delete, func, select, update

from elearn import clock
from elearn.extensions import db
from elearn.integrations.storage import storage
from elearn.models import BoardBatch, Lesson, SignIn
from elearn.services import activity, codes, idempotency, outbox, unproved
from elearn.services.privacy import HOLDINGS
from elearn.transaction import transactional

# Nobody teaches longer than this without a break: a lesson that is still open was forgotten.
LONGEST_LESSON = timedelta(hours=12)
# Who was away longer gets the whole page instead of what was missed.
KEPT_BATCHES = 1000
KEPT_SIGN_INS = timedelta(days=30)
# A file is written before the row that names it: what nobody names by then was left by a crash.
NAMED_WITHIN = timedelta(days=1)
BATCH = 500

log = structlog.get_logger(__name__)


@transactional
def sweep() -> None:
    """End forgotten lessons, drop dead sign-ins and batches of the board that are too old to be asked for."""
    now = clock.now()
    db.session.execute(
        update(Lesson).where(Lesson.ended_at.is_(None), Lesson.started_at < now - LONGEST_LESSON).values(ended_at=now)
    )
    db.session.execute(delete(SignIn).where(SignIn.ended_at < now - KEPT_SIGN_INS))
    db.session.execute(delete(SignIn).where(SignIn.expires_at < now - KEPT_SIGN_INS))
    newest = select(BoardBatch.page_id, func.max(BoardBatch.rev).label("rev")).group_by(BoardBatch.page_id).subquery()
    limit = select(newest.c.rev).where(newest.c.page_id == BoardBatch.page_id).scalar_subquery()
    db.session.execute(delete(BoardBatch).where(BoardBatch.rev <= limit - KEPT_BATCHES))
    outbox.forget_old()
    codes.forget_old()
    idempotency.forget_old()
    unproved.drop_old()
    activity.forget_old()


def sweep_files() -> int:
    """Remove the files that no row names, and return how many they were."""
    files, named = storage(), defaultdict(list)
    for holding in HOLDINGS:
        for column, shelf in holding.files.items():
            named[shelf].append(getattr(holding.model, column))
    removed = 0
    for shelf, columns in named.items():
        found = files.names(shelf, before=clock.now() - NAMED_WITHIN)
        while names := list(islice(found, BATCH)):
            known = {name for column in columns for name in db.session.scalars(select(column).where(column.in_(names)))}
            for name in set(names) - known:
                files.delete(shelf, name)
                removed += 1
    if removed:
        log.info("files_swept", number=removed)
    return removed
