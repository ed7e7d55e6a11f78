import uuid
from enum import StrEnum

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from elearn.extensions import Base
from elearn.models.courses import Course
from elearn.models.types import Id, OptionalTimestamp, Timestamp, enum_type
from elearn.models.users import User


class Classroom(Base):
    """The live room of a course."""

    __tablename__ = "classrooms"

    id: Mapped[Id]
    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    # The number of the latest message. Counting on this row gives each message its gap-free `seq`.
    seq: Mapped[int] = mapped_column(Integer, default=0)
    # How many messages were deleted. A page that counted fewer has missed one, and asks again.
    deletions: Mapped[int] = mapped_column(Integer, default=0)
    # The board page that everybody sees. No foreign key: pages point here already.
    page_id: Mapped[uuid.UUID | None]
    everyone_draws: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[Timestamp]

    course: Mapped[Course] = relationship(lazy="raise")


class Lesson(Base):
    """One live lesson in a room, from its start to its end; at most one is open in a room."""

    __tablename__ = "live_lessons"
    __table_args__ = (
        Index(
            "uq_live_lessons_open",
            "classroom_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    classroom_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("classrooms.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    started_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    started_at: Mapped[Timestamp]
    ended_at: Mapped[OptionalTimestamp]

    classroom: Mapped[Classroom] = relationship(lazy="raise")


class Right(StrEnum):
    """What a teacher may grant to a student in a room."""

    DRAW = "draw"
    SPEAK = "speak"


class Standing(Base):
    """How one person stands in one room: what was granted, whether a hand is up, whether they were shown out."""

    __tablename__ = "standings"

    classroom_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("classrooms.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    draws: Mapped[bool] = mapped_column(Boolean, default=False)
    speaks: Mapped[bool] = mapped_column(Boolean, default=False)
    hand_at: Mapped[OptionalTimestamp]
    # Shown out by a teacher; may come in again when the lesson is over or the next one begins.
    removed_at: Mapped[OptionalTimestamp]


class MessageKind(StrEnum):
    TEXT = "text"
    SYSTEM = "system"


class Message(Base):
    """One numbered entry of a room's chat."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("classroom_id", "seq", name="uq_messages_classroom_id_seq"),
        UniqueConstraint("classroom_id", "sender_id", "nonce", name="uq_messages_classroom_id_sender_id_nonce"),
        CheckConstraint("length(text) <= 5000", name="text_length"),
    )

    id: Mapped[Id]
    classroom_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("classrooms.id", ondelete="CASCADE"))
    seq: Mapped[int] = mapped_column(Integer)
    kind: Mapped[MessageKind] = mapped_column(enum_type(MessageKind, "kind"), default=MessageKind.TEXT)
    sender_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(String(5000))
    nonce: Mapped[str | None] = mapped_column(String(64))
    sent_at: Mapped[Timestamp]
    deleted_at: Mapped[OptionalTimestamp]
    deleted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    sender: Mapped[User] = relationship(lazy="raise", foreign_keys=[sender_id])
