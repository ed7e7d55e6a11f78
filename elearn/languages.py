"""The languages that the school speaks: which there are, which one a reader has, and how a sentence gets into it.

Sentences stand in the code in English, inside `_("...")` with named places such as `%(name)s`; the others come from
`elearn/translations/`. A job or a command speaks English unless it says `in_language`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_babel import Babel, force_locale, get_locale, gettext, lazy_gettext, ngettext

__all__ = ["DEFAULT", "LANGUAGES", "_", "after_colon", "babel", "in_language", "language", "lazy", "marked", "several"]

LANGUAGES = {"en": "English", "de": "Deutsch"}
DEFAULT = "en"

babel = Babel()


def _(text: str, **values: Any) -> str:
    """Return the sentence in the language that is spoken now, its places filled."""
    return str(gettext(text, **values))


def lazy(text: str, **values: Any) -> Any:
    """Return a sentence that is put into words when it is read: for labels and constants, which are made only once."""
    return lazy_gettext(text, **values)


def marked(text: str) -> str:
    """Return the sentence as it is, and have it translated: for those that `_` is asked about later, by a variable."""
    return text


def after_colon(sentence: str) -> str:
    """Return a sentence as it stands behind a colon: small at its beginning in English; German keeps its capitals."""
    return sentence[:1].lower() + sentence[1:] if language() == DEFAULT else sentence


def several(one: str, many: str, number: int, **values: Any) -> str:
    """Return the sentence for a number, which stands in it as `%(num)s`."""
    return str(ngettext(one, many, number, **values))


def language() -> str:
    """Return the code of the language that is spoken now."""
    locale = get_locale()
    return str(locale) if locale is not None else DEFAULT


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Speak this language, as for an email that its receiver will read."""
    with force_locale(code if code in LANGUAGES else DEFAULT):
        yield
