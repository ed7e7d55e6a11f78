"""The code that proves an address. Secret: `code`."""

from elearn.emails.letter import Facts, Kind, Letter, school_name, stays
from elearn.extensions import current_settings
from elearn.languages import _, lazy, several


def write(facts: Facts) -> Letter:
    return Letter(
        subject=_("Your code for %(school)s", school=school_name()),
        lines=[
            _("Somebody made an account at %(school)s with this address. Type this code there:", school=school_name())
        ],
        code=facts["code"],
        button=(_("Type the code"), facts.get("path", "/verify-email")),
        after=[
            lifetime(),
            _("If this was not you, do nothing: without the code the account cannot use your address."),
        ],
    )


def lifetime() -> str:
    """Say how long a code works."""
    return several(
        "The code works once, for %(num)s minute.",
        "The code works once, for %(num)s minutes.",
        current_settings().code_minutes,
    )


KIND = Kind(write, lazy("Code for a new account"), urgent=True, to_stranger=True, follows_person=stays)
