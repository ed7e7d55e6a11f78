"""What people say about themselves: name, lines about them, photo, and how they like their pages."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import IO, Any, BinaryIO
from uuid import UUID
from zoneinfo import available_timezones

import structlog
from sqlalchemy import or_, select

from config import Settings
from elearn import clock
from elearn.errors import Conflict, Invalid, NotFound
from elearn.extensions import current_settings, db
from elearn.integrations import images, rate_limits
from elearn.integrations.storage import storage
from elearn.languages import LANGUAGES, _
from elearn.models import (
    STATUS_LIFE,
    Course,
    CourseState,
    Enrolment,
    EnrolmentState,
    Role,
    SignIn,
    Status,
    Theme,
    User,
    fold,
)
from elearn.networks import network_of
from elearn.permissions import Action, Actor, can, require
from elearn.services import accounts, course_texts, search
from elearn.services.accounts import Device, clean_name
from elearn.services.course_cards import PERSON, PersonCard, person_card
from elearn.transaction import after_commit, transactional

log = structlog.get_logger(__name__)

SHELF = "photos"
PHOTO_MIMETYPE = images.MIMETYPE
BIO_MAX, HEADLINE_MAX, EDUCATION_MAX, INTERESTS_MAX = 2000, 120, 1000, 300
EDUCATION_LINES, INTERESTS_MOST = 20, 20
TOGETHER = 50  # courses in common that are shown
# Places that people live in; the rest of the database are old names and offsets.
REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
PHOTO_LIMIT = "60/hour"


@cache  # the zones are a folder of hundreds of files
def time_zones() -> list[str]:
    """Return the names of the time zones to choose from."""
    return ["UTC", *sorted(zone for zone in available_timezones() if zone.split("/")[0] in REGIONS and "/" in zone)]


# Checks of single values


def clean_bio(bio: str) -> str:
    """Return the text with plain line ends; characters that cannot be seen are refused."""
    text = bio.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > BIO_MAX:
        raise Invalid(
            "invalid",
            _("Write at most %(most)s characters, this has %(number)s", most=BIO_MAX, number=len(text)),
            field="bio",
        )
    if any(unicodedata.category(letter) in {"Cc", "Cs"} and letter not in "\n\t" for letter in text):
        raise Invalid("invalid", _("Leave out characters that cannot be seen"), field="bio")
    return text


def clean_headline(headline: str) -> str:
    return course_texts.line(headline, "headline", HEADLINE_MAX)


def clean_education(education: str) -> str:
    """Return one line for each school or training."""
    pieces = education.replace("\r\n", "\n").replace("\r", "\n")[: EDUCATION_MAX * 10].split("\n")
    if len(pieces) > EDUCATION_LINES:
        raise Invalid("invalid", _("Write at most %(most)s lines", most=EDUCATION_LINES), field="education")
    lines = [course_texts.line(piece, "education", EDUCATION_MAX) for piece in pieces]
    return _within("\n".join(line for line in lines if line), len(education), EDUCATION_MAX, "education")


def clean_interests(interests: str) -> str:
    """Return the interests with commas between them, each once."""
    pieces = interests[: INTERESTS_MAX * 10].replace("\r", ",").replace("\n", ",").split(",")
    if len(pieces) > INTERESTS_MOST:
        raise Invalid("invalid", _("Name at most %(most)s interests", most=INTERESTS_MOST), field="interests")
    words = [course_texts.line(piece, "interests", INTERESTS_MAX) for piece in pieces]
    once: dict[str, str] = {}
    for word in filter(None, words):
        once.setdefault(fold(word), word)  # as it was written first
    return _within(", ".join(once.values()), len(interests), INTERESTS_MAX, "interests")


def _within(text: str, written: int, most: int, field: str) -> str:
    if len(text) > most or written > most * 10:
        raise Invalid("invalid", _("Use at most %(most)s characters", most=most), field=field)
    return text


def clean_language(language: str) -> str:
    if language not in LANGUAGES:
        raise Invalid("invalid", _("Choose a language from the list"), field="language")
    return language


def clean_theme(theme: str) -> Theme:
    try:
        return Theme(theme)
    except ValueError as error:
        raise Invalid("invalid", _("Choose system, light or dark"), field="theme") from error


def clean_time_zone(time_zone: str) -> str:
    if time_zone not in time_zones():
        raise Invalid("invalid", _("Choose a time zone from the list"), field="time_zone")
    return time_zone


def _clean(values: dict[str, str | None]) -> dict[str, Any]:
    """Check all that was given, and report all that is wrong at once."""
    checks: dict[str, Callable[[str], Any]] = {
        "full_name": clean_name,
        "headline": clean_headline,
        "bio": clean_bio,
        "education": clean_education,
        "interests": clean_interests,
        "language": clean_language,
        "theme": clean_theme,
        "time_zone": clean_time_zone,
    }
    clean: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for field, value in values.items():
        if value is None:
            continue
        try:
            clean[field] = checks[field](value)
        except Invalid as error:
            errors |= error.fields
    if errors:
        raise Invalid("invalid", next(iter(errors.values()))[0], errors=errors)
    return clean


def _picture(stream: IO[bytes]) -> bytes:
    """Read an uploaded photo, and return what we draw from it."""
    settings: Settings = current_settings()
    data = stream.read(settings.photo_max_bytes + 1)
    if len(data) > settings.photo_max_bytes:
        size = f"{settings.photo_max_bytes / 2**20:.2g} MB"
        raise Invalid("invalid_photo", _("Choose a photo of at most %(size)s", size=size), field="photo")
    return images.square_photo(data, max_pixels=settings.photo_max_pixels)


# What people do


def update(
    actor: User,
    *,
    photo: IO[bytes] | None = None,
    remove_photo: bool = False,
    **values: str | None,
) -> User:
    """Change what is given of one's own profile, all of it or nothing; a new photo wins over removing the old one.

    The values are `full_name`, `headline`, `bio`, `education`, `interests`, `language`, `theme` and `time_zone`.
    """
    require(actor, Action.EDIT_PROFILE, actor)
    clean = _clean(values)
    if photo is not None:
        # Slow, and a file besides: before the transaction, never in it.
        rate_limits.spend(PHOTO_LIMIT, "photo", str(actor.id))
        return _with_photo(actor, clean, _picture(photo))
    return _change(actor, clean | ({"photo": None} if remove_photo else {}))


def set_photo(actor: User, stream: IO[bytes]) -> User:
    """Show another photo of oneself; the old file goes."""
    return update(actor, photo=stream)


def remove_photo(actor: User) -> User:
    """Show initials again; the file goes."""
    return update(actor, remove_photo=True)


def open_photo(actor: Actor, key: str) -> BinaryIO:
    """Return somebody's photo, which everybody of the school may see."""
    require(actor, Action.SEE_PHOTOS)
    return storage().open(SHELF, key)


@dataclass(frozen=True)
class PublicProfile(PersonCard):
    """Show somebody to those who share a course with them; the address is nobody's business."""

    headline: str
    bio: str
    education_list: Sequence[str]
    interest_list: Sequence[str]
    courses: Sequence[Course]
    status: Status | None
    created_at: datetime


def public(actor: Actor, user_id: UUID) -> PublicProfile:
    """Return somebody's profile; raises `NotFound` for who may not be seen as for who is not there."""
    user = db.session.get(User, user_id)
    if user is None or user.deleted_at is not None or not _may_see(actor, user):
        raise NotFound(_("This person is not here, or shares no course with you."))
    fresh = (Status.user_id == user.id, Status.created_at > clock.now() - STATUS_LIFE)
    return PublicProfile(
        **vars(person_card(*(getattr(user, column.key) for column in PERSON))),
        headline=user.headline,
        bio=user.bio,
        education_list=user.education_list,
        interest_list=user.interest_list,
        courses=_in_common(actor, user),
        status=db.session.scalar(select(Status).where(*fresh)) if can(actor, Action.SEE_FEED) else None,
        created_at=user.created_at,
    )


def _may_see(actor: Actor, user: User) -> bool:
    return can(actor, Action.SEE_PROFILE, user) and (not user.is_blocked or can(actor, Action.OVERSEE_PEOPLE))


def _in_common(actor: Actor, user: User) -> Sequence[Course]:
    """Return the courses where both study or teach; one's own when one looks at oneself."""
    query = select(Course).where(Course.state != CourseState.DRAFT)
    for person_id in {user.id, actor.id if actor is not None else None}:
        studies = select(Enrolment.course_id).where(
            Enrolment.user_id == person_id, Enrolment.state == EnrolmentState.ACTIVE
        )
        query = query.where(or_(Course.teacher_id == person_id, Course.id.in_(studies)))
    return db.session.scalars(query.order_by(Course.title, Course.id).limit(TOGETHER)).all()


def register(
    *,
    username: str,
    email: str,
    password: str,
    full_name: str,
    role: Role,
    device: Device,
    photo: IO[bytes] | None = None,
    time_zone: str = "",
) -> SignIn:
    """Create an account for whoever asks, with its photo and the time zone of the browser, and let its owner in."""
    picture = None
    if photo is not None:
        rate_limits.spend(PHOTO_LIMIT, "register-photo", network_of(device.address))
        picture = _picture(photo)
    user = accounts.register(
        username=username, email=email, password=password, full_name=full_name, role=role, address=device.address
    )
    first = {"time_zone": time_zone} if time_zone in time_zones() else {}
    if picture is not None:
        _with_photo(user, first, picture)
    elif first:
        _change(user, first)
    return accounts.sign_in(login=username, password=password, device=device)


def _with_photo(user: User, values: dict[str, Any], picture: bytes) -> User:
    """Keep the file first and name it in the row after: a row must never name what is not there."""
    shelf = storage()
    name = shelf.save(SHELF, images.SUFFIX, picture)
    try:
        return _change(user, values | {"photo": name})
    except BaseException:
        shelf.delete(SHELF, name)
        raise


@transactional
def _change(user: User, values: dict[str, Any]) -> User:
    row = db.session.get(User, user.id, with_for_update=True)
    if row is None or row.deleted_at is not None:
        raise Conflict("gone", _("This account is not here any more."))
    require(row, Action.EDIT_PROFILE, row)
    old = row.photo
    for field, value in values.items():
        setattr(row, field, value)
    if "full_name" in values:
        row.name_key = fold(row.full_name)
        search.index(row)
    if "photo" in values and old and old != values["photo"]:
        shelf = storage()
        after_commit(lambda: shelf.delete(SHELF, old))
    log.info("profile_changed", user=str(row.id), fields=sorted(values))
    return row
