import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from elearn.extensions import Base
from elearn.models.types import Id, OptionalTimestamp, Timestamp, enum_type


class EmailState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    # Never to be sent: nobody here has this address, or its owner has gone or wants no such mail.
    DROPPED = "dropped"


class Email(Base):
    """One email of the outbox, written in the same transaction as what it tells of.

    The id is the Message-ID too, so that a second sending after a crash is the same message to whoever receives it.
    """

    __tablename__ = "emails"
    __table_args__ = (
        Index("ix_emails_state_next_try_at", "state", "next_try_at"),
        Index("ix_emails_state_created_at", "state", "created_at"),
        Index("ix_emails_user_id_created_at", "user_id", "created_at"),
    )

    id: Mapped[Id]
    # Which message: a module of elearn.emails.
    letter: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    to_email: Mapped[str] = mapped_column(String(254))
    to_name: Mapped[str] = mapped_column(String(100), default="")
    language: Mapped[str] = mapped_column(String(10), default="en")
    # What the message says, as far as anybody may read it.
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # Codes and links that let somebody in: sealed, and gone once the message is sent.
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[EmailState] = mapped_column(enum_type(EmailState, "state"), default=EmailState.WAITING)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[Timestamp]
    # Who sends it now; a worker that died loses its claim after a while.
    claim: Mapped[uuid.UUID | None]
    error: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[Timestamp]
    sent_at: Mapped[OptionalTimestamp]
