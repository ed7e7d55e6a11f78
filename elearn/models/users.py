import unicodedata
import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from elearn.extensions import Base
from elearn.models.types import Id, OptionalTimestamp, Timestamp, enum_type

TINTS = 6


class Role(StrEnum):
    """The four roles, in rising order of what they may do."""

    STUDENT = "student"
    TEACHER = "teacher"
    MANAGER = "manager"
    ADMIN = "admin"


class Theme(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def fold(text: str) -> str:
    """Return the form under which names and addresses are compared: NFKC, without case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


class User(Base):
    """A person of the school."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("length(username) between 3 and 30", name="username_length"),
        Index("ix_users_role_created_at", "role", "created_at"),
    )

    id: Mapped[Id]
    username: Mapped[str] = mapped_column(String(30))
    username_key: Mapped[str] = mapped_column(String(60), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    full_name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(enum_type(Role, "role"))
    bio: Mapped[str] = mapped_column(Text, default="")
    photo: Mapped[str | None] = mapped_column(String(80))
    theme: Mapped[Theme] = mapped_column(enum_type(Theme, "theme"), default=Theme.SYSTEM)
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    blocked_at: Mapped[OptionalTimestamp]
    blocked_reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[Timestamp]

    # flask-login asks these of whoever is signed in.
    is_authenticated = True
    is_anonymous = False
    # Which sign-in this person came with; set by the door that let them in, never stored.
    __allow_unmapped__ = True
    sign_in_id: uuid.UUID | None = None

    @property
    def is_active(self) -> bool:
        return self.blocked_at is None

    @property
    def is_blocked(self) -> bool:
        return self.blocked_at is not None

    def get_id(self) -> str:
        """Return what the session cookie keeps: the sign-in, not the person, so that one device can be ended."""
        return str(self.sign_in_id)

    @property
    def first_name(self) -> str:
        return self.full_name.split()[0] if self.full_name.split() else self.username

    @property
    def initials(self) -> str:
        words = self.full_name.split() or [self.username]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()

    @property
    def tint(self) -> int:
        """Return which of the six avatar grounds this person has, 1 to 6."""
        return self.id.int % TINTS + 1

    @property
    def photo_url(self) -> str | None:
        return f"/photos/{self.photo}" if self.photo else None


class SignInKind(StrEnum):
    BROWSER = "browser"
    API = "api"


class SignIn(Base):
    """One device that signed in. Ending the row ends its cookie, its tokens and its sockets."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_user_id_ended_at", "user_id", "ended_at"),)

    id: Mapped[Id]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[SignInKind] = mapped_column(enum_type(SignInKind, "kind"))
    # The id of the one refresh token that still counts; an older one coming back means that it was stolen.
    refresh_id: Mapped[str | None] = mapped_column(String(36))
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    created_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]
    ended_at: Mapped[OptionalTimestamp]

    user: Mapped[User] = relationship(lazy="raise")

    def is_open(self, now: datetime) -> bool:
        return self.ended_at is None and self.expires_at > now
