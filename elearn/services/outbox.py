"""The outbox: an email is a row, written together with what it tells of, and sent by the worker.

Whoever sends claims a few rows, says so in the database, and sends them one by one outside of any transaction; each is
marked before the next one goes. A worker that dies in between leaves a claim that lapses: its rows are sent by the
next one, at most one of them for the second time, and under the same Message-ID.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import defer

from elearn import clock, emails
from elearn.errors import Conflict, NotFound
from elearn.extensions import db
from elearn.integrations import vault, waking
from elearn.languages import _
from elearn.models import Email, EmailState, User, uuid7
from elearn.permissions import Action, Actor, require
from elearn.services import bounces
from elearn.services.paging import PER_PAGE, Page, paginate
from elearn.transaction import transactional

WORK = "outbox"
HEAD_START = timedelta(days=1)
KEPT = timedelta(days=30)
FINISHED = (EmailState.SENT, EmailState.FAILED, EmailState.DROPPED)


@dataclass(frozen=True)
class Recipient:
    """Say who gets an email, and in which language."""

    email: str
    name: str = ""
    language: str = "en"
    user_id: UUID | None = None


def to(user: User) -> Recipient:
    """Return the person as a recipient."""
    return Recipient(user.email, user.full_name, user.language, user.id)


def post(
    letter: str, recipient: Recipient, data: dict[str, Any], *, secret: dict[str, Any] | None = None, drop: bool = False
) -> UUID:
    """Put one email into the outbox, within the transaction that the caller has opened, and return its id.

    `letter` names a module of `elearn.emails`; `data` are its facts, `secret` those of them that let somebody in.
    `drop` writes the row and never sends it, so that an unknown address costs as much as a known one.
    """
    return post_all(letter, [(recipient, data)], secrets=[secret] if secret is not None else (), drop=drop)[0]


def post_all(
    letter: str,
    messages: Iterable[tuple[Recipient, dict[str, Any]]],
    *,
    secrets: Sequence[dict[str, Any]] = (),
    drop: bool = False,
) -> list[UUID]:
    """Put many emails into the outbox with one statement, and return their ids.

    `secrets`, where given, holds one for each message.
    """
    now = clock.now()
    # What somebody waits for goes before what was due earlier today.
    due = now - HEAD_START if emails.is_urgent(letter) else now
    rows: list[dict[str, Any]] = []
    for number, (recipient, data) in enumerate(messages):
        email_id = uuid7()
        # Sealed in any case, which takes its time, and kept where it will be sent.
        sealed = vault.seal(email_id, secrets[number]) if secrets else None
        rows.append(
            {
                "id": email_id,
                "letter": letter,
                "user_id": recipient.user_id,
                "to_email": recipient.email,
                "to_name": recipient.name,
                "language": recipient.language,
                "data": data,
                "secret": None if drop else sealed,
                "state": EmailState.DROPPED if drop else EmailState.WAITING,
                "next_try_at": due,
                "created_at": now,
            }
        )
    if rows:
        db.session.execute(insert(Email), rows)
        _wake_once()
    return [row["id"] for row in rows]


def _wake_once() -> None:
    """Wake the worker after the commit, once for all that this transaction posts."""
    session = db.session()
    if session.info.get(WORK) is not session.get_transaction():
        session.info[WORK] = session.get_transaction()
        waking.wake(WORK)


# Looking after it


def list_for(actor: Actor, *, state: EmailState | None = None, page: int = 1, per_page: int = PER_PAGE) -> Page[Email]:
    """Return the emails, the newest first; without what they say."""
    require(actor, Action.SEE_OUTBOX)
    query = select(Email).options(defer(Email.data), defer(Email.secret)).order_by(Email.id.desc())
    if state is not None:
        query = query.where(Email.state == state).order_by(None).order_by(Email.created_at.desc(), Email.id.desc())
    return paginate(query, page=page, per_page=per_page)


def counts(actor: Actor) -> dict[EmailState, int]:
    """Return how many emails are in each state."""
    require(actor, Action.SEE_OUTBOX)
    found = db.session.execute(select(Email.state, func.count()).group_by(Email.state)).all()
    return dict.fromkeys(EmailState, 0) | {state: number for state, number in found}  # noqa: C416 - rows are no pairs to the type checker


@transactional
def retry(actor: Actor, email_id: UUID) -> Email:
    """Send an email that failed, or that waits for its next try, as soon as may be."""
    require(actor, Action.SEE_OUTBOX)
    email = db.session.get(Email, email_id, with_for_update=True, populate_existing=True)
    if email is None:
        raise NotFound(_("This email does not exist any more."))
    if email.state not in {EmailState.FAILED, EmailState.WAITING}:
        raise Conflict(email.state.value, _("Only an email that failed or waits can be sent again."))
    bounces.forget(email.to_email)
    email.tries = 0 if email.state is EmailState.FAILED else email.tries
    email.state, email.next_try_at = EmailState.WAITING, clock.now()
    _wake_once()
    return email


@transactional
def retry_failed(actor: Actor) -> int:
    """Send all emails that failed once more, and return how many there are."""
    require(actor, Action.SEE_OUTBOX)
    bounces.forget_failed()
    again = {"state": EmailState.WAITING, "tries": 0, "next_try_at": clock.now()}
    failed = db.session.execute(update(Email).where(Email.state == EmailState.FAILED).values(**again))
    _wake_once()
    return int(failed.rowcount)  # type: ignore[attr-defined]


def forget_old() -> None:
    """Drop what was settled long ago, within the open transaction."""
    long_ago = clock.now() - KEPT
    db.session.execute(delete(Email).where(Email.state.in_(FINISHED), Email.created_at < long_ago))
