"""What people say about themselves: name, bio, photo, and how they like their pages."""

import unicodedata
from functools import cache
from typing import IO, Any, BinaryIO
from zoneinfo import available_timezones

import structlog

from config import Settings
from elearn.errors import Conflict, Invalid
from elearn.extensions import current_settings, db
from elearn.integrations import images, rate_limits
from elearn.integrations.storage import storage
from elearn.models import Role, SignIn, Theme, User
from elearn.permissions import Action, Actor, require
from elearn.services import accounts
from elearn.services.accounts import Device, clean_name
from elearn.transaction import after_commit, transactional

log = structlog.get_logger(__name__)

SHELF = "photos"
PHOTO_MIMETYPE = images.MIMETYPE
BIO_MAX = 2000
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
        raise Invalid("invalid", f"Write at most {BIO_MAX} characters, this has {len(text)}", field="bio")
    if any(unicodedata.category(letter) in {"Cc", "Cs"} and letter not in "\n\t" for letter in text):
        raise Invalid("invalid", "Leave out characters that cannot be seen", field="bio")
    return text


def clean_theme(theme: str) -> Theme:
    try:
        return Theme(theme)
    except ValueError as error:
        raise Invalid("invalid", "Choose system, light or dark", field="theme") from error


def clean_time_zone(time_zone: str) -> str:
    if time_zone not in time_zones():
        raise Invalid("invalid", "Choose a time zone from the list", field="time_zone")
    return time_zone


def _clean(values: dict[str, str | None]) -> dict[str, Any]:
    """Check all that was given, and report all that is wrong at once."""
    checks: dict[str, Any] = {
        "full_name": clean_name,
        "bio": clean_bio,
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
        raise Invalid("invalid_photo", f"Choose a photo of at most {size}", field="photo")
    return images.square_photo(data, max_pixels=settings.photo_max_pixels)


# What people do


def update(
    actor: User,
    *,
    full_name: str | None = None,
    bio: str | None = None,
    theme: str | None = None,
    time_zone: str | None = None,
    photo: IO[bytes] | None = None,
    remove_photo: bool = False,
) -> User:
    """Change what is given of one's own profile, all of it or nothing; a new photo wins over removing the old one."""
    require(actor, Action.EDIT_PROFILE, actor)
    clean = _clean({"full_name": full_name, "bio": bio, "theme": theme, "time_zone": time_zone})
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
        rate_limits.spend(PHOTO_LIMIT, "register-photo", device.address)
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
    if row is None:
        raise Conflict("gone", "This account is not here any more.")
    require(row, Action.EDIT_PROFILE, row)
    old = row.photo
    for field, value in values.items():
        setattr(row, field, value)
    if "photo" in values and old and old != values["photo"]:
        shelf = storage()
        after_commit(lambda: shelf.delete(SHELF, old))
    log.info("profile_changed", user=str(row.id), fields=sorted(values))
    return row
