import uuid
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from elearn.extensions import Base
from elearn.models.types import Id, OptionalTimestamp, Timestamp, enum_type


class ExportState(StrEnum):
    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


class Export(Base):
    """A copy of all that the school holds about one person, made by the worker and kept for a few days."""

    __tablename__ = "exports"
    __table_args__ = (
        Index("ix_exports_user_id_id", "user_id", "id"),
        # One at a time, also when two devices ask at once.
        Index(
            "uq_exports_user_id_waiting",
            "user_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    state: Mapped[ExportState] = mapped_column(enum_type(ExportState, "state"), default=ExportState.WAITING)
    file: Mapped[str | None] = mapped_column(String(80))
    size: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[Timestamp]
    ready_at: Mapped[OptionalTimestamp]
    expires_at: Mapped[OptionalTimestamp]
