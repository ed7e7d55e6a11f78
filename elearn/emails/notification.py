"""One notification, at once. Facts: `kind`, `text` (in the receiver's language), `path`, and `label` of the button."""

from elearn.emails.letter import Facts, Kind, Letter
from elearn.languages import _, lazy
from elearn.models import NotificationKind


def write(facts: Facts) -> Letter:
    path = facts.get("path", "")
    return Letter(
        subject=facts["text"],
        lines=[facts["text"]],
        button=(facts.get("label") or _("Have a look"), path) if path else None,
    )


KIND = Kind(write, lazy("Notification"), notifications=lambda facts: [NotificationKind(facts["kind"])])
