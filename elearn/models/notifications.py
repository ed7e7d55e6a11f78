import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from elearn.extensions import Base
from elearn.models.courses import Course
from elearn.models.types import Id, OptionalTimestamp, Timestamp, enum_type
from elearn.models.users import User


class NotificationKind(StrEnum):
    """What people are told of; each kind has its own preference."""

    STUDENT_ENROLLED = "student_enrolled"
    STUDENT_LEFT = "student_left"
    BLOCKED_IN_COURSE = "blocked_in_course"
    REMOVED_FROM_COURSE = "removed_from_course"
    ADDED_TO_COURSE = "added_to_course"
    NEW_MATERIAL = "new_material"
    NEW_REVIEW = "new_review"
    HANDED_IN = "handed_in"
    DEADLINE_SET = "deadline_set"
    DEADLINE_NEAR = "deadline_near"
    COURSE_DELETED = "course_deleted"
    RESULT_PUBLISHED = "result_published"
    INVITATION_ACCEPTED = "invitation_accepted"
    ACCOUNT = "account"


class EmailChoice(StrEnum):
    """How a kind comes by email."""

    NOW = "now"
    DIGEST = "digest"
    OFF = "off"


class Notification(Base):
    """What one person is told: the kind and its facts; the sentence is made for the reader, in their language."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_user_id_id", "user_id", "id"),
        # All that the count of unread ones asks for stands in it. Not a partial one: SQLite takes it for no better.
        Index("ix_notifications_unread", "user_id", "read_at", "in_page", "id"),
        Index(
            "ix_notifications_for_digest",
            "user_id",
            sqlite_where=text("for_digest"),
            postgresql_where=text("for_digest"),
        ),
        # A notice that is handed out again after a crash reaches nobody twice.
        Index("uq_notifications_notice_id_user_id", "notice_id", "user_id", unique=True),
    )

    id: Mapped[Id]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[NotificationKind] = mapped_column(enum_type(NotificationKind, "kind"))
    notice_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("notices.id", ondelete="SET NULL"))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    # Shown only to those who may see this course, where one is named; what tells of losing a course names none.
    course_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    in_page: Mapped[bool] = mapped_column(Boolean, default=True)
    for_digest: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[Timestamp]
    read_at: Mapped[OptionalTimestamp]

    actor: Mapped[User | None] = relationship(lazy="raise", foreign_keys=[actor_id])
    course: Mapped[Course | None] = relationship(lazy="raise")


class Notice(Base):
    """One thing told to many: written at once with the list of whom to tell, handed out by the worker."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_done_at", "done_at"),)

    id: Mapped[Id]
    kind: Mapped[NotificationKind] = mapped_column(enum_type(NotificationKind, "kind"))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    course_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    recipients: Mapped[list[str]] = mapped_column(JSON)
    # How many of the list are served.
    told: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[Timestamp]
    done_at: Mapped[OptionalTimestamp]


class NotificationPreference(Base):
    """How one person wants one kind; without a row the kind's own default counts."""

    __tablename__ = "notification_preferences"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[NotificationKind] = mapped_column(enum_type(NotificationKind, "kind"), primary_key=True)
    in_page: Mapped[bool] = mapped_column(Boolean)
    email: Mapped[EmailChoice] = mapped_column(enum_type(EmailChoice, "email"))
