"""The notice to the old address that the account has a new one. Facts: `new_email`."""

from elearn.emails.letter import Facts, Kind, Letter, school_name, stays
from elearn.languages import _, lazy


def write(facts: Facts) -> Letter:
    return Letter(
        subject=_("Your email address at %(school)s was changed", school=school_name()),
        lines=[
            _("From now on messages of %(school)s go to %(email)s.", school=school_name(), email=facts["new_email"]),
        ],
        after=[_("If this was not you, tell the school at once: somebody else may be in your account.")],
    )


KIND = Kind(write, lazy("The address was changed"), follows_person=stays)
