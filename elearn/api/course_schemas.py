"""What stands in requests and answers about courses and their students."""

from typing import Any

from marshmallow import Schema, fields, validate

from elearn.api.fields import LINE, TEXT, TITLE, Choice, Day, Id, Input, Moment, Part, Text, about
from elearn.api.schemas import LOGIN_MAX, Person, Searched, page_of
from elearn.models import CourseState, EnrolmentState, Pattern, Subject
from elearn.services import course_texts, enrolments
from elearn.services.course_details import RIGHTS
from elearn.services.course_lists import MineSort
from elearn.services.enrolments import StudentSort


class RunningLesson(Schema):
    """The live lesson that goes on in the room of a course."""

    id = Id("Names the lesson.", required=True)
    title = fields.String(required=True, metadata=about("What it is about.", "Cells and their parts"))
    started_at = Moment("When it began.", required=True)


class CourseRoom(Schema):
    """The live room of a course."""

    id = Id("Names the room; its address is /api/classrooms/{id}/.", required=True, attribute="classroom_id")
    lesson = fields.Nested(
        RunningLesson, required=True, allow_none=True, metadata=about("The lesson that goes on, if one does.")
    )


class Cover(Schema):
    """How the cover of a course looks."""

    cloth = fields.Integer(
        required=True, metadata=about("Which of the eight cloths binds it.", 3, minimum=1, maximum=8)
    )
    pattern = Choice("What is printed on it.", "hatch", Pattern, required=True)
    icon = fields.String(
        required=True, metadata=about("The icon of the subject; empty on a drawn cover.", "eyedropper")
    )


class CourseItem(Schema):
    """A course as lists show it."""

    id = Id("Names the course.", required=True)
    title = fields.String(required=True, metadata=about("What stands on the cover.", "Biology 7"))
    code = fields.String(required=True, metadata=about("The short name; no other course has it.", "BIO-7"))
    subject = Choice("What it is about.", "science", Subject, required=True)
    summary = fields.String(
        required=True, metadata=about("One or two sentences for the catalogue.", "Cells to forests.")
    )
    cover = Part(Cover, required=True, metadata=about("How its cover looks."))
    teacher = fields.Nested(Person, required=True, metadata=about("Who teaches it."))
    students = fields.Integer(required=True, metadata=about("How many are enrolled.", 24, minimum=0))
    starts_on = Day("The first day; null when there is none.", "2026-09-01", required=True, allow_none=True)
    ends_on = Day("The last day; null when there is none.", "2027-01-29", required=True, allow_none=True)
    state = Choice("Whether students find it, or only read it any more.", "published", CourseState, required=True)
    created_at = Moment("When it was made.", required=True)
    classroom = Part(CourseRoom, required=True, metadata=about("Its live room."))
    enrolment = Choice(
        "How the reader stands to it; null when they never enrolled.", "active", EnrolmentState,
        attribute="mine", required=True, allow_none=True,
    )  # fmt: skip


class CourseWhole(CourseItem):
    """A course with its text."""

    description = fields.String(required=True, metadata=about("All about it, in Markdown.", "We begin with **cells**."))
    version = fields.Integer(required=True, metadata=about("Grows with each change; the ETag holds it.", 4, minimum=1))
    updated_at = Moment("When it was last changed.", required=True)
    can = fields.List(
        fields.String(validate=validate.OneOf(list(RIGHTS)), metadata=about("One thing.", "enrol")),
        required=True,
        metadata=about("What the reader may do with it."),
    )


def _title(**more: Any) -> Text:
    longest = course_texts.TITLE_MAX
    return Text("What stands on the cover.", "Biology 7", shortest=1, longest=longest, pattern=TITLE, **more)


def _code(**more: Any) -> Text:
    shortest, longest = course_texts.CODE_MIN, course_texts.CODE_MAX
    return Text(
        "The short name: letters, numbers and dashes.", "BIO-7", shortest=shortest, longest=longest, form="code", **more
    )


def _summary() -> Text:
    return Text(
        "One or two sentences for the catalogue.", "Cells to forests.", longest=course_texts.SUMMARY_MAX, pattern=LINE
    )


def _description() -> Text:
    longest = course_texts.DESCRIPTION_MAX
    return Text("All about it, in Markdown.", "We begin with **cells**.", longest=longest, pattern=TEXT)


def _subject() -> Choice:
    return Choice("What it is about; gives the cover its pattern.", "science", Subject)


def _day(sentence: str, example: str) -> Day:
    return Day(sentence, example, allow_none=True)


class NewCourse(Input):
    """A course to make; it begins as a draft."""

    title = _title(required=True)
    code = _code(required=True)
    summary = _summary()
    description = _description()
    subject = _subject()
    starts_on = _day("The first day.", "2026-09-01")
    ends_on = _day("The last day, not before the first.", "2027-01-29")


class CourseChanges(Input):
    """What to change in a course; what is not named stays."""

    title = _title()
    code = _code()
    summary = _summary()
    description = _description()
    subject = _subject()
    starts_on = _day("The first day; null takes it away.", "2026-09-01")
    ends_on = _day("The last day; null takes it away.", "2027-01-29")


class CatalogueQuery(Searched):
    """Which courses of the catalogue to list, and how."""

    subject = fields.List(
        Choice("A subject.", "science", Subject),
        load_default=list,
        metadata=about("Only these subjects; name it several times for several.", ["science"]),
    )
    when = Choice("Only what is open now, or what begins later.", "open", ("", "open", "later"), load_default="")
    sort = Choice(
        "By title, newest first, or most students first.", "title", ("title", "-created_at", "-students"),
        load_default="title",
    )  # fmt: skip


class MineQuery(Searched):
    """Which of one's own courses to list."""

    state = Choice("Only courses in this state.", "published", CourseState)
    sort = Choice(
        "By title, or newest first; left out, what is live comes first and the archive last.", "title", MineSort
    )


class StudentsQuery(Searched):
    """Which people of a course to list."""

    state = Choice("Those who study, or those who are blocked.", "active", ("active", "blocked"), load_default="active")
    sort = Choice("By name, or who enrolled last first.", "full_name", StudentSort, load_default=StudentSort.NAME)


class StudentItem(Schema):
    """Somebody in a course, as its teacher sees them."""

    user = fields.Nested(Person, required=True, metadata=about("Who it is."))
    email = fields.String(required=True, metadata=about("Their address, for their teacher.", "yuki@example.org"))
    state = Choice("How they stand to the course.", "active", EnrolmentState, required=True)
    enrolled_at = Moment("When they first enrolled.", required=True)
    changed_at = Moment("When their state last changed.", required=True)
    reason = fields.String(required=True, metadata=about("Why they are blocked.", "Spoilers in every lesson"))


class OneEnrolment(Schema):
    """How somebody stands to a course."""

    course = Id("The course.", attribute="course_id", required=True)
    user = Id("The person.", attribute="user_id", required=True)
    state = Choice("How they stand to it.", "active", EnrolmentState, required=True)
    enrolled_at = Moment("When they first enrolled.", required=True)


class NewStudent(Input):
    """Whom to add to a course."""

    user = Text(
        "Username, email or id of a student.", "yuki.tanaka", shortest=1, longest=LOGIN_MAX, form="login", required=True
    )


class NewTeacher(Input):
    """Who leads a course from now on."""

    teacher = Text(
        "Username, email or id of a teacher.", "jonas.weber", shortest=1, longest=LOGIN_MAX, form="login", required=True
    )


class Block(Input):
    """Whom to block in a course, and why."""

    user = Id("The person.", required=True)
    reason = Text(
        "Why; only those who lead the course read it.", "Spoilers in every lesson",
        longest=enrolments.REASON_MAX, pattern=LINE, load_default="",
    )  # fmt: skip


class Unblock(Input):
    """Whom to let enrol again."""

    user = Id("The person.", required=True)


CoursePage = page_of(CourseItem, "CoursePage")
StudentPage = page_of(StudentItem, "StudentPage")
