"""What the school writes to people: one module for each letter.

A letter is posted by its name with the facts that its module asks for (`services/outbox.py`), and written by the worker
in the language of whoever gets it. All letters share one text and one HTML template, in `templates/emails/`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from jinja2 import TemplateError

from elearn.emails import (
    account_event,
    change_email,
    digest,
    email_changed,
    email_taken,
    export_ready,
    invitation,
    notification,
    password_changed,
    reset_password,
    verify_email,
)
from elearn.emails.letter import FIXED, Facts, Kind, school_host, school_name, school_url
from elearn.languages import in_language, language
from elearn.models import NotificationKind

__all__ = [
    "LETTERS",
    "Rendered",
    "UnwritableError",
    "follows_person",
    "is_for_stranger",
    "is_urgent",
    "label",
    "notifications_in",
    "reaches_blocked",
    "render",
    "school_host",
    "school_name",
    "school_url",
]

LETTERS: dict[str, Kind] = {
    "account_event": account_event.KIND,
    "change_email": change_email.KIND,
    "digest": digest.KIND,
    "email_changed": email_changed.KIND,
    "email_taken": email_taken.KIND,
    "export_ready": export_ready.KIND,
    "invitation": invitation.KIND,
    "notification": notification.KIND,
    "password_changed": password_changed.KIND,
    "reset_password": reset_password.KIND,
    "verify_email": verify_email.KIND,
}


@dataclass(frozen=True)
class Rendered:
    """Hold one email as it will be read."""

    subject: str
    text: str
    html: str


class UnwritableError(Exception):
    """Says that the facts of an email do not make its letter."""


def render(letter: str, data: Facts, in_code: str, *, unsubscribe: str = "") -> Rendered:
    """Write a letter in the language with this code; `unsubscribe` is the address that ends such emails."""
    try:
        with in_language(in_code):
            words = LETTERS[letter].write(data)
            context = {
                "letter": words,
                "language": language(),
                "school": school_name(),
                "home": school_url("/"),
                "url": school_url,
                "unsubscribe": unsubscribe,
            }
            text, html = (
                current_app.jinja_env.get_template(f"emails/letter.{kind}").render(context) for kind in ("txt", "html")
            )
    except (LookupError, TypeError, ValueError, AttributeError, TemplateError) as error:
        raise UnwritableError(f"The letter {letter} cannot be written: {error!r}") from error
    return Rendered(words.subject, text.strip() + "\n", html)


def label(letter: str) -> str:
    """Name the letter for whoever looks after the outbox."""
    return str(LETTERS[letter].label) if letter in LETTERS else letter


def is_urgent(letter: str) -> bool:
    """Tell whether somebody waits for it at the screen."""
    return LETTERS[letter].urgent


def is_for_stranger(letter: str) -> bool:
    """Tell whether it goes to an address that nobody proved yet."""
    return LETTERS[letter].to_stranger


def notifications_in(letter: str, data: Facts) -> Sequence[NotificationKind]:
    """Return the kinds of notification that it brings; none when it cannot be unsubscribed."""
    return [kind for kind in _asked(letter, "notifications", data) if kind is not FIXED]


def reaches_blocked(letter: str, data: Facts) -> bool:
    """Tell whether blocked people get it too."""
    return bool(_asked(letter, "reaches_blocked", data))


def follows_person(letter: str, data: Facts) -> bool:
    """Tell whether it goes to the address that its person has now, not to the one that it was written to."""
    return bool(_asked(letter, "follows_person", data))


def _asked(letter: str, question: str, data: Facts) -> Any:
    """Answer out of the facts of a letter; raises `UnwritableError` when they are not what the letter asks for."""
    try:
        return getattr(LETTERS[letter], question)(data)
    except (LookupError, TypeError, ValueError) as error:
        raise UnwritableError(f"The letter {letter} cannot be written: {error!r}") from error
