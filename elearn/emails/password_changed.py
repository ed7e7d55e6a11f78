"""The notice that there is a new password. Facts: `by`, the name of who set it when it was not the owner."""

from elearn.emails.letter import Facts, Kind, Letter, school_name
from elearn.languages import _, lazy


def write(facts: Facts) -> Letter:
    by = facts.get("by", "")
    return Letter(
        subject=_("Your password at %(school)s was changed", school=school_name()),
        lines=[
            _("%(name)s set a new password for your account.", name=by)
            if by
            else _("Your account has a new password."),
            _("Other devices are signed out."),
        ],
        button=(_("Sign in"), "/sign-in"),
        after=[_("If you know nothing of this, set a new password and tell the school.")],
    )


KIND = Kind(write, lazy("The password was changed"))
