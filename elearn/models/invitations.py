import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from elearn.extensions import Base
from elearn.models.courses import Course
from elearn.models.types import Id, OptionalTimestamp, Timestamp, enum_type
from elearn.models.users import Role, User


class InvitationState(StrEnum):
    """What happened to an invitation; follows from its times, so that nothing has to tick it over."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Invitation(Base):
    """A way in for one address, with one role, into named courses, once."""

    __tablename__ = "invitations"
    __table_args__ = (
        Index("ix_invitations_invited_by_id_id", "invited_by_id", "id"),
        Index("ix_invitations_email_key", "email_key"),
        # One open invitation of one person to one address, also when the same file comes twice at once.
        Index(
            "uq_invitations_email_key_invited_by_id_open",
            "email_key",
            "invited_by_id",
            unique=True,
            sqlite_where=text("accepted_at is null and revoked_at is null"),
            postgresql_where=text("accepted_at is null and revoked_at is null"),
        ),
    )

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(320))
    full_name: Mapped[str] = mapped_column(String(100), default="")
    role: Mapped[Role] = mapped_column(enum_type(Role, "role"))
    message: Mapped[str] = mapped_column(String(1000), default="")
    invited_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    import_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("invitation_imports.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[Timestamp]
    # When the present token went out; a resend makes a new one.
    sent_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]
    accepted_at: Mapped[OptionalTimestamp]
    accepted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    revoked_at: Mapped[OptionalTimestamp]
    # The last email with the way in, while the outbox keeps it.
    email_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("emails.id", ondelete="SET NULL"), index=True)

    invited_by: Mapped[User] = relationship(lazy="raise", foreign_keys=[invited_by_id])
    accepted_by: Mapped[User | None] = relationship(lazy="raise", foreign_keys=[accepted_by_id])
    courses: Mapped[list[Course]] = relationship(secondary="invitation_courses", lazy="raise", order_by=Course.title)

    def state(self, now: datetime) -> InvitationState:
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        if self.revoked_at is not None:
            return InvitationState.REVOKED
        return InvitationState.EXPIRED if self.expires_at <= now else InvitationState.WAITING


class InvitationCourse(Base):
    """One course that an invitation leads into."""

    __tablename__ = "invitation_courses"

    invitation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("invitations.id", ondelete="CASCADE"), primary_key=True)
    course_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("courses.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ImportState(StrEnum):
    """How far an import is: read and checked, looked at, confirmed and under way, over."""

    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ImportRowState(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    DONE = "done"
    # Good when it was looked at, refused when it was done: something changed in between.
    REFUSED = "refused"


class InvitationImport(Base):
    """One CSV file of invitations, from the preview to the report."""

    __tablename__ = "invitation_imports"
    __table_args__ = (Index("ix_invitation_imports_invited_by_id_id", "invited_by_id", "id"),)

    id: Mapped[Id]
    invited_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    file_name: Mapped[str] = mapped_column(String(200))
    # The file as it came, in the storage; gone when the import is over.
    file: Mapped[str | None] = mapped_column(String(80))
    message: Mapped[str] = mapped_column(String(1000), default="")
    # Courses for every row, beside those that a row names.
    course_ids: Mapped[list[str]] = mapped_column(JSON, default=list)
    state: Mapped[ImportState] = mapped_column(enum_type(ImportState, "state"), default=ImportState.CHECKING)
    error: Mapped[str] = mapped_column(String(500), default="")
    total: Mapped[int] = mapped_column(Integer, default=0)
    done: Mapped[int] = mapped_column(Integer, default=0)
    good: Mapped[int] = mapped_column(Integer, default=0)
    warned: Mapped[int] = mapped_column(Integer, default=0)
    bad: Mapped[int] = mapped_column(Integer, default=0)
    # How the file was read, and what came of its rows.
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[Timestamp]
    changed_at: Mapped[Timestamp]
    finished_at: Mapped[OptionalTimestamp]

    invited_by: Mapped[User] = relationship(lazy="raise")


class InvitationImportRow(Base):
    """One line of the file, as it was written, and what is to be done or said about it."""

    __tablename__ = "invitation_import_rows"
    __table_args__ = (Index("ix_invitation_import_rows_import_id_state_line", "import_id", "state", "line"),)

    import_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("invitation_imports.id", ondelete="CASCADE"), primary_key=True
    )
    # Where the row starts in the file, counted from 1 with the header.
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    email: Mapped[str] = mapped_column(Text, default="")
    full_name: Mapped[str] = mapped_column(Text, default="")
    role: Mapped[str] = mapped_column(Text, default="")
    course_codes: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[ImportRowState] = mapped_column(enum_type(ImportRowState, "state"))
    # Which column is at fault, and the reason and remedy in one sentence.
    field: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(String(500), default="")
    invitation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("invitations.id", ondelete="SET NULL"))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
