"""What is asked and answered about people by those who search and oversee them, and about the activity log."""

from marshmallow import Schema, fields

from elearn.api.fields import LINE, Choice, Day, Id, Input, Moment, Text, Truth, about
from elearn.api.parsing import MayBeMissing
from elearn.api.schemas import EMAIL_MAX, NAME, USERNAME_PATTERN, Paged, Person, Searched, page_of
from elearn.models import ActivityKind, CourseState, EnrolmentState, Role
from elearn.services import accounts, people
from elearn.services.directory import PeopleSort, State

REASON = "What the person reads about it."


class PeopleQuery(Searched):
    """Which people."""

    q = Text(
        "Beginnings of words of name, username or email, which must all be there.", "elif ayd",
        longest=100, load_default="",
    )  # fmt: skip
    role = Choice("Only this role.", "teacher", Role, load_default=None)
    blocked = Choice(
        "`false` leaves out the blocked, `true` all others.", "false", ("true", "false"), load_default=None
    )
    state = Choice("Only accounts that stand so; for those who oversee people.", "waiting", State, load_default=None)
    sort = Choice(
        "By name; or the newest accounts first, for those who oversee people: not with `q`, which finds by name.",
        "full_name", PeopleSort, load_default=PeopleSort.NAME,
    )  # fmt: skip


class FoundPerson(Person):
    """Somebody who was found, as far as the reader may see them."""

    email = fields.String(
        required=True,
        allow_none=True,
        metadata=about("The address; for teachers only of the students of their own courses.", "elif@example.org"),
    )
    is_blocked = fields.Boolean(required=True, metadata=about("Whether the account is blocked.", example=False))
    is_verified = fields.Boolean(
        required=True,
        allow_none=True,
        metadata=about("Whether the address is proved; for those who oversee people.", example=True),
    )
    email_refused_at = Moment(
        "Since when there is no such mailbox, says its server; for those who oversee people.",
        required=True, allow_none=True,
    )  # fmt: skip
    requested_role = Choice(
        "What the person asks to be, until somebody answers; for those who oversee people.", "teacher", Role,
        required=True, allow_none=True,
    )  # fmt: skip
    created_at = Moment("Since when the account exists; for those who oversee people.", required=True, allow_none=True)


class PeoplePage(page_of(FoundPerson, "PeoplePage")):  # type: ignore[misc]
    """One page of people."""

    is_more = fields.Boolean(
        required=True,
        metadata=about(
            "Whether there are more than `total`: very long lists are counted up to a bound.", example=False
        ),
    )


class Account(Person):
    """An account, for those who oversee people."""

    email = fields.String(required=True, metadata=about("The address.", "elif@example.org"))
    is_verified = fields.Boolean(required=True, metadata=about("Whether the address is proved.", example=True))
    email_refused_at = Moment("Since when there is no such mailbox, says its server.", required=True, allow_none=True)
    is_blocked = fields.Boolean(required=True, metadata=about("Whether the account is blocked.", example=False))
    blocked_reason = fields.String(required=True, metadata=about("Why it is blocked.", "Insults in the chat"))
    requested_role = Choice(
        "What the person asks to be, until somebody answers.", "teacher", Role, required=True, allow_none=True
    )
    created_at = Moment("Since when the account exists.", required=True)


class CourseOfPerson(Schema):
    """A course that somebody teaches or studies in."""

    id = Id("Names the course.", required=True)
    title = fields.String(required=True, metadata=about("What stands on the cover.", "Biology 7"))
    code = fields.String(required=True, metadata=about("The short name; no other course has it.", "BIO-7"))
    state = Choice("Whether students find it, or only read it any more.", "published", CourseState, required=True)
    enrolment = Choice(
        "How the person stands to it; null for who teaches it.", "active", EnrolmentState, required=True,
        allow_none=True,
    )  # fmt: skip
    since = Moment("When the enrolment last changed; for who teaches it, when it was made.", required=True)


CourseOfPersonPage = page_of(CourseOfPerson, "CourseOfPersonPage")


class AccountWithPassword(Schema):
    """An account with its new password."""

    user = fields.Nested(Account, required=True, metadata=about("The account."))
    password = fields.String(
        required=True,
        allow_none=True,
        metadata=about(
            "The password that was made, shown only now; none when one was sent.", "k7m2p-x9qwe-rt4yz-3abcd"
        ),
    )


def _password() -> Text:
    return Text(
        "A password to hand over; left out, one is made and shown once.", "comets need four words",
        shortest=accounts.PASSWORD_MIN, longest=accounts.PASSWORD_MAX, form="password", load_only=True,
    )  # fmt: skip


class NewPerson(Input):
    """An account for somebody else."""

    username = Text(
        "The name to sign in with: letters, numbers, dots and dashes.", "elif.aydin",
        shortest=3, longest=30, pattern=USERNAME_PATTERN, required=True,
    )  # fmt: skip
    email = Text(
        "An address that is known to be theirs.", "elif@example.org",
        shortest=3, longest=EMAIL_MAX, form="email", required=True,
    )  # fmt: skip
    full_name = Text(
        "The name as people say it.", NAME, shortest=1, longest=accounts.NAME_MAX, form="name", required=True
    )
    role = Choice("What to be in the school: a role below one's own.", "teacher", Role, required=True)
    password = _password()


class NewRole(Input):
    """Another role."""

    role = Choice("What to be in the school: a role below one's own.", "teacher", Role, required=True)


class Reason(Input, MayBeMissing):
    """Why something is done."""

    reason = Text(REASON, "Insults in the chat", longest=people.REASON_MAX, pattern=LINE, load_default="")


class ReasonForLog(Input, MayBeMissing):
    """Why something is done, for those who read the log."""

    reason = Text(
        "What the activity log says about it.", "It was somebody else",
        longest=people.REASON_MAX, pattern=LINE, load_default="",
    )  # fmt: skip


class HandedPassword(Input, MayBeMissing):
    """How somebody gets a new password."""

    password = _password()
    send_code = Truth("Send a code instead, with which the person sets a password.", example=False, load_default=False)


# The activity log


class ActivityQuery(Paged):
    """Which lines of the log."""

    kind = Choice("Only this kind.", "role_changed", ActivityKind, load_default=None)
    actor = Id("Only what this person did.", load_default="")
    subject = Id("Only what was done to this person.", load_default="")
    about = Id("Only what this person did, or what was done to them.", load_default=None)
    object = Id("Only what was done in or to this thing, such as a course.", load_default=None)
    since = Day("From this day on, in UTC.", "2026-09-01", load_default=None)
    until = Day("Up to this day, included, in UTC.", "2026-09-30", load_default=None)
    address = Text("Only from this network address.", "192.0.2.7", longest=45, pattern=LINE, load_default="")


class ActivityLine(Schema):
    """One line of the log; names are those of then."""

    id = Id("Names the line.", required=True)
    at = Moment("When it was done.", required=True)
    kind = Choice("What was done.", "role_changed", ActivityKind, required=True)
    actor_id = Id("Who did it; nobody for a failed sign-in and for the operator.", required=True, allow_none=True)
    actor_name = fields.String(required=True, metadata=about("Their name.", NAME))
    subject_id = Id("To whom it was done.", required=True, allow_none=True)
    subject_name = fields.String(required=True, metadata=about("Their name.", "Ben Kowalski"))
    object_id = Id("What it was done to, such as a course.", required=True, allow_none=True)
    object_name = fields.String(required=True, metadata=about("Its name.", "Biology 7"))
    address = fields.String(required=True, metadata=about("The network address of the actor.", "192.0.2.7"))
    detail = fields.Dict(required=True, metadata=about("What else is known.", {"role": "teacher", "before": "student"}))


class ActivityPage(page_of(ActivityLine, "ActivityPage")):  # type: ignore[misc]
    """One page of the log, the newest first."""

    is_more = fields.Boolean(
        required=True,
        metadata=about(
            "Whether there are more than `total`: very long lists are counted up to a bound.", example=False
        ),
    )
