"""What stands in requests and answers about notifications."""

from marshmallow import Schema, fields, validate

from elearn.api.fields import Choice, Id, Input, Moment, Truth, about
from elearn.api.parsing import MayBeMissing
from elearn.api.schemas import Paged, Person, page_of
from elearn.models import EmailChoice, NotificationKind
from elearn.services.notification_kinds import KINDS, Group

CHOOSABLE = tuple(kind.value for kind, about_kind in KINDS.items() if not about_kind.is_fixed)


class NotificationsQuery(Paged):
    """Which notifications, and which page of them."""

    show = Choice("All, or only what is unread.", "unread", ("all", "unread"), load_default="all")
    group = Choice("Only what is about this.", "courses", Group, load_default=None)


class NotificationItem(Schema):
    """Something that one was told."""

    id = Id("Names the notification.", required=True)
    kind = Choice("What happened.", "student_enrolled", NotificationKind, required=True)
    group = Choice("What it is about.", "courses", Group, required=True)
    text = fields.String(
        required=True,
        metadata=about("What happened, in the reader's language.", "Ben Kowalski enrolled in Biology 7"),
    )
    path = fields.String(
        required=True,
        metadata=about(
            "Where it leads, on this school.",
            "/courses/0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55/people",
            format="uri-reference",
        ),
    )
    actor = fields.Nested(Person, required=True, allow_none=True, metadata=about("Who did it; null for the school."))
    course_id = Id("The course that it is about, if one is.", required=True, allow_none=True)
    created_at = Moment("When it happened.", required=True)
    read_at = Moment("When it was read, if it was.", required=True, allow_none=True)


NotificationPage = page_of(NotificationItem, "NotificationPage")


class ReadUntil(Input, MayBeMissing):
    """Up to where one has read."""

    until = Id("The newest notification that was seen; without it all are marked.", load_default=None)


class PreferenceItem(Schema):
    """How one kind comes."""

    kind = Choice("What happens.", "deadline_near", NotificationKind, required=True)
    group = Choice("What it is about.", "work", Group, required=True)
    label = fields.String(
        required=True, metadata=about("What happens, in the reader's language.", "A deadline is set or changed")
    )
    in_page = fields.Boolean(required=True, metadata=about("Whether it stands among the notifications.", example=True))
    email = Choice("How it comes by email.", "digest", EmailChoice, required=True)
    fixed = fields.Boolean(
        attribute="is_fixed", required=True, metadata=about("Whether this cannot be chosen.", example=False)
    )


class Preferences(Schema):
    """How everything comes that may reach the reader."""

    items = fields.List(fields.Nested(PreferenceItem), required=True, metadata=about("One for each kind."))


class PreferenceChange(Input):
    """How one kind shall come; what is not named stays."""

    kind = Choice("What happens.", "deadline_near", CHOOSABLE, required=True)
    in_page = Truth("Whether it stands among the notifications.", example=False)
    email = Choice("How it comes by email.", "off", EmailChoice)


class PreferenceChanges(Input):
    """How some kinds shall come."""

    items = fields.List(
        fields.Nested(PreferenceChange),
        required=True,
        validate=validate.Length(max=100, error="Name at most 100 kinds"),
        metadata=about("One for each kind that changes; of two for the same kind the last counts."),
    )
