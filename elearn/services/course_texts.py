"""What may stand in a course: each check returns the clean value or names its field with a sentence."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from babel.dates import format_date

from elearn.errors import Invalid
from elearn.languages import _, language, lazy
from elearn.models import Subject, fold

TITLE_MAX, SUMMARY_MAX, DESCRIPTION_MAX = 120, 200, 20_000
CODE_MIN, CODE_MAX, CODE_KEY_MAX = 2, 20, 40
CODE = re.compile(r"[^\W_](?:[^\W_]|-)*[^\W_]")

# Control characters and halves of surrogate pairs. What this Unicode does not know yet may be a new emoji.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# Letters that turn the reading direction of what follows: harmless in no single line of ours.
_TURNS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
UNSEEN = lazy("Leave out characters that cannot be seen")


def seen(text: str, field: str) -> str:
    """Return the text, if nothing stands in it that cannot be seen."""
    if _UNSEEN.search(text):
        raise Invalid("invalid", UNSEEN, field=field)
    return text


def line(text: str, field: str, longest: int) -> str:
    """Return one line with single spaces."""
    clean = " ".join(text[: longest * 10].split())
    if len(clean) > longest or len(text) > longest * 10:
        raise Invalid("invalid", _("Use at most %(longest)s characters", longest=longest), field=field)
    if _UNSEEN.search(clean) or _TURNS.search(clean):
        raise Invalid("invalid", UNSEEN, field=field)
    return clean


def title(text: str) -> str:
    clean = line(text, "title", TITLE_MAX)
    if not any(letter.isalnum() for letter in clean):
        raise Invalid("invalid", _("Write a title, as it stands on the cover"), field="title")
    return clean


def code(text: str) -> str:
    clean = unicodedata.normalize("NFKC", text[: CODE_MAX * 4]).strip()
    if not CODE_MIN <= len(clean) <= CODE_MAX or not CODE.fullmatch(clean) or len(fold(clean)) > CODE_KEY_MAX:
        raise Invalid(
            "invalid",
            _("Use %(least)s to %(most)s letters, numbers and dashes, as in BIO-7", least=CODE_MIN, most=CODE_MAX),
            field="code",
        )
    return clean


def summary(text: str) -> str:
    return line(text, "summary", SUMMARY_MAX)


def subject(text: str) -> Subject:
    try:
        return Subject(text)
    except ValueError as error:
        raise Invalid("invalid", _("Choose one of the subjects"), field="subject") from error


def description(text: str) -> str:
    """Return Markdown with Unix line ends."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(clean) > DESCRIPTION_MAX:
        raise Invalid(
            "invalid",
            _("Use at most %(most)s characters, this has %(count)s", most=DESCRIPTION_MAX, count=len(clean)),
            field="description",
        )
    if _UNSEEN.search(clean):
        raise Invalid("invalid", UNSEEN, field="description")
    return clean


_CHECKS: dict[str, Callable[[str], str]] = {
    "title": title,
    "code": code,
    "summary": summary,
    "description": description,
}


def day_in_words(day: date) -> str:
    return str(format_date(day, _("d MMMM y"), locale=language()))


def clean(known: Mapping[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    """Check all values, and report all that is wrong at once; `known` holds what stays beside them."""
    clean: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for field, value in values.items():
        try:
            clean[field] = _CHECKS[field](value) if field in _CHECKS else value
        except Invalid as error:
            errors |= error.fields
    dates = {**(known or {}), **clean}
    starts_on, ends_on = dates.get("starts_on"), dates.get("ends_on")
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        field = "ends_on" if "ends_on" in values else "starts_on"
        errors[field] = [
            _("Choose a day after the start, %(day)s", day=day_in_words(starts_on))
            if field == "ends_on"
            else _("Choose a day before the end, %(day)s", day=day_in_words(ends_on))
        ]
    if errors:
        raise Invalid("invalid", next(iter(errors.values()))[0], errors=errors)
    return clean
