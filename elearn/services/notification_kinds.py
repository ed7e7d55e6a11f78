"""The kinds of notifications: what each says to its reader, where it leads, and how it comes unless somebody chose.

Sentences are made when they are read, in the reader's language and time zone, out of facts that were kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from elearn.languages import _, language, lazy
from elearn.models import EmailChoice, NotificationKind
from elearn.permissions import Action, Actor, can


class Group(StrEnum):
    """What belongs together in the centre and among the preferences."""

    COURSES = "courses"
    WORK = "work"
    ACCOUNT = "account"

    @property
    def label(self) -> str:
        return str({"courses": _("Courses"), "work": _("Work"), "account": _("You")}[self.value])


@dataclass(frozen=True)
class Facts:
    """What a sentence is made of, for one reader."""

    data: dict[str, Any] = field(default_factory=dict)
    who: str = ""
    course: str = ""
    course_id: UUID | None = None
    zone: str = "UTC"

    @property
    def named(self) -> dict[str, str]:
        """Return the facts by the names that stand in sentences."""
        return {
            "who": self.who or _("The school"),
            "course": self.course or str(self.data.get("course_title", "")),
            "title": str(self.data.get("title", "")),
            "role": str(self.data.get("role", "")),
        }

    def due(self) -> str:
        """Say the deadline in the reader's time zone."""
        moment = datetime.fromisoformat(self.data["due"]).astimezone(ZoneInfo(self.zone))
        return str(format_datetime(moment, _("EEEE d MMMM, H:mm"), locale=language()))


Say = Callable[[Facts], str]


@dataclass(frozen=True)
class Kind:
    """Describe one kind; `label` names it among the preferences, `for_teachers` says who gets it, `None` is all."""

    group: Group
    icon: str
    label: Any
    sentence: Say
    path: Say
    email: EmailChoice = EmailChoice.NOW
    for_teachers: bool | None = None
    # What everybody has to know of their own account: always in the page, and as letters of their own by email.
    is_fixed: bool = False


def _course(facts: Facts) -> str:
    return f"/courses/{facts.course_id}" if facts.course_id else _my_courses(facts)


def _people(facts: Facts) -> str:
    return f"{_course(facts)}/people" if facts.course_id else _my_courses(facts)


def _my_courses(_facts: Facts) -> str:
    return "/courses"


ACCOUNT_EVENTS: dict[str, Say] = {
    "password_changed": lambda _facts: _("Your password was changed"),
    "email_changed": lambda _facts: _("Your email address was changed"),
    "role_changed": lambda facts: _("Your role is now: %(role)s", role=role_name(facts.named["role"])),
    "approved": lambda _facts: _("You may teach now: your account was approved"),
    "declined": lambda _facts: _("Your wish to teach was declined"),
    "role_requested": lambda facts: _("%(who)s asks to teach", **facts.named),
    "unblocked": lambda _facts: _("Your account is open again"),
    "course_received": lambda facts: _("You teach %(course)s now", **facts.named),
    "course_given": lambda facts: _("%(course)s has another teacher now", **facts.named),
    "export_ready": lambda _facts: _("The copy of your data is ready"),
    "import_done": lambda facts: _("The invitations of %(title)s are done", **facts.named),
}


def _account(facts: Facts) -> str:
    """Say what happened to the reader's account; `event` among the facts names it."""
    say = ACCOUNT_EVENTS.get(str(facts.data.get("event", "")))
    return say(facts) if say else _("Something about your account changed")


def role_name(value: str) -> str:
    """Name a role in the reader's language."""
    names = {
        "student": _("student"),
        "teacher": _("teacher"),
        "manager": _("manager"),
        "admin": _("administrator"),
    }
    return names.get(value, value)


KINDS: dict[NotificationKind, Kind] = {
    NotificationKind.STUDENT_ENROLLED: Kind(
        Group.COURSES, "person-plus", lazy("A student enrols in your course"),
        lambda facts: _("%(who)s enrolled in %(course)s", **facts.named),
        _people, EmailChoice.DIGEST, for_teachers=True,
    ),
    NotificationKind.STUDENT_LEFT: Kind(
        Group.COURSES, "person-dash", lazy("A student leaves your course"),
        lambda facts: _("%(who)s left %(course)s", **facts.named),
        _people, EmailChoice.DIGEST, for_teachers=True,
    ),
    NotificationKind.NEW_REVIEW: Kind(
        Group.COURSES, "star", lazy("Somebody reviews your course"),
        lambda facts: _("%(who)s reviewed %(course)s", **facts.named),
        _course, EmailChoice.DIGEST, for_teachers=True,
    ),
    NotificationKind.ADDED_TO_COURSE: Kind(
        Group.COURSES, "journal-plus", lazy("A teacher adds you to a course"),
        lambda facts: _("%(who)s added you to %(course)s", **facts.named),
        _course, for_teachers=False,
    ),
    NotificationKind.REMOVED_FROM_COURSE: Kind(
        Group.COURSES, "journal-minus", lazy("You are removed from a course"),
        lambda facts: _("You were removed from %(course)s", **facts.named),
        _my_courses, for_teachers=False,
    ),
    NotificationKind.BLOCKED_IN_COURSE: Kind(
        Group.COURSES, "slash-circle", lazy("You are blocked in a course"),
        lambda facts: _("You are blocked in %(course)s. Speak to its teacher", **facts.named),
        _my_courses, for_teachers=False,
    ),
    NotificationKind.COURSE_DELETED: Kind(
        Group.COURSES, "journal-x", lazy("A course of yours is deleted"),
        lambda facts: _("%(course)s was deleted", **facts.named),
        _my_courses, for_teachers=False,
    ),
    NotificationKind.NEW_MATERIAL: Kind(
        Group.WORK, "file-earmark-plus", lazy("New material in a course"),
        lambda facts: _("New in %(course)s: %(title)s", **facts.named),
        _course, EmailChoice.DIGEST, for_teachers=False,
    ),
    NotificationKind.DEADLINE_SET: Kind(
        Group.WORK, "calendar-event", lazy("A deadline is set or changed"),
        lambda facts: _("%(title)s in %(course)s is due on %(due)s", due=facts.due(), **facts.named),
        _course, for_teachers=False,
    ),
    NotificationKind.DEADLINE_NEAR: Kind(
        Group.WORK, "clock", lazy("A deadline is near and you have not handed in"),
        lambda facts: _("%(title)s is due soon: %(due)s", due=facts.due(), **facts.named),
        _course, for_teachers=False,
    ),
    NotificationKind.RESULT_PUBLISHED: Kind(
        Group.WORK, "check2-circle", lazy("A result of yours is published"),
        lambda facts: _("Your result of %(title)s in %(course)s is there", **facts.named),
        _course, for_teachers=False,
    ),
    NotificationKind.HANDED_IN: Kind(
        Group.WORK, "inbox", lazy("A student hands in"),
        lambda facts: _("%(who)s handed in %(title)s", **facts.named),
        _course, EmailChoice.DIGEST, for_teachers=True,
    ),
    NotificationKind.INVITATION_ACCEPTED: Kind(
        Group.ACCOUNT, "envelope-check", lazy("Somebody accepts your invitation"),
        lambda facts: _("%(who)s accepted your invitation", **facts.named),
        lambda _facts: "/invitations", EmailChoice.DIGEST, for_teachers=True,
    ),
    NotificationKind.ACCOUNT: Kind(
        Group.ACCOUNT, "shield-check", lazy("Your account: role, password, address"),
        _account, lambda facts: _course(facts) if facts.course_id else "/you", EmailChoice.OFF, is_fixed=True,
    ),
}  # fmt: skip


def sentence(kind: NotificationKind, facts: Facts) -> str:
    """Return what happened, in one sentence, in the language that is spoken now."""
    return KINDS[kind].sentence(facts)


def path(kind: NotificationKind, facts: Facts) -> str:
    """Return where the notification leads on this school: the page that was named with it, or that of its kind."""
    named = facts.data.get("path", "")
    is_here = isinstance(named, str) and named.startswith("/") and not named.startswith(("//", "/\\"))
    return named if is_here else KINDS[kind].path(facts)


def kinds_for(actor: Actor) -> list[NotificationKind]:
    """Return the kinds that may reach this person: what teachers get, or what students get, and what all do."""
    teaches = can(actor, Action.CREATE_COURSE)
    return [kind for kind, about in KINDS.items() if about.for_teachers in {None, teaches}]
