"""The shapes of invitations: what is asked, how one stands, and what the link offers."""

from marshmallow import Schema, fields, validate

from elearn.api.fields import TEXT, Choice, Id, Input, Moment, Text, about
from elearn.api.parsing import MayBeMissing
from elearn.api.schemas import EMAIL_MAX, NAME, USERNAME_PATTERN, Searched, Tokens, page_of
from elearn.models import EmailState, InvitationState, Role
from elearn.services import accounts, invitations
from elearn.services.invitation_lists import InvitationSort
from elearn.services.invitations import OutcomeState

COURSES_MAX = 100
ADDRESS = "elif@example.org"
WELCOME = "Welcome to our class!"


class NewInvitation(Input):
    """Who is to be invited, as what, and into which courses."""

    email = Text("Where the email goes.", ADDRESS, shortest=3, longest=EMAIL_MAX, form="email", required=True)
    full_name = Text("Stands in the form already when they come.", NAME, longest=accounts.NAME_MAX, load_default="")
    role = Choice("What the person will be; below one's own role.", "student", Role, required=True)
    courses = fields.List(
        Id("One course that one leads."),
        load_default=list,
        validate=validate.Length(max=COURSES_MAX, error=f"Name at most {COURSES_MAX} courses"),
        metadata=about("Courses in which a student is enrolled with the yes."),
    )
    message = Text(
        "Personal words in the email.", WELCOME, longest=invitations.MESSAGE_MAX, pattern=TEXT, load_default=""
    )


class InvitedCourse(Schema):
    """A course that an invitation leads into."""

    id = Id("Names the course.", required=True)
    title = fields.String(required=True, metadata=about("What stands on the cover.", "Biology 7"))
    code = fields.String(required=True, metadata=about("The short name; no other course has it.", "BIO-7"))


class InvitationItem(Schema):
    """An invitation, and what happened to it; the link is known to the email alone."""

    id = Id("Names the invitation.", required=True)
    email = fields.String(required=True, metadata=about("Where the email went.", ADDRESS))
    full_name = fields.String(required=True, metadata=about("The name that was given, or nothing.", NAME))
    role = Choice("What the person will be.", "student", Role, required=True)
    message = fields.String(required=True, metadata=about("Personal words in the email.", WELCOME))
    courses = fields.List(
        fields.Nested(InvitedCourse), required=True, metadata=about("In which courses the yes enrols.")
    )
    state = Choice("What happened to it.", "waiting", InvitationState, required=True)
    delivery = Choice(
        "How far the latest email is; null when it is no longer kept.",
        "sent",
        EmailState,
        required=True,
        allow_none=True,
    )
    problem = fields.String(
        required=True, metadata=about("Why the email could not be delivered, if so.", "550 no such mailbox")
    )
    inviter = fields.String(required=True, metadata=about("Who invited.", "Ada Novak"))
    accepted_by = fields.String(required=True, metadata=about("Who accepted, or nothing.", NAME))
    created_at = Moment("When it was made.", required=True)
    sent_at = Moment("When the link that counts was made.", required=True)
    expires_at = Moment("Until when it can be accepted.", required=True)
    accepted_at = Moment("When it was accepted, if it was.", required=True, allow_none=True)
    revoked_at = Moment("When it was revoked, if it was.", required=True, allow_none=True)


InvitationPage = page_of(InvitationItem, "InvitationPage")


class InvitationQuery(Searched):
    """Which invitations."""

    state = Choice("Only these.", "waiting", InvitationState, load_default=None)
    sort = Choice("The newest first, or by address.", "email", InvitationSort, load_default=InvitationSort.NEWEST)


class InvitationOutcome(Schema):
    """What came of inviting somebody."""

    state = Choice(
        "Invited; enrolled at once, for somebody with an account; or invited already.", "invited", OutcomeState,
        required=True,
    )  # fmt: skip
    sentence = fields.String(required=True, metadata=about("The same in words.", "New account and Biology 7"))
    invitation = fields.Nested(
        InvitationItem, required=True, allow_none=True, metadata=about("The invitation, if there is one.")
    )


class OfferShown(Schema):
    """What the link of an invitation offers."""

    email = fields.String(required=True, metadata=about("The address that was invited.", ADDRESS))
    full_name = fields.String(required=True, metadata=about("The name that the inviter gave, or nothing.", NAME))
    role = Choice("What one will be.", "student", Role, required=True)
    inviter = fields.String(required=True, metadata=about("Who invites.", "Ada Novak"))
    message = fields.String(required=True, metadata=about("Their personal words.", WELCOME))
    courses = fields.List(
        fields.String(metadata=about("The title of one course.", "Biology 7")),
        required=True,
        metadata=about("In which courses the yes enrols."),
    )
    expires_at = Moment("Until when it can be accepted.", required=True)
    has_account = fields.Boolean(
        required=True, metadata=about("Whether this address has an account: sign in with it to accept.", example=False)
    )


class Yes(Input, MayBeMissing):
    """The account to make; nothing for somebody who is signed in. What the invitation brings cannot be chosen."""

    username = Text(
        "The name to sign in with: letters, numbers, dots and dashes.", "elif.aydin",
        shortest=3, longest=30, pattern=USERNAME_PATTERN,
    )  # fmt: skip
    full_name = Text("The name as people say it.", NAME, shortest=1, longest=accounts.NAME_MAX, form="name")
    password = Text(
        "A secret that is hard to guess.", "comets need four words", shortest=accounts.PASSWORD_MIN,
        longest=accounts.PASSWORD_MAX, form="password", load_only=True,
    )  # fmt: skip


class YesAnswer(Schema):
    """What came of the yes."""

    courses = fields.List(
        Id("One course."), required=True, metadata=about("The courses in which one is enrolled by it.")
    )
    closed = fields.List(
        fields.String(metadata=about("The title of one course.", "Biology 7")),
        required=True,
        metadata=about("Courses of the invitation that are not open to this person now."),
    )
    tokens = fields.Nested(
        Tokens,
        required=True,
        allow_none=True,
        metadata=about("The sign-in of a new account, or the one in place of all earlier ones when the role rose."),
    )
