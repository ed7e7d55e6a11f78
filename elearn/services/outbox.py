"""The outbox: an email is a row, written together with what it tells of, and sent by the worker."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from elearn import clock
from elearn.extensions import db
from elearn.integrations import vault
from elearn.models import Email, EmailState, User, uuid7


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
    rows: list[dict[str, Any]] = []
    for number, (recipient, data) in enumerate(messages):
        email_id = uuid7()
        rows.append(
            {
                "id": email_id,
                "letter": letter,
                "user_id": recipient.user_id,
                "to_email": recipient.email,
                "to_name": recipient.name,
                "language": recipient.language,
                "data": data,
                "secret": vault.seal(email_id, secrets[number]) if secrets else None,
                "state": EmailState.DROPPED if drop else EmailState.WAITING,
                "next_try_at": now,
                "created_at": now,
            }
        )
    if rows:
        db.session.execute(insert(Email), rows)
    return [row["id"] for row in rows]
