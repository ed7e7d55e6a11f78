"""Addresses that nobody has: a mail server said so, and only what somebody waits for at the screen still goes there."""

import structlog
from sqlalchemy import select, update

from elearn import clock
from elearn.errors import NotFound
from elearn.extensions import db
from elearn.languages import _
from elearn.models import Email, EmailState, User, fold
from elearn.permissions import Action, Actor, require
from elearn.transaction import transactional

log = structlog.get_logger(__name__)


@transactional
def note(email: str) -> int:
    """Note that there is no such mailbox; returns how many accounts have this address."""
    here = (User.email_key == fold(email), User.deleted_at.is_(None))
    db.session.execute(update(User).where(*here, User.email_refused_at.is_(None)).values(email_refused_at=clock.now()))
    found = db.session.scalars(select(User.id).where(*here)).all()
    if found:
        log.info("email_refused", users=[str(user_id) for user_id in found])
    return len(found)


def report(actor: Actor, email: str) -> int:
    """Note what came back after the mail server had taken it, as whoever reads the returned mail tells."""
    require(actor, Action.SEE_OUTBOX)
    found = note(email)
    if not found:
        raise NotFound(_("No account has the address %(email)s.", email=email))
    return found


@transactional
def forget(email: str) -> None:
    """Write to this address again: it took a message, or somebody wants it tried."""
    refused = (User.email_key == fold(email), User.email_refused_at.is_not(None))
    db.session.execute(update(User).where(*refused).values(email_refused_at=None))


@transactional
def forget_failed() -> None:
    """Write again to all those to whom an email failed."""
    failed = select(Email.user_id).where(Email.state == EmailState.FAILED, Email.user_id.is_not(None))
    refused = (User.email_refused_at.is_not(None), User.id.in_(failed))
    db.session.execute(
        update(User).where(*refused).values(email_refused_at=None).execution_options(synchronize_session=False)
    )
