"""One-time codes by email: six digits, ten minutes, five tries, used once.

A code belongs to an account: who proves an address is known, who resets a password is only known by the address. Asking
and guessing take the same statements whether anybody here has the address or not.
"""

import math
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import aliased

from elearn import clock
from elearn.errors import Conflict, Invalid, RateLimited
from elearn.extensions import current_settings, db
from elearn.integrations import code_hashes, rate_limits
from elearn.languages import _
from elearn.models import Code, CodePurpose, User, fold, uuid7
from elearn.services import outbox
from elearn.services.outbox import Recipient
from elearn.transaction import transactional

DIGITS = 6
TRIES = 5  # of one code
WRONG_A_DAY = 10  # of one account: with six digits a chance of 1 in 100,000
PAUSE = timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ASKS_AN_HOUR = 5
# To one address for all accounts that have typed it: nobody's letter box is filled by strangers.
LETTERS_A_DAY = 10
KEPT = timedelta(days=2)

LETTERS = {
    CodePurpose.VERIFY_EMAIL: "verify_email",
    CodePurpose.RESET_PASSWORD: "reset_password",
    CodePurpose.CHANGE_EMAIL: "change_email",
}
TAKEN = "email_taken"
# Where the code is typed in.
PATHS = {
    CodePurpose.VERIFY_EMAIL: "/verify-email",
    CodePurpose.RESET_PASSWORD: "/forgot/code",
    CodePurpose.CHANGE_EMAIL: "/you/email",
}


@dataclass(frozen=True)
class Account:
    """Say whose codes are meant: those of a person who is signed in, or those of an address."""

    purpose: CodePurpose
    user_id: UUID | None = None
    email_key: str = ""

    @property
    def name(self) -> str:
        """Return what names the account in the budgets."""
        return str(self.user_id or self.email_key)

    def owns(self, code: Any = Code) -> ColumnElement[bool]:
        """Return the condition for the codes of this account."""
        mine = code.user_id == self.user_id if self.user_id else code.email_key == self.email_key
        return and_(code.purpose == self.purpose, mine)


def clean_code(code: str) -> str:
    """Return the six digits; blanks between them are how people copy them."""
    digits = "".join(unicodedata.normalize("NFKC", code[:100]).split())
    if len(digits) != DIGITS or not digits.isascii() or not digits.isdecimal():
        raise Invalid("invalid", _("Write the six digits of the code"), field="code")
    return digits


def wrong() -> Conflict:
    """Say the same of a wrong, an old, a used and a worn-out code, and of one that never was."""
    return Conflict(
        "wrong_code", _("This code does not fit, or its time is over. Look again, or ask for a fresh one"), field="code"
    )


# Asking


def wait(account: Account, email_key: str) -> int:
    """Return in how many seconds this account may ask again for a code to this address."""
    now = clock.now()
    asked = db.session.execute(
        select(Code.email_key, Code.created_at)
        .where(account.owns(), Code.created_at > now - HOUR)
        .order_by(Code.created_at.desc())
        .limit(100)
    ).all()
    until: list[datetime] = [at + PAUSE for key, at in asked if key == email_key][:1]
    if len(asked) >= ASKS_AN_HOUR:
        until.append(asked[ASKS_AN_HOUR - 1].created_at + HOUR)
    return max([0, *(math.ceil((moment - now).total_seconds()) for moment in until)])


def spend_ask(account: Account, email_key: str) -> None:
    """Take one ask from the budget of this account, before the transaction: the counters may be far away."""
    rate_limits.spend("1/minute", f"code-{account.purpose}", f"{account.name} {email_key}")
    rate_limits.spend(f"{ASKS_AN_HOUR}/hour", f"code-{account.purpose}", account.name)


def require_ask(account: Account, email_key: str) -> None:
    """Refuse with `RateLimited` when this account asked a moment ago, or too often; the database remembers."""
    seconds = wait(account, email_key)
    if seconds:
        raise RateLimited(_("A code was sent a moment ago. Wait a little before you ask again."), retry_after=seconds)


def send(account: Account, recipient: Recipient, email: str, *, letter: str | None = None, drop: bool = False) -> None:
    """Write a fresh code and its letter within the open transaction; the old code of the account ends.

    `letter` goes instead of the code, when the address is somebody else's; `drop` sends nothing. No code works then.
    """
    now, key, code_id = clock.now(), fold(email), uuid7()
    db.session.execute(
        update(Code)
        .where(account.owns(), Code.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )
    to_address = and_(Code.purpose == account.purpose, Code.email_key == key, Code.created_at > now - DAY)
    # Asked in any case: a clock would miss what is not asked.
    sent = db.session.scalar(select(func.count()).where(to_address)) or 0
    drop = drop or sent >= LETTERS_A_DAY
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    stored = code_hashes.hash_code(code_id, account.purpose, digits)
    works = letter is None and not drop
    settings = current_settings()
    db.session.add(
        Code(
            id=code_id,
            purpose=account.purpose,
            user_id=account.user_id or recipient.user_id,
            email=email,
            email_key=key,
            code_hash=stored if works else secrets.token_hex(32),
            created_at=now,
            expires_at=now + timedelta(minutes=settings.code_minutes),
        )
    )
    db.session.flush()
    outbox.post(
        letter or LETTERS[account.purpose],
        recipient,
        {} if letter else {"path": PATHS[account.purpose]},
        secret={"code": digits if works else ""},
        drop=drop,
    )


def send_proof(purpose: CodePurpose, user: User, email: str) -> None:
    """Send a code to the address that this person says is theirs.

    When somebody else has proved it already, they get a letter that says so, and here everything looks the same.
    """
    key = fold(email)
    owner = db.session.scalar(
        select(User).where(User.email_key == key, User.email_verified_at.is_not(None), User.id != user.id)
    )
    account = Account(purpose, user.id)
    if owner is None:
        send(account, Recipient(email, user.full_name, user.language, user.id), email)
    else:
        send(account, outbox.to(owner), email, letter=TAKEN)


# Guessing


@dataclass(frozen=True)
class Guess:
    """Hold the code that somebody guessed rightly, until it is used."""

    id: UUID
    user_id: UUID
    email: str


def check(account: Account, code: str) -> Guess:
    """Compare a guess with the open code of this account; it counts, whether right or wrong.

    Raises `Conflict` for everything that does not fit. Outside of a transaction: a counted try must not be rolled back.
    """
    digits = clean_code(code)
    found = _count_try(account)
    if found is None or not code_hashes.fits(found.code_hash, found.id, account.purpose, digits) or not found.user_id:
        raise wrong()
    return Guess(found.id, found.user_id, found.email)


@transactional
def _count_try(account: Account) -> Any:
    """Take one of the five tries, in one statement: of fifty guesses at the same moment five are compared."""
    now, earlier = clock.now(), aliased(Code)
    newest = (
        select(earlier.id)
        .where(account.owns(earlier), earlier.ended_at.is_(None), earlier.expires_at > now)
        .order_by(earlier.created_at.desc(), earlier.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    # The codes before are ended, so that their tries stand still while this one is guessed at.
    before = aliased(Code)
    day = now - DAY - timedelta(minutes=current_settings().code_minutes)
    others = (
        select(func.coalesce(func.sum(before.tries), 0))
        .where(account.owns(before), before.created_at > day, before.id != Code.id)
        .correlate(Code)
        .scalar_subquery()
    )
    return db.session.execute(
        update(Code)
        .where(Code.id == newest, Code.ended_at.is_(None), Code.tries < TRIES, Code.tries + others < WRONG_A_DAY)
        .values(tries=Code.tries + 1)
        .returning(Code.id, Code.code_hash, Code.user_id, Code.email)
        .execution_options(synchronize_session=False)
    ).first()


def use(guess: Guess) -> None:
    """End the code within the open transaction: it works once, and the right guess does not count as a wrong one."""
    used = db.session.execute(
        update(Code)
        .where(Code.id == guess.id, Code.ended_at.is_(None))
        .values(ended_at=clock.now(), tries=Code.tries - 1)
        .execution_options(synchronize_session=False)
        .returning(Code.id)
    ).first()
    if used is None:
        raise wrong()


def end_all(user_id: UUID) -> None:
    """End every open code of this person, within the open transaction."""
    db.session.execute(
        update(Code)
        .where(Code.user_id == user_id, Code.ended_at.is_(None))
        .values(ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )


@transactional
def forget_old() -> None:
    """Drop the codes whose tries no longer count."""
    db.session.execute(delete(Code).where(Code.created_at < clock.now() - KEPT))
