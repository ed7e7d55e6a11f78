"""What every letter is made of, and the addresses that it may lead to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from elearn.extensions import current_settings
from elearn.models import NotificationKind

Facts = Mapping[str, Any]
# What everybody has to know of their own account cannot be turned off.
FIXED = NotificationKind.ACCOUNT


@dataclass(frozen=True)
class Item:
    """One sentence of a list, and where it leads."""

    text: str
    path: str = ""


@dataclass(frozen=True)
class Letter:
    """Hold the words of one email; the text and the HTML are both made of these, so that they say the same."""

    subject: str
    lines: Sequence[str]
    # What somebody else wrote, shown as their words.
    quote: str = ""
    # A one-time code, set apart so that it can be read out and copied.
    code: str = ""
    items: Sequence[Item] = ()
    # The label and the path of the one button.
    button: tuple[str, str] | None = None
    # What stands below the button.
    after: Sequence[str] = ()


@dataclass(frozen=True)
class Kind:
    """Say of one letter how it is written and how it may be sent."""

    write: Callable[[Facts], Letter]
    # Names it for whoever looks after the outbox; a lazy string.
    label: Any
    # Which notifications it brings: whoever turned these off gets none, and each copy says how to turn them off.
    notifications: Callable[[Facts], Sequence[NotificationKind]] = field(default=lambda _: ())
    # Somebody waits for it at the screen: it goes before what can wait.
    urgent: bool = False
    # The address is not proved yet, so the mail says nothing that whoever typed it could have chosen: no name either.
    to_stranger: bool = False
    # Blocked people get it too, because it tells of the block.
    reaches_blocked: Callable[[Facts], bool] = field(default=lambda _: False)
    # It is for the person, so it goes where they are now; otherwise it is about the address that it was written to.
    follows_person: Callable[[Facts], bool] = field(default=lambda _: True)


def stays(_facts: Facts) -> bool:
    """Say of a letter that it goes to the address that it was written to, whoever has moved since."""
    return False


def school_url(path: str) -> str:
    """Return the address of a page for people who are not on it.

    It is made of the settings alone: a request may carry any Host header, and a link with a code in it must not lead
    where somebody else wants. What is no path of ours leads to the first page.
    """
    settings = current_settings()
    base = settings.base_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    return base + (path if is_own_path(path) else "/")


def is_own_path(path: str) -> bool:
    return path.startswith("/") and not path.startswith(("//", "/\\")) and not any(sign <= " " for sign in path)


def school_host() -> str:
    """Return the name of the school's machine, which ends every Message-ID."""
    host = urlsplit(school_url("/")).hostname or "localhost"
    return f"[{host}]" if ":" in host else host.encode("idna").decode()


def school_name() -> str:
    return current_settings().school_name
