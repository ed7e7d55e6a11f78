from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast, get_args
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict
from wtforms import DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from elearn.blueprints.forms import Form, checked_by
from elearn.languages import lazy
from elearn.models import Course, Subject
from elearn.services import course_texts
from elearn.services.course_lists import Sort, When
from elearn.services.courses import CourseChanges

SORTS: dict[Sort, str] = {"title": lazy("Title"), "-created_at": lazy("Newest"), "-students": lazy("Most students")}
WHENS: dict[When, str] = {"": lazy("Any time"), "open": lazy("Open now"), "later": lazy("Starts later")}
DIGITS = 6


class DayField(DateField):
    """A day; what is none is told in our words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata([text for text in valuelist if text.strip()])
        except ValueError as error:
            raise ValueError("Choose a day, such as 2026-09-02") from error


class CourseForm(Form):
    title = StringField(lazy("Title"), [checked_by(course_texts.title)])
    code = StringField(lazy("Course code"), [checked_by(course_texts.code)])
    subject = SelectField(
        lazy("Subject"),
        choices=lambda: [(subject.value, subject.label) for subject in Subject],  # in the language of each reader
        validate_choice=False,
        validators=[checked_by(course_texts.subject)],
    )
    summary = StringField(lazy("Summary"), [checked_by(course_texts.summary)])
    description = TextAreaField(lazy("Description"), [checked_by(course_texts.description)])
    starts_on = DayField(lazy("Starts on"), [Optional()])
    ends_on = DayField(lazy("Ends on"), [Optional()])
    version = HiddenField()

    def changes(self) -> CourseChanges:
        """Return what was typed, clean, by the names of the service."""
        return {
            "title": self.title.data or "",
            "code": self.code.data or "",
            "subject": Subject(self.subject.data),
            "summary": self.summary.data or "",
            "description": self.description.data or "",
            "starts_on": self.starts_on.data,
            "ends_on": self.ends_on.data,
        }

    def version_read(self) -> int | None:
        text = str(self.version.data or "")  # a number when the field was not sent
        return int(text) if text.isdecimal() and len(text) <= DIGITS else None


def texts_of(course: Course) -> dict[str, Any]:
    """Return what stands in the course, for the fields of its form."""
    names = ("title", "code", "summary", "description", "starts_on", "ends_on", "version")
    return {name: getattr(course, name) for name in names} | {"subject": course.subject.value}


class AddForm(Form):
    login = StringField(lazy("Username or email"))


class HandOverForm(Form):
    login = StringField(lazy("New teacher"))


class BlockForm(Form):
    reason = StringField(lazy("Reason"), [checked_by(lambda text: course_texts.line(text, "reason", 300))])


class BlockByNameForm(BlockForm):
    login = StringField(lazy("Username or email"))


@dataclass(frozen=True)
class CatalogueQuery:
    """Hold what the address of the catalogue asks for; words that it does not know are left out."""

    q: str = ""
    subject: tuple[Subject, ...] = ()
    when: When = ""
    sort: Sort = "title"
    page: int = 1

    @classmethod
    def read(cls, args: MultiDict[str, str]) -> "CatalogueQuery":
        known = {subject.value: subject for subject in Subject}
        when, sort = args.get("when", ""), args.get("sort", "")
        return cls(
            q=" ".join(args.get("q", "")[:100].split()),
            subject=tuple(known[name] for name in dict.fromkeys(args.getlist("subject")) if name in known),
            when=cast("When", when) if when in get_args(When) else "",
            sort=cast("Sort", sort) if sort in get_args(Sort) else "title",
            page=page_of(args),
        )

    def args(self) -> dict[str, Any]:
        """Return the words of the address, without the page."""
        words = {"q": self.q, "subject": [subject.value for subject in self.subject], "when": self.when}
        return {name: value for name, value in words.items() if value} | (
            {"sort": self.sort} if self.sort != "title" else {}
        )

    def chips(self, address: Callable[[dict[str, Any]], str]) -> list[tuple[str, str]]:
        """Return what is set, each with the address without it."""
        chips = [(f"“{self.q}”", replace(self, q=""))] if self.q else []
        chips += [
            (subject.label, replace(self, subject=tuple(one for one in self.subject if one is not subject)))
            for subject in self.subject
        ]
        chips += [(WHENS[self.when], replace(self, when=""))] if self.when else []
        return [(label, address(without.args())) for label, without in chips]

    @property
    def filters(self) -> int:
        return len(self.subject) + bool(self.when)


def page_of(args: MultiDict[str, str]) -> int:
    """Return which page is asked for; the first one when that is no number."""
    text = args.get("page", "")
    return max(1, int(text)) if text.isdecimal() and len(text) <= DIGITS else 1


def with_args(path: str, args: dict[str, Any]) -> str:
    return f"{path}?{urlencode(args, doseq=True)}" if args else path
