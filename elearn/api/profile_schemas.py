"""What the API says of preferences, of other people's profiles, and of copies of one's own data."""

from marshmallow import Schema, fields

from elearn.api.auth_schemas import present_password
from elearn.api.fields import Choice, Id, Input, Moment, Text, about
from elearn.api.schemas import Person
from elearn.languages import LANGUAGES
from elearn.models import ExportState, Theme


class OwnPreferences(Schema):
    """How pages look and speak to oneself."""

    language = Choice("The language of pages and emails.", "de", tuple(LANGUAGES), required=True)
    time_zone = fields.String(
        required=True, metadata=about("In which times are shown.", "Europe/Istanbul", format="time-zone")
    )
    theme = Choice("How the pages look.", "dark", Theme, required=True)


class OwnPreferenceChanges(Input):
    """What to change; what is not named stays."""

    language = Choice("The language of pages and emails.", "de", tuple(LANGUAGES))
    time_zone = Text(
        "In which times are shown: a name of the time zone database.", "Europe/Istanbul", longest=60, form="time-zone"
    )
    theme = Choice("How the pages look.", "dark", Theme)


class CommonCourse(Schema):
    """A course where both study or teach."""

    id = Id("Names the course.", required=True)
    title = fields.String(required=True, metadata=about("Its title.", "Night Sky"))
    code = fields.String(required=True, metadata=about("Its code.", "NIGHT-24"))


class SaidToday(Schema):
    """What somebody says about today."""

    id = Id("Names the status.", required=True)
    text = fields.String(required=True, metadata=about("What is said.", "Grading until four"))
    created_at = Moment("When it was said; it is seen for 24 hours.", required=True)


class Profile(Person):
    """Somebody, as those see them who share a course; without an address."""

    headline = fields.String(required=True, metadata=about("One line under the name.", "Learns by the sea"))
    bio = fields.String(required=True, metadata=about("What they say about themselves, in Markdown.", "I teach."))
    education = fields.List(
        fields.String(),
        attribute="education_list",
        required=True,
        metadata=about("Schools and trainings.", ["School of the Sea"]),
    )
    interests = fields.List(
        fields.String(), attribute="interest_list", required=True, metadata=about("Interests.", ["comets", "choir"])
    )
    courses = fields.List(
        fields.Nested(CommonCourse), required=True, metadata=about("Courses where both study or teach, at most 50.")
    )
    status = fields.Nested(SaidToday, required=True, allow_none=True, metadata=about("What they say about today."))


class OwnExport(Schema):
    """A copy of one's own data."""

    id = Id("Names the copy.", required=True)
    state = Choice("Being put together, there, or failed.", "ready", ExportState, required=True)
    size = fields.Integer(required=True, metadata=about("How many bytes the file has; 0 until it is there.", 48213))
    created_at = Moment("When it was asked for.", required=True)
    ready_at = Moment("Since when it is there.", required=True, allow_none=True)
    expires_at = Moment("Until when it can be downloaded.", required=True, allow_none=True)


class Deletion(Input):
    """The proof that it is oneself."""

    password = present_password()
