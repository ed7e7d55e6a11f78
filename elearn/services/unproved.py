"""Accounts whose address nobody has proved: after some days they go, with the names and addresses that they hold."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, delete, exists, select, update

from elearn import clock
from elearn.extensions import current_settings, db
from elearn.integrations.storage import storage
from elearn.models import Activity, Email, Notification, NotificationPreference, PersonWord, Role, SignIn, User
from elearn.models import Code as OneTimeCode
from elearn.services.profiles import SHELF
from elearn.transaction import after_commit, transactional

log = structlog.get_logger(__name__)

BATCH = 200
# What belongs to an account by itself. Whatever else names a person is something that they did: it keeps the account.
OWN_TABLES = {
    table.__tablename__
    for table in (Activity, Email, Notification, NotificationPreference, OneTimeCode, PersonWord, SignIn)
}


def _did_something() -> ColumnElement[bool]:
    """Return the condition that any other table names the person, whichever tables there are."""
    names = [
        key.parent
        for table in User.metadata.sorted_tables
        if table.name not in OWN_TABLES
        for key in table.foreign_keys
        if key.column is User.__table__.c.id
    ]
    found: ColumnElement[bool] = exists().where(names[0] == User.id)
    for column in names[1:]:
        found |= exists().where(column == User.id)
    return found


@transactional
def drop_old() -> int:
    """Drop the accounts that are too old without a proof, and tell how many; the next round takes more."""
    limit = clock.now() - timedelta(days=current_settings().unverified_days)
    old = and_(
        User.email_verified_at.is_(None),
        User.deleted_at.is_(None),
        User.role.in_((Role.STUDENT, Role.TEACHER)),
        User.created_at < limit,
    )
    # Locked, so that nobody proves the address meanwhile.
    found = db.session.execute(
        select(User.id, User.photo).where(old, ~_did_something()).limit(BATCH).with_for_update()
    ).all()
    ids = [row.id for row in found]
    if ids:
        _forget_names(ids)
        db.session.execute(delete(User).where(User.id.in_(ids)).execution_options(synchronize_session=False))
        shelf = storage()
        for photo in [row.photo for row in found if row.photo]:
            after_commit(partial(shelf.delete, SHELF, photo))
        log.info("unproved_accounts_dropped", number=len(ids))
    return len(ids)


def _forget_names(ids: list[UUID]) -> None:
    """Take names and addresses out of the log; its lines stay."""
    for who, values in (
        (Activity.actor_id, {"actor_name": "", "address": ""}),
        (Activity.subject_id, {"subject_name": "", "address": ""}),
    ):
        db.session.execute(
            update(Activity).where(who.in_(ids)).values(values).execution_options(synchronize_session=False)
        )
