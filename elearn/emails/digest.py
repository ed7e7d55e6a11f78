"""What happened, once a day. Facts: `items`, each with `text` (in the receiver's language) and `path`; `kinds`."""

from elearn.emails.letter import Facts, Item, Kind, Letter, school_name
from elearn.languages import _, lazy, several
from elearn.models import NotificationKind


def write(facts: Facts) -> Letter:
    items = [Item(one["text"], one.get("path", "")) for one in facts["items"]]
    return Letter(
        subject=several(
            "%(school)s: %(num)s thing is new", "%(school)s: %(num)s things are new", len(items), school=school_name()
        ),
        lines=[_("This is new since yesterday:")],
        items=items,
        button=(_("See all notifications"), "/notifications"),
    )


KIND = Kind(
    write, lazy("Daily digest"), notifications=lambda facts: [NotificationKind(kind) for kind in facts["kinds"]]
)
