"""Sending what the outbox holds: claimed, carried out one by one, and marked."""

import random
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import select, update

from elearn import clock, emails
from elearn.emails import UnwritableError
from elearn.errors import Unavailable
from elearn.extensions import db
from elearn.integrations import mailer, vault, waking
from elearn.integrations.mailer import AwayError, LostError, Mailbox, NoMailboxError, PassingError, PermanentError
from elearn.models import Email, EmailChoice, EmailState, NotificationPreference, User
from elearn.services import bounces, outbox, unsubscribing
from elearn.transaction import transactional

log = structlog.get_logger(__name__)

BATCH = 20
SHIFT = 20.0
# A claim is older than the slowest batch: nothing new is begun in its second half.
CLAIM = timedelta(minutes=10)
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(hours=6)
JITTER = 0.2
TRIES_MAX = 16  # over about two days
# With the server away nothing is tried for a while, and nothing counts as tried.
FIRST_REST, LONGEST_REST = 30.0, 300.0
LOST_MAX = 3  # connections in a row; by then it is the server, not the message
ERROR_MAX = 500

_asked, _sending = threading.Event(), threading.Lock()


@dataclass
class Rest:
    """Know until when this process leaves the mail server alone."""

    until: float = 0.0
    seconds: float = 0.0

    @property
    def is_on(self) -> bool:
        return time.monotonic() < self.until

    def begin(self) -> None:
        """Rest, twice as long as the last time."""
        self.seconds = min(max(FIRST_REST, self.seconds * 2), LONGEST_REST)
        self.until = time.monotonic() + self.seconds

    def end(self) -> None:
        self.until = self.seconds = 0.0


rest = Rest()


@dataclass(frozen=True)
class Draft:
    """One email as it was claimed."""

    id: UUID
    letter: str
    user_id: UUID | None
    to_email: str
    to_name: str
    language: str
    data: dict[str, Any]
    secret: bytes | None
    tries: int
    created_at: datetime
    was_refused: bool


def send_waiting(shift: float = SHIFT) -> None:
    """Send what is due, for about so many seconds; unless somebody in this process is at it: they look again then."""
    _asked.set()
    end = time.monotonic() + shift
    while _asked.is_set() and not rest.is_on and _sending.acquire(blocking=False):
        try:
            _asked.clear()
            with mailer.open_mailbox() as mailbox:
                _send_all(mailbox, end)
        finally:
            _sending.release()


def _send_all(mailbox: Mailbox, end: float) -> None:
    while claimed := _claim(claim := uuid4()):
        try:
            _send_batch(mailbox, claimed, claim)
        except AwayError as error:
            rest.begin()
            log.warning("mail_server_away", error=str(error), seconds=rest.seconds)
            return
        if time.monotonic() > end:
            # Other jobs have their turn, and a worker that is asked to end can do so.
            waking.wake(outbox.WORK)
            return


def _send_batch(mailbox: Mailbox, claimed: list[UUID], claim: UUID) -> None:
    """Send these one by one; with the server away the rest is given back as it was."""
    end = time.monotonic() + CLAIM.total_seconds() / 2
    lost = 0
    for place, email_id in enumerate(claimed):
        if time.monotonic() > end:
            _give_back(claimed[place:], claim, "")
            return
        try:
            _send(mailbox, email_id, claim)
        except AwayError as error:
            _give_back(claimed[place:], claim, str(error))
            raise
        except LostError as error:
            lost += 1
            if lost >= LOST_MAX:
                _give_back(claimed[place + 1 :], claim, str(error))
                raise AwayError(str(error)) from error
        else:
            lost = 0


def _send(mailbox: Mailbox, email_id: UUID, claim: UUID) -> None:
    """Send one email and write down what came of it; raises `AwayError` and `LostError` for what concerns others."""
    draft = None
    try:
        draft = _take(email_id, claim)
        if draft is None:
            return
        mailbox.send(_message(draft))
    except (UnwritableError, PermanentError) as error:
        log.warning("email_failed", email=str(email_id), error=str(error))
        if isinstance(error, NoMailboxError) and draft is not None:
            bounces.note(draft.to_email)
        _settle(email_id, claim, EmailState.FAILED, error=str(error), tries=draft.tries + 1 if draft else 1)
    except PassingError as error:
        assert draft is not None  # noqa: S101 - only the mailbox raises it
        _try_again(draft, claim, str(error))
        if isinstance(error, LostError):
            raise
    else:
        rest.end()
        if draft.was_refused:
            bounces.forget(draft.to_email)
        wiped: dict[str, Any] = {"secret": None, "data": {}} if draft.secret else {}
        _settle(email_id, claim, EmailState.SENT, tries=draft.tries + 1, sent_at=clock.now(), **wiped)


def _message(draft: Draft) -> mailer.Message:
    try:
        secret = vault.unseal(draft.id, draft.secret) if draft.secret else {}
    except Unavailable as error:
        raise UnwritableError(error.message) from error
    kinds = emails.notifications_in(draft.letter, draft.data)
    stop = unsubscribing.path(draft.user_id, kinds) if draft.user_id and kinds else ""
    address = emails.school_url(stop) if stop else ""
    written = emails.render(draft.letter, draft.data | secret, draft.language, unsubscribe=address)
    return mailer.Message(
        id=draft.id,
        to_email=draft.to_email,
        to_name="" if emails.is_for_stranger(draft.letter) else draft.to_name,
        subject=written.subject,
        text=written.text,
        html=written.html,
        written_at=draft.created_at,
        host=emails.school_host(),
        from_name=emails.school_name(),
        unsubscribe=address,
    )


# What is written down


@transactional
def _claim(claim: UUID) -> list[UUID]:
    """Take some emails that are due, first those whose sender died; nobody else sends them as long as it counts."""
    now = clock.now()
    found: list[UUID] = []
    for state in (EmailState.SENDING, EmailState.WAITING):
        due = select(Email.id).where(Email.state == state, Email.next_try_at <= now).order_by(Email.next_try_at)
        found += db.session.scalars(due.limit(BATCH - len(found)).with_for_update(skip_locked=True))
    if found:
        db.session.execute(
            update(Email)
            .where(Email.id.in_(found))
            .values(state=EmailState.SENDING, claim=claim, next_try_at=now + CLAIM)
        )
    return found


@transactional
def _take(email_id: UUID, claim: UUID) -> Draft | None:
    """Return an email as it stands now, or nothing: its receiver does not want it any more, or the claim has lapsed."""
    mine = (Email.id == email_id, Email.claim == claim, Email.state == EmailState.SENDING)
    found = db.session.execute(select(Email, User).outerjoin(User, User.id == Email.user_id).where(*mine)).one_or_none()
    if found is None:
        return None
    email, user = found
    reason = _redirect(email, user) or _unwanted(email, user)
    if reason:
        _settle(email_id, claim, EmailState.DROPPED, error=reason, secret=None)
        return None
    return Draft(
        email.id, email.letter, email.user_id, email.to_email, email.to_name, email.language, email.data, email.secret,
        email.tries, email.created_at, _was_refused(email, user),
    )  # fmt: skip


def _redirect(email: Email, user: User | None) -> str:
    """Turn what waited to the address that its person has now; say why where it must not go there either."""
    if user is None or email.to_email == user.email or not emails.follows_person(email.letter, email.data):
        return ""
    if user.deleted_at is not None:
        return "The account is deleted."
    if not user.is_verified:
        return "The receiver has another address now, which nobody has proved yet."
    email.to_email = user.email
    return ""


def _unwanted(email: Email, user: User | None) -> str:
    """Say why this email must not go out; nothing when it may."""
    if user is None:
        return ""
    if user.is_blocked and not emails.reaches_blocked(email.letter, email.data):
        return "The account is deleted." if user.deleted_at else "The account is blocked."
    if _was_refused(email, user) and not emails.is_urgent(email.letter):
        return "There is no such mailbox."
    kinds = set(emails.notifications_in(email.letter, email.data))
    turned_off = select(NotificationPreference.kind).where(
        NotificationPreference.user_id == user.id, NotificationPreference.email == EmailChoice.OFF
    )
    if kinds and kinds <= set(db.session.scalars(turned_off)):
        return "The receiver turned such emails off."
    return ""


def _was_refused(email: Email, user: User | None) -> bool:
    return user is not None and user.email_refused_at is not None and user.email == email.to_email


@transactional
def _settle(email_id: UUID, claim: UUID, state: EmailState, *, error: str = "", **values: Any) -> None:
    """Write down what came of it, unless the claim has lapsed and somebody else is at it."""
    db.session.execute(
        update(Email)
        .where(Email.id == email_id, Email.claim == claim)
        .values(state=state, claim=None, error=error[:ERROR_MAX], **values)
    )


def _try_again(draft: Draft, claim: UUID, error: str) -> None:
    tries = draft.tries + 1
    if tries >= TRIES_MAX:
        given_up = f"Given up after {tries} tries. {error}"
        _settle(draft.id, claim, EmailState.FAILED, error=given_up, tries=tries)
    else:
        later = clock.now() + delay_after(tries)
        _settle(draft.id, claim, EmailState.WAITING, error=error, tries=tries, next_try_at=later)


def delay_after(tries: int) -> timedelta:
    """Return how long to wait after so many tries: twice as long each time, and not all at the same moment."""
    spread: float = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
    return min(FIRST_DELAY * 2.0 ** (tries - 1), LONGEST_DELAY) * spread


@transactional
def _give_back(claimed: list[UUID], claim: UUID, error: str) -> None:
    """Let these wait as before, due as they were; nothing was tried."""
    for urgent, since in ((True, outbox.HEAD_START), (False, timedelta())):
        letters = [name for name in emails.LETTERS if emails.is_urgent(name) is urgent]
        db.session.execute(
            update(Email)
            .where(Email.id.in_(claimed), Email.claim == claim, Email.letter.in_(letters))
            .values(state=EmailState.WAITING, claim=None, next_try_at=clock.now() - since, error=error[:ERROR_MAX])
        )
