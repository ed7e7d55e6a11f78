import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from elearn.extensions import Base
from elearn.models.types import Id, OptionalTimestamp, Timestamp, enum_type


class CodePurpose(StrEnum):
    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a purpose
    CHANGE_EMAIL = "change_email"


class Code(Base):
    """A one-time code that was asked for.

    A code for an address that nobody here has is a row without an owner: asking and guessing take the same way, and
    nobody learns who is here. Rows stay for a day, so that the tries of a whole day can be counted.
    """

    __tablename__ = "codes"
    __table_args__ = (Index("ix_codes_purpose_email_key_created_at", "purpose", "email_key", "created_at"),)

    id: Mapped[Id]
    purpose: Mapped[CodePurpose] = mapped_column(enum_type(CodePurpose, "purpose"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    # Where it was sent; for a change of address the new one.
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(320))
    code_hash: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]
    # Used, or replaced by a fresh one.
    ended_at: Mapped[OptionalTimestamp]

    def is_open(self, now: datetime) -> bool:
        return self.ended_at is None and self.expires_at > now
