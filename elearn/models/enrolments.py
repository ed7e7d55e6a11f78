import uuid
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from elearn.extensions import Base
from elearn.models.courses import Course
from elearn.models.types import Timestamp, enum_type
from elearn.models.users import User


class EnrolmentState(StrEnum):
    ACTIVE = "active"
    LEFT = "left"
    REMOVED = "removed"
    BLOCKED = "blocked"


class Enrolment(Base):
    """How one person stands to one course: one row for good, whose state changes."""

    __tablename__ = "enrolments"
    __table_args__ = (
        Index("ix_enrolments_course_id_state", "course_id", "state"),
        Index("ix_enrolments_user_id_state", "user_id", "state"),
    )

    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[EnrolmentState] = mapped_column(enum_type(EnrolmentState, "state"), default=EnrolmentState.ACTIVE)
    reason: Mapped[str] = mapped_column(String(300), default="")
    enrolled_at: Mapped[Timestamp]
    changed_at: Mapped[Timestamp]

    course: Mapped[Course] = relationship(lazy="raise")
    user: Mapped[User] = relationship(lazy="raise")

    @property
    def is_active(self) -> bool:
        return self.state is EnrolmentState.ACTIVE

    @property
    def is_blocked(self) -> bool:
        return self.state is EnrolmentState.BLOCKED
