"""What several parts of the API share: problems, pages of lists, people, and who signs in."""

from typing import Any

from marshmallow import Schema, fields

from elearn.api.fields import (
    LINE,
    TEXT,
    TWENTY_LINES,
    TWENTY_PIECES,
    Choice,
    Id,
    Input,
    Moment,
    Text,
    Upload,
    Whole,
    about,
)
from elearn.api.parsing import FormToo, MayBeMissing
from elearn.languages import LANGUAGES
from elearn.models import Role, Theme
from elearn.services import accounts, profiles
from elearn.services.accounts import OPEN_ROLES
from elearn.services.course_cards import SEARCH_MAX
from elearn.services.paging import LAST_PAGE, PER_PAGE, PER_PAGE_MAX

NAME = "Elif Aydın"
USERNAME_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]{1,28}[A-Za-z0-9]$"
EMAIL_MAX, LOGIN_MAX = 254, 320
TOKEN_MAX = 2000


class Problem(Schema):
    """What went wrong, after RFC 9457."""

    type = fields.String(required=True, metadata=about("The kind of problem.", "urn:elearn:problem:invalid"))
    title = fields.String(required=True, metadata=about("The kind of problem in words.", "Something to put right"))
    status = fields.Integer(required=True, metadata=about("The HTTP status.", 422, minimum=400, maximum=599))
    detail = fields.String(
        required=True, metadata=about("What is wrong and what to do, in one sentence.", "Use at most 120 characters")
    )
    code = fields.String(required=True, metadata=about("The same for programs.", "invalid"))
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata=about("Sentences by the field of the input.", {"title": ["Use at most 120 characters"]}),
    )
    reference = fields.String(metadata=about("What names this problem in the log.", "7f3a9c"))
    current = fields.Dict(
        metadata=about("What stands there now, after a conflict.", {"title": "Biology 7", "version": 4})
    )
    message_id = Id("The message that has this nonce already.")


# Lists


class Paged(Input):
    """Which page of a list."""

    page = Whole("Which page, counted from 1.", 1, 1, LAST_PAGE, load_default=1)
    per_page = Whole("How many items on a page.", PER_PAGE, 1, PER_PAGE_MAX, load_default=PER_PAGE)


class Searched(Paged):
    """Which page of a list, narrowed by words."""

    q = Text("Words that must all stand in it.", "bio", longest=SEARCH_MAX, load_default="")


def page_of(item: type[Schema], name: str) -> type[Schema]:
    """Make the schema of a list of such items."""
    members: dict[str, Any] = {
        "items": fields.List(fields.Nested(item), required=True, metadata=about("The items of this page.")),
        "total": fields.Integer(required=True, metadata=about("How many items the whole list has.", 48)),
        "page": fields.Integer(required=True, metadata=about("Which page this is, counted from 1.", 1)),
        "pages": fields.Integer(required=True, metadata=about("How many pages there are, at least 1.", 3)),
        "__doc__": "One page of a list.",
    }
    return type(name, (Schema,), members)


# People


class Person(Schema):
    """A person as everybody of the school may see them."""

    id = Id("Names the person.", required=True)
    username = fields.String(required=True, metadata=about("The name to sign in with.", "elif.aydin"))
    full_name = fields.String(required=True, metadata=about("The name as people say it.", NAME))
    role = Choice("What the person is in the school.", "teacher", Role, required=True)
    photo = fields.String(
        attribute="photo_url",
        required=True,
        allow_none=True,
        metadata=about("Address of the photo, for people who are signed in.", "/photos/0199f2c4.webp"),
    )
    initials = fields.String(required=True, metadata=about("Shown where there is no photo.", "EA"))
    tint = fields.Integer(required=True, metadata=about("Which of the six grounds the initials stand on.", 3))


class Me(Person):
    """Everything about oneself."""

    email = fields.String(required=True, metadata=about("One's own address.", "elif@example.org"))
    email_verified = fields.Boolean(
        attribute="is_verified", required=True, metadata=about("Whether the address is proved to be one's own.", True)
    )
    email_refused_at = Moment(
        "Since when there is no such mailbox, says its server: only codes still go there.", required=True,
        allow_none=True,
    )  # fmt: skip
    requested_role = Choice(
        "What one asked to be, until the school answers.", "teacher", Role, required=True, allow_none=True
    )
    headline = fields.String(required=True, metadata=about("One line under the name.", "Learns by the sea"))
    bio = fields.String(required=True, metadata=about("What one says about oneself.", "I teach biology."))
    education = fields.String(
        required=True, metadata=about("Schools and trainings, one on each line.", "School of the Sea\nLyceum of Light")
    )
    interests = fields.String(required=True, metadata=about("Interests, with commas between them.", "comets, choir"))
    language = Choice("The language of pages and emails.", "de", tuple(LANGUAGES), required=True)
    theme = Choice("How the pages look.", "dark", Theme, required=True)
    time_zone = fields.String(required=True, metadata=about("Where one lives.", "Europe/Istanbul"))
    created_at = Moment("Since when the account exists.", required=True)


class Registration(Input):
    """A new account."""

    username = Text(
        "The name to sign in with: letters, numbers, dots and dashes.", "elif.aydin",
        shortest=3, longest=30, pattern=USERNAME_PATTERN, required=True,
    )  # fmt: skip
    email = Text(
        "An address that the person reads.", "elif@example.org",
        shortest=3, longest=EMAIL_MAX, form="email", required=True,
    )  # fmt: skip
    password = Text(
        "A secret that is hard to guess: at least four different characters, and not the name or the address.",
        "comets need four words", shortest=accounts.PASSWORD_MIN, longest=accounts.PASSWORD_MAX, form="password",
        required=True, load_only=True,
    )  # fmt: skip
    full_name = Text(
        "The name as people say it.", NAME, shortest=1, longest=accounts.NAME_MAX, form="name", required=True
    )
    role = Choice("What to be in the school.", "teacher", tuple(sorted(OPEN_ROLES)), required=True)


class Credentials(Input):
    """What somebody signs in with."""

    login = Text("Username or email.", "elif.aydin", shortest=1, longest=LOGIN_MAX, required=True)
    password = Text(
        "The password.", "comets need four words", shortest=1, longest=1000, form="password", required=True,
        load_only=True,
    )  # fmt: skip


class RefreshToken(Input, MayBeMissing):
    """The token that is exchanged for new ones; the header Authorization may carry it instead."""

    refresh_token = Text(
        "The refresh token of the latest sign-in or refresh.", "eyJhbGciOi...", shortest=1, longest=TOKEN_MAX,
        pattern="^[!-~]+$",
    )  # fmt: skip


class Tokens(Schema):
    """A sign-in: both tokens, and whose they are."""

    access_token = fields.String(
        required=True, metadata=about("Send it as `Authorization: Bearer`; lives 15 minutes.", "eyJhbGciOi...")
    )
    refresh_token = fields.String(
        required=True, metadata=about("Exchange it once for the next pair; lives 30 days.", "eyJhbGciOi...")
    )
    user = fields.Nested(Me, required=True, metadata=about("Who signed in."))


class ProfileChanges(Input, FormToo):
    """What somebody changes about themselves; what is not named stays."""

    full_name = Text("The name as people say it.", NAME, shortest=1, longest=accounts.NAME_MAX, form="name")
    headline = Text("One line under the name.", "Learns by the sea", longest=profiles.HEADLINE_MAX, pattern=LINE)
    bio = Text("What one says about oneself.", "I teach biology.", longest=profiles.BIO_MAX, pattern=TEXT)
    education = Text(
        f"Schools and trainings, one on each line, at most {profiles.EDUCATION_LINES} of them.",
        "School of the Sea\nLyceum of Light", longest=profiles.EDUCATION_MAX, pattern=TWENTY_LINES,
    )  # fmt: skip
    interests = Text(
        f"Interests, with commas between them, at most {profiles.INTERESTS_MOST} of them.",
        "comets, choir", longest=profiles.INTERESTS_MAX, pattern=TWENTY_PIECES,
    )  # fmt: skip
    language = Choice("The language of pages and emails.", "de", tuple(LANGUAGES))
    theme = Choice("How the pages look.", "dark", Theme)
    time_zone = Text(
        "Where one lives: a name of the time zone database.", "Europe/Istanbul", longest=60, form="time-zone"
    )


class ProfileForm(ProfileChanges):
    """The same as a form, with a photo."""

    photo = Upload("A JPEG, PNG or WebP photo; it is cut to a square.")
