"""Somebody registered with an address that has an account: its owner learns it, whoever typed it does not."""

from elearn.emails.letter import Facts, Kind, Letter, school_name, stays
from elearn.languages import _, lazy


def write(facts: Facts) -> Letter:
    return Letter(
        subject=_("You have an account at %(school)s already", school=school_name()),
        lines=[
            _("Somebody tried to make an account at %(school)s with this address.", school=school_name()),
            _("You have one already: sign in with it. If you forgot the password, you can set a new one there."),
        ],
        button=(_("Sign in"), facts.get("path", "/sign-in")),
        after=[_("If this was not you, do nothing: your account is as it was.")],
    )


KIND = Kind(write, lazy("There is an account already"), urgent=True, to_stranger=True, follows_person=stays)
