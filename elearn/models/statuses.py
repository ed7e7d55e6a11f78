import uuid
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from elearn.extensions import Base
from elearn.models.types import Id, OptionalTimestamp, Timestamp
from elearn.models.users import User

STATUS_LIFE = timedelta(hours=24)


class Status(Base):
    """What somebody says about today: one for each person, a new one takes the place of the old."""

    __tablename__ = "statuses"
    __table_args__ = (Index("ix_statuses_created_at", "created_at"),)

    id: Mapped[Id]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    text: Mapped[str] = mapped_column(String(280))
    created_at: Mapped[Timestamp]
    edited_at: Mapped[OptionalTimestamp]

    user: Mapped[User] = relationship(lazy="raise")

    def is_over(self, now: datetime) -> bool:
        return self.created_at <= now - STATUS_LIFE
