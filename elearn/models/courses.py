import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from elearn.extensions import Base
from elearn.languages import _, marked
from elearn.models.types import Id, Timestamp, enum_type
from elearn.models.users import User

CLOTHS = 8


class CourseState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Subject(StrEnum):
    """What a course is about; gives its cover a pattern and an icon."""

    SCIENCE = "science"
    MATHEMATICS = "mathematics"
    LANGUAGES = "languages"
    COMPUTING = "computing"
    GEOGRAPHY = "geography"
    MUSIC = "music"
    HISTORY = "history"
    ARTS = "arts"
    OTHER = "other"

    @property
    def label(self) -> str:
        """Return its name in the language that is spoken now."""
        return _(SUBJECT_NAMES[self])


class Pattern(StrEnum):
    """What is printed on the cloth of a cover; the last two are drawings."""

    SQUARED = "squared"
    RULED = "ruled"
    DOTS = "dots"
    STAVES = "staves"
    RINGS = "rings"
    HATCH = "hatch"
    NIGHT = "night"
    LEAF = "leaf"


SUBJECT_NAMES = {
    Subject.SCIENCE: marked("Science"),
    Subject.MATHEMATICS: marked("Mathematics"),
    Subject.LANGUAGES: marked("Languages"),
    Subject.COMPUTING: marked("Computing"),
    Subject.GEOGRAPHY: marked("Geography"),
    Subject.MUSIC: marked("Music"),
    Subject.HISTORY: marked("History"),
    Subject.ARTS: marked("Arts"),
    Subject.OTHER: marked("Other"),
}

SUBJECT_LOOK: dict[Subject, tuple[Pattern, str]] = {
    Subject.SCIENCE: (Pattern.HATCH, "eyedropper"),
    Subject.MATHEMATICS: (Pattern.SQUARED, "percent"),
    Subject.LANGUAGES: (Pattern.RULED, "chat-quote"),
    Subject.COMPUTING: (Pattern.DOTS, "code-slash"),
    Subject.GEOGRAPHY: (Pattern.RINGS, "globe-europe-africa"),
    Subject.MUSIC: (Pattern.STAVES, "music-note-beamed"),
    Subject.HISTORY: (Pattern.HATCH, "hourglass-split"),
    Subject.ARTS: (Pattern.DOTS, "palette"),
    Subject.OTHER: (Pattern.RULED, "book"),
}


class Course(Base):
    """What a teacher teaches and students enrol in."""

    __tablename__ = "courses"
    __table_args__ = (
        CheckConstraint("ends_on is null or starts_on is null or ends_on >= starts_on", name="dates_in_order"),
        CheckConstraint("cover_cloth is null or cover_cloth between 1 and 8", name="cloth_known"),
        Index("ix_courses_state_created_at", "state", "created_at"),
        Index("ix_courses_teacher_id_state", "teacher_id", "state"),
    )

    id: Mapped[Id]
    teacher_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    title: Mapped[str] = mapped_column(String(120))
    code: Mapped[str] = mapped_column(String(20))
    code_key: Mapped[str] = mapped_column(String(40), unique=True)
    summary: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    subject: Mapped[Subject] = mapped_column(enum_type(Subject, "subject"), default=Subject.OTHER)
    cover_cloth: Mapped[int | None] = mapped_column(Integer)
    cover_pattern: Mapped[Pattern | None] = mapped_column(enum_type(Pattern, "cover_pattern"))
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    state: Mapped[CourseState] = mapped_column(enum_type(CourseState, "state"), default=CourseState.DRAFT)
    # Grows with each edit: two people who edit the same text do not overwrite each other unseen.
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[Timestamp]
    updated_at: Mapped[Timestamp]

    teacher: Mapped[User] = relationship(lazy="raise")

    @property
    def cloth(self) -> int:
        """Return which of the eight cloths binds the cover, 1 to 8."""
        return self.cover_cloth or self.id.int % CLOTHS + 1

    @property
    def pattern(self) -> str:
        return (self.cover_pattern or SUBJECT_LOOK[self.subject][0]).value

    @property
    def icon(self) -> str:
        """Return the icon of the subject; a drawn cover has none."""
        return "" if self.cover_pattern in {Pattern.NIGHT, Pattern.LEAF} else SUBJECT_LOOK[self.subject][1]

    @property
    def is_published(self) -> bool:
        return self.state is CourseState.PUBLISHED

    def starts_later(self, today: date) -> bool:
        return self.starts_on is not None and self.starts_on > today

    def is_over(self, today: date) -> bool:
        return self.ends_on is not None and self.ends_on < today
