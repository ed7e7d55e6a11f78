"""The code that proves the new address of an account. Secret: `code`."""

from elearn.emails.letter import Facts, Kind, Letter, school_name, stays
from elearn.emails.verify_email import lifetime
from elearn.languages import _, lazy


def write(facts: Facts) -> Letter:
    return Letter(
        subject=_("Your code for %(school)s", school=school_name()),
        lines=[
            _(
                "Somebody wants to use this address for their account at %(school)s. Type this code there:",
                school=school_name(),
            )
        ],
        code=facts["code"],
        button=(_("Type the code"), facts.get("path", "/you/email")),
        after=[lifetime(), _("If this was not you, do nothing: without the code nobody can use your address.")],
    )


KIND = Kind(write, lazy("Code for a new address"), urgent=True, to_stranger=True, follows_person=stays)
