"""The copy of one's own data is there. Facts: `days` that it can be downloaded, and `path` of the page."""

from elearn.emails.letter import Facts, Kind, Letter, school_name
from elearn.languages import _, lazy, several


def write(facts: Facts) -> Letter:
    return Letter(
        subject=_("Your data at %(school)s are ready", school=school_name()),
        lines=[_("You asked for a copy of your data. It is ready to download.")],
        button=(_("Download your data"), facts.get("path", "/you/export")),
        after=[
            several(
                "It stays there for %(num)s day. Whoever has the file can read all of it.",
                "It stays there for %(num)s days. Whoever has the file can read all of it.",
                int(facts["days"]),
            )
        ],
    )


KIND = Kind(write, lazy("A copy of one's data"))
