"""The code that lets somebody set a new password. Secret: `code`."""

from elearn.emails.letter import Facts, Kind, Letter, school_name
from elearn.emails.verify_email import lifetime
from elearn.languages import _, lazy


def write(facts: Facts) -> Letter:
    return Letter(
        subject=_("A new password for %(school)s", school=school_name()),
        lines=[_("Somebody asked to set a new password for your account. Type this code there:")],
        code=facts["code"],
        button=(_("Set a new password"), facts.get("path", "/forgot/code")),
        after=[
            lifetime(),
            _("If this was not you, do nothing and tell nobody the code: your password stays as it is."),
        ],
    )


KIND = Kind(write, lazy("Code for a new password"), urgent=True)
