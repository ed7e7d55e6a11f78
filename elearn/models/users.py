import re
import unicodedata
import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, TextClause, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from elearn.extensions import Base
from elearn.languages import _, marked
from elearn.models.types import Id, OptionalTimestamp, Sortable, Timestamp, enum_type

TINTS = 6


class Role(StrEnum):
    """The four roles, in rising order of what they may do."""

    STUDENT = "student"
    TEACHER = "teacher"
    MANAGER = "manager"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """Return how high the role stands, from 0."""
        return list(Role).index(self)

    @property
    def label(self) -> str:
        """Return its name in the language that is spoken now."""
        return _(ROLE_NAMES[self])

    @property
    def enrols(self) -> bool:
        """Tell whether people with this role enrol in courses."""
        return self is Role.STUDENT

    def is_above(self, other: "Role") -> bool:
        return self.rank > other.rank


ROLE_NAMES = {
    Role.STUDENT: marked("Student"),
    Role.TEACHER: marked("Teacher"),
    Role.MANAGER: marked("Manager"),
    Role.ADMIN: marked("Administrator"),
}


WORD_MAX = 100


class Theme(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def words_in(text: str) -> set[str]:
    """Return the words of a text as a search compares them."""
    return {word[:WORD_MAX] for word in re.split(r"[\W_]+", fold(text)) if word}


def address_word(email: str) -> str:
    """Return the word that an address is as a whole, or its start; it stands apart from the words inside addresses."""
    return f"@{fold(email)}"[:WORD_MAX]


def fold(text: str) -> str:
    """Return the form under which names and addresses are compared: NFKC, without case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _few_by_name(name: str, few: TextClause) -> Index:
    """Make an index of those few people by name."""
    return Index(f"ix_users_{name}", "name_key", "id", sqlite_where=few, postgresql_where=few)


class User(Base):
    """A person of the school."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("length(username) between 3 and 30", name="username_length"),
        Index("ix_users_role_created_at", "role", "created_at"),
        Index("ix_users_created_at", "created_at"),
        # People are listed by name, as a whole and by role.
        Index("ix_users_name_key_id", "name_key", "id"),
        Index("ix_users_role_name_key_id", "role", "name_key", "id"),
        # An address belongs to whoever proved it. Others may have typed it; nobody learns from that who is here.
        Index(
            "uq_users_email_key_verified",
            "email_key",
            unique=True,
            sqlite_where=text("email_verified_at is not null"),
            postgresql_where=text("email_verified_at is not null"),
        ),
        Index("ix_users_email_key", "email_key"),
        # The few who are blocked, wait for an answer, have not proved their address or have one that is dead, by name.
        _few_by_name("blocked", text("blocked_at is not null")),
        _few_by_name("asking", text("requested_role is not null")),
        _few_by_name("unverified", text("email_verified_at is null")),
        _few_by_name("unreachable", text("email_refused_at is not null")),
    )

    id: Mapped[Id]
    username: Mapped[str] = mapped_column(String(30))
    username_key: Mapped[str] = mapped_column(String(60), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(320))
    email_verified_at: Mapped[OptionalTimestamp]
    # Since when the mail server says that nobody has this address.
    email_refused_at: Mapped[OptionalTimestamp]
    full_name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(Sortable(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(enum_type(Role, "role"))
    # What this person asked to be when registering, until somebody approves or declines it.
    requested_role: Mapped[Role | None] = mapped_column(enum_type(Role, "requested_role"))
    headline: Mapped[str] = mapped_column(String(120), default="")
    bio: Mapped[str] = mapped_column(Text, default="")
    # One line for each school, degree or training.
    education: Mapped[str] = mapped_column(String(1000), default="")
    # Separated by commas.
    interests: Mapped[str] = mapped_column(String(300), default="")
    photo: Mapped[str | None] = mapped_column(String(80))
    theme: Mapped[Theme] = mapped_column(enum_type(Theme, "theme"), default=Theme.SYSTEM)
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    language: Mapped[str] = mapped_column(String(10), default="en")
    blocked_at: Mapped[OptionalTimestamp]
    blocked_reason: Mapped[str] = mapped_column(String(300), default="")
    # The account was deleted: the row stays for what they wrote, without anything that tells who they were.
    deleted_at: Mapped[OptionalTimestamp]
    created_at: Mapped[Timestamp]

    # flask-login asks these of whoever is signed in.
    is_authenticated = True
    is_anonymous = False
    # Which sign-in this person came with, when it was last noted as used, and from which network address; set by the
    # door, never stored.
    __allow_unmapped__ = True
    sign_in_id: uuid.UUID | None = None
    seen_at: datetime | None = None
    address: str = ""

    def move_to(self, email: str) -> None:
        """Take another address; whether letters arrive there is seen when one is sent."""
        self.email, self.email_key, self.email_refused_at = email, fold(email), None

    @property
    def is_active(self) -> bool:
        return self.blocked_at is None and self.deleted_at is None

    @property
    def is_verified(self) -> bool:
        """Tell whether the email address is proved to be theirs."""
        return self.email_verified_at is not None

    @property
    def is_blocked(self) -> bool:
        """Tell whether this person is refused everywhere; a deleted account is, too."""
        return not self.is_active

    @property
    def search_words(self) -> set[str]:
        """Return the words by which this person is found: of the name, the username and the email, and this whole."""
        return {address_word(self.email)} | words_in(self.full_name) | words_in(self.username) | words_in(self.email)

    @property
    def interest_list(self) -> list[str]:
        return [word.strip() for word in self.interests.split(",") if word.strip()]

    @property
    def education_list(self) -> list[str]:
        return [line.strip() for line in self.education.splitlines() if line.strip()]

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


class PersonWord(Base):
    """One word by which a person is found: of the name, the username, the email.

    A search for the start of a word is then a range of this key, and the people who have a word are a walk through it
    by name: the same on both databases and however many people there are.
    """

    __tablename__ = "person_words"
    __table_args__ = (Index("ix_person_words_user_id_word", "user_id", "word"),)

    word: Mapped[str] = mapped_column(Sortable(WORD_MAX), primary_key=True)
    name_key: Mapped[str] = mapped_column(Sortable(200), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)


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
    last_seen_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]
    ended_at: Mapped[OptionalTimestamp]

    user: Mapped[User] = relationship(lazy="raise")

    def is_open(self, now: datetime) -> bool:
        return self.ended_at is None and self.expires_at > now
