from collections.abc import Sequence
from typing import Any, cast, get_args
from uuid import UUID

from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict
from wtforms import SelectMultipleField, TextAreaField
from wtforms.validators import ValidationError

from elearn.blueprints.forms import Form, checked_by
from elearn.languages import _, lazy
from elearn.models import Course
from elearn.services import invitations
from elearn.services.invitation_imports import Shown

DIGITS = 6


class ImportForm(Form):
    file = FileField(lazy("CSV file"), render_kw={"accept": ".csv,.tsv,.txt,text/csv,text/plain"})
    course_ids = SelectMultipleField(lazy("Courses for everybody"), coerce=str)
    message = TextAreaField(
        lazy("Personal message"),
        [checked_by(invitations.clean_message)],
        render_kw={"maxlength": invitations.MESSAGE_MAX},
    )

    def offer(self, courses: Sequence[Course]) -> None:
        """Let people choose among these courses."""
        self.course_ids.choices = [(str(course.id), f"{course.title} ({course.code})") for course in courses]

    def validate_file(self, field: FileField) -> None:
        if not field.data:
            raise ValidationError(_("Choose the file that has the list."))

    def values(self) -> dict[str, Any]:
        """Return what was chosen, by the names of the service."""
        return {
            "file_name": self.file.data.filename or "",
            "stream": self.file.data.stream,
            "course_ids": [UUID(course_id) for course_id in self.course_ids.data or ()],
            "message": self.message.data or "",
        }


def shown_of(args: MultiDict[str, str]) -> Shown:
    """Return which rows are asked for; all of them when that is no word that we know."""
    asked = args.get("show", "")
    return cast("Shown", asked) if asked in get_args(Shown) else ""


def page_of(args: MultiDict[str, str]) -> int:
    text = args.get("page", "")
    return max(1, int(text)) if text.isdecimal() and len(text) <= DIGITS else 1
