"""What was done to somebody's account. Facts: `event`, a key of `EVENTS`, and `role` or `reason` where it has one."""

from collections.abc import Callable

from elearn.emails.invitation import role
from elearn.emails.letter import Facts, Kind, Letter, school_name
from elearn.languages import _, lazy

SIGN_IN = "/sign-in"


def _blocked(facts: Facts) -> Letter:
    reason = facts.get("reason", "")
    return Letter(
        subject=_("Your account at %(school)s is blocked", school=school_name()),
        lines=[
            _("You cannot sign in any more, and all devices are signed out. What you wrote stays."),
            *([_("The reason that was given:")] if reason else []),
        ],
        quote=reason,
        after=[_("If you think that this is a mistake, ask the school.")],
    )


def _unblocked(_facts: Facts) -> Letter:
    return Letter(
        subject=_("You can sign in at %(school)s again", school=school_name()),
        lines=[_("Your account is open again. Everything is where you left it.")],
        button=(_("Sign in"), SIGN_IN),
    )


def _role_changed(facts: Facts) -> Letter:
    return Letter(
        subject=_("Your role at %(school)s was changed", school=school_name()),
        lines=[_("You are %(role)s at %(school)s now.", role=role(facts), school=school_name())],
        button=(_("Have a look"), "/"),
    )


def _approved(facts: Facts) -> Letter:
    return Letter(
        subject=_("You are %(role)s at %(school)s now", role=role(facts), school=school_name()),
        lines=[_("The school has approved what you asked for when you registered.")],
        button=(_("Begin"), "/"),
    )


def _declined(facts: Facts) -> Letter:
    reason = facts.get("reason", "")
    return Letter(
        subject=_("Your request at %(school)s was declined", school=school_name()),
        lines=[
            _("You asked to be %(role)s. The school has declined; your account stays as it is.", role=role(facts)),
            *([_("The reason that was given:")] if reason else []),
        ],
        quote=reason,
    )


def _deleted(_facts: Facts) -> Letter:
    return Letter(
        subject=_("Your account at %(school)s is deleted", school=school_name()),
        lines=[_("Your profile and your settings are gone. What you wrote in courses stays, without your name.")],
        after=[_("If this was not you, tell the school at once.")],
    )


EVENTS: dict[str, Callable[[Facts], Letter]] = {
    "blocked": _blocked,
    "unblocked": _unblocked,
    "role_changed": _role_changed,
    "approved": _approved,
    "declined": _declined,
    "deleted": _deleted,
}


def write(facts: Facts) -> Letter:
    return EVENTS[facts["event"]](facts)


KIND = Kind(
    write,
    lazy("News of the account"),
    reaches_blocked=lambda facts: facts["event"] in {"blocked", "deleted"},
    follows_person=lambda facts: facts["event"] != "deleted",
)
