"""What stands in requests and answers about lists of people to invite."""

from typing import Any

from marshmallow import Schema, fields

from elearn.api.fields import TEXT, Choice, Id, Input, Moment, Text, Upload, about
from elearn.api.parsing import FormToo
from elearn.api.schemas import Paged, page_of
from elearn.models import ImportRowState, ImportState, InvitationImport
from elearn.services import invitations

EXAMPLE_CODES = "BIO-7; NIGHT-24"


class NamedUpload(Upload):
    """Read a file out of a form, with the name that it has."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        super()._deserialize(value, attr, data, **kwargs)
        return value


class NewImport(Input, FormToo):
    """A list of people to invite."""

    file = NamedUpload(
        "CSV with the columns email, full_name, role and course_codes; up to 5 MB and 10,000 rows.", required=True
    )
    course_codes = Text(
        "Courses that every student of the list joins, separated by semicolons.", EXAMPLE_CODES,
        longest=500, load_default="",
    )  # fmt: skip
    message = Text(
        "Personal words that stand in every invitation.", "We begin on Monday.",
        longest=invitations.MESSAGE_MAX, pattern=TEXT, load_default="",
    )  # fmt: skip


def _count(sentence: str, example: int, **more: Any) -> fields.Integer:
    return fields.Integer(required=True, metadata=about(sentence, example, minimum=0), **more)


def _result(found: InvitationImport) -> dict[str, int]:
    came = found.facts.get("came", {})
    return {name: came.get(name, 0) for name in ("invited", "enrolled", "already_invited", "refused")}


class ImportItem(Schema):
    """An import of invitations: its file, how far it is, and its numbers."""

    id = Id("Names the import.", required=True)
    file_name = fields.String(required=True, metadata=about("The name of the file.", "class-7b.csv"))
    state = Choice(
        "checking and running: a worker is at it. checked: waits to be confirmed. done and failed: over.", "checked",
        ImportState, required=True,
    )  # fmt: skip
    error = fields.String(required=True, metadata=about("Why it failed; empty otherwise.", ""))
    total = _count("How many rows the file has.", 42)
    done = _count("How many rows the work at hand has behind it.", 0)
    good = _count("How many people would be invited or enrolled.", 39)
    warned = _count("How many rows are to be looked at; they are done too.", 3)
    bad = _count("How many rows are left out.", 3)
    ignored_columns = fields.Function(
        lambda found: found.facts.get("ignored", []),
        required=True,
        metadata=about("Columns of the file that are not read.", ["phone"], type="array", items={"type": "string"}),
    )
    is_guessed = fields.Function(
        lambda found: found.facts.get("encoding") == "cp1252",
        required=True,
        metadata=about("The file is not in UTF-8 and was read as Windows-1252.", False, type="boolean"),
    )
    result = fields.Function(
        _result,
        required=True,
        metadata=about(
            "What came of the rows, by kind.", {"invited": 36, "enrolled": 2, "already_invited": 1, "refused": 0},
            type="object", additionalProperties={"type": "integer"},
        ),
    )  # fmt: skip
    created_at = Moment("When the file came.", required=True)
    finished_at = Moment("When it was over; null before.", required=True, allow_none=True)


class ImportRowItem(Schema):
    """One row of the file as it was written, and what is said about it."""

    line = fields.Integer(
        required=True, metadata=about("Where it begins in the file, counted from 1 with the header.", 6, minimum=2)
    )
    email = fields.String(required=True, metadata=about("The address.", "jana.horak@northfield"))
    full_name = fields.String(required=True, metadata=about("The name.", "Jana Horák"))
    role = fields.String(required=True, metadata=about("The role as it was written.", "student"))
    course_codes = fields.String(required=True, metadata=about("The courses as they were written.", EXAMPLE_CODES))
    state = Choice(
        "ok, warning and error: of the preview. done and refused: of the report.", "error", ImportRowState,
        required=True,
    )  # fmt: skip
    field = fields.String(required=True, metadata=about("The column that the reason is about.", "email"))
    reason = fields.String(
        required=True,
        metadata=about("What happens with it, or what is wrong.", "The address has no ending such as .com."),
    )
    invitation_id = Id("The invitation that it led to.", required=True, allow_none=True)


class RowsQuery(Paged):
    """Which rows of an import to list."""

    show = Choice(
        "All; only those to look at; only those left out; only those that are done.", "out",
        ("", "look", "out", "done"), load_default="",
    )  # fmt: skip


ImportPage = page_of(ImportItem, "InvitationImportPage")
ImportRowPage = page_of(ImportRowItem, "InvitationImportRowPage")
