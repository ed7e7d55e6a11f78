import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from elearn.extensions import Base
from elearn.models.types import Id, Timestamp, enum_type
from elearn.models.users import User


class ActivityKind(StrEnum):
    """What is written into the activity log."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    REGISTERED = "registered"
    ACCOUNT_CREATED = "account_created"
    EMAIL_VERIFIED = "email_verified"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of what happened
    PASSWORD_RESET = "password_reset"  # noqa: S105
    ROLE_CHANGED = "role_changed"
    APPROVED = "approved"
    DECLINED = "declined"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    ACCOUNT_DELETED = "account_deleted"
    ENROLLED = "enrolled"
    LEFT = "left"
    ADDED = "added"
    REMOVED = "removed"
    BLOCKED_IN_COURSE = "blocked_in_course"
    UNBLOCKED_IN_COURSE = "unblocked_in_course"
    COURSE_DELETED = "course_deleted"
    COURSE_HANDED_OVER = "course_handed_over"
    GRADED = "graded"
    EXPORTED = "exported"
    INVITED = "invited"
    INVITATION_ACCEPTED = "invitation_accepted"
    INVITATION_REVOKED = "invitation_revoked"
    IMPORTED = "imported"
    REFUSED = "refused"


class Activity(Base):
    """One line of the log of who did what.

    The names of actor and object are kept as they were then. A deleted account takes its names and addresses along.
    """

    __tablename__ = "activities"
    __table_args__ = (
        Index("ix_activities_at_id", "at", "id"),
        Index("ix_activities_kind_at", "kind", "at"),
        Index("ix_activities_actor_id_at", "actor_id", "at"),
        Index("ix_activities_subject_id_at", "subject_id", "at"),
        Index("ix_activities_object_id_at", "object_id", "at"),
        Index("ix_activities_address_at", "address", "at"),
    )

    id: Mapped[Id]
    at: Mapped[Timestamp]
    kind: Mapped[ActivityKind] = mapped_column(enum_type(ActivityKind, "kind"))
    # Nobody for a failed sign-in; nobody, with the name "The operator", for a command at the terminal.
    actor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    actor_name: Mapped[str] = mapped_column(String(100), default="")
    # The person to whom it was done.
    subject_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    subject_name: Mapped[str] = mapped_column(String(100), default="")
    # The thing: a course, an invitation, an export. No foreign key: the line outlives it.
    object_id: Mapped[uuid.UUID | None]
    object_name: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    actor: Mapped[User | None] = relationship(lazy="raise", foreign_keys=[actor_id])
    subject: Mapped[User | None] = relationship(lazy="raise", foreign_keys=[subject_id])
