"""Courses from the terminal: `flask courses ...`."""

from datetime import date, datetime
from typing import Any, BinaryIO

import click
from flask.cli import AppGroup

from elearn.cli.errors import tells_errors
from elearn.cli.showing import Command, as_json, moment, show_json, show_table
from elearn.models import Course, CourseState, Subject
from elearn.permissions import OPERATOR
from elearn.services import course_details, course_lists, people
from elearn.services import courses as service
from elearn.services.course_cards import CourseCard

GONE: Any = object()  # stands for a day that is taken away


class Day(click.DateTime):
    """A day as 2026-09-02; with `may_go`, the word "none" takes it away."""

    def __init__(self, *, may_go: bool = False) -> None:
        super().__init__(["%Y-%m-%d"])
        self.may_go = may_go

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the day, or that there is none any more."""
        if self.may_go and value == "none":
            return GONE
        found = super().convert(value, param, ctx)
        return found.date() if isinstance(found, datetime) else found


SUBJECTS = click.Choice([subject.value for subject in Subject])

courses = AppGroup("courses", help="List, show, create, edit, publish, archive and delete courses; their people.")


def as_dict(course: Course | CourseCard) -> dict[str, Any]:
    """Return what a program wants to know about a course."""
    return {
        "id": str(course.id),
        "code": course.code,
        "title": course.title,
        "state": course.state.value,
        "subject": course.subject.value,
        "teacher": course.teacher.username,
        "starts_on": course.starts_on.isoformat() if course.starts_on else None,
        "ends_on": course.ends_on.isoformat() if course.ends_on else None,
    }


def again(course: Course) -> Course:
    """Read the course once more, with its teacher."""
    return service.get(OPERATOR, course.id)


def takes_description(command: Command) -> Command:
    """Take the text of the course's page, for `chosen_description`."""
    typed = click.option("--description", help="The text of its page, in Markdown.")
    file = click.option(
        "--description-file", type=click.File("rb"), help="The file that has it, in UTF-8; - is standard input."
    )
    return typed(file(command))


def chosen_description(text: str | None, file: BinaryIO | None) -> str | None:
    """Return the text that was given, if any was."""
    if text is not None and file is not None:
        raise click.UsageError("Use --description or --description-file, not both.")
    if file is None:
        return text
    try:
        return file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file.name} is not in UTF-8.") from error


def tell(value: dict[str, Any], sentence: str, *, in_json: bool) -> None:
    if in_json:
        show_json(value)
    else:
        click.echo(sentence)


@courses.command("list")
@click.option("--q", default="", help="Words of the title, code or the teacher's name.")
@click.option("--state", type=click.Choice([state.value for state in CourseState]), help="Only those in this state.")
@click.option("--page", type=click.IntRange(min=1), default=1, show_default=True)
@as_json
@tells_errors
def list_(q: str, state: str | None, page: int, *, in_json: bool) -> None:
    """List all courses by code, 100 on a page."""
    found = course_lists.list_for(OPERATOR, q=q, state=CourseState(state) if state else None, page=page, per_page=100)
    if in_json:
        show_json([as_dict(card) | {"students": card.students} for card in found.items])
        return
    rows = [
        (card.code, card.state.value, str(card.students), card.teacher.username, card.title) for card in found.items
    ]
    show_table(("CODE", "STATE", "STUDENTS", "TEACHER", "TITLE"), rows)
    if found.pages > page:
        click.echo(f"Page {page} of {found.pages}. Go on with --page {page + 1}")


@courses.command()
@click.argument("code")
@as_json
@tells_errors
def show(code: str, *, in_json: bool) -> None:
    """Show a course with its text."""
    course = course_details.get(OPERATOR, service.by_code(OPERATOR, code).id)
    value = as_dict(course) | {
        "summary": course.summary,
        "description": course.description,
        "students": course.students,
        "version": course.version,
        "created_at": moment(course.created_at),
        "updated_at": moment(course.updated_at),
    }
    if in_json:
        show_json(value)
        return
    for name in ("title", "code", "state", "subject", "teacher", "students", "starts_on", "ends_on", "summary"):
        if value[name] not in {None, ""}:
            click.echo(f"{name.capitalize().replace('_', ' '):10} {value[name]}")
    if course.description:
        click.echo(f"\n{course.description}")


@courses.command()
@click.argument("code")
@click.argument("title")
@click.option("--teacher", required=True, help="Username or email of who teaches it.")
@click.option("--summary", default="", help="One sentence for the catalogue.")
@takes_description
@click.option("--subject", type=SUBJECTS, default=Subject.OTHER.value)
@click.option("--starts", "starts_on", type=Day(), help="First day, as 2026-09-02.")
@click.option("--ends", "ends_on", type=Day(), help="Last day.")
@as_json
@tells_errors
def create(
    code: str,
    title: str,
    teacher: str,
    summary: str,
    description: str | None,
    description_file: BinaryIO | None,
    subject: str,
    starts_on: date | None,
    ends_on: date | None,
    *,
    in_json: bool,
) -> None:
    """Create a draft for a teacher."""
    course = service.create(
        OPERATOR,
        title=title,
        code=code,
        summary=summary,
        description=chosen_description(description, description_file) or "",
        subject=Subject(subject),
        starts_on=starts_on,
        ends_on=ends_on,
        teacher_id=people.find(OPERATOR, teacher).id,
    )
    course = again(course)
    tell(
        as_dict(course),
        f"Created {course.code}, {course.title}, a draft of {course.teacher.full_name}.",
        in_json=in_json,
    )


@courses.command()
@click.argument("code")
@click.option("--title")
@click.option("--code", "new_code", help="Another code.")
@click.option("--summary", help="One sentence for the catalogue.")
@takes_description
@click.option("--subject", type=SUBJECTS)
@click.option("--starts", "starts_on", type=Day(may_go=True), help="First day, as 2026-09-02; none takes it away.")
@click.option("--ends", "ends_on", type=Day(may_go=True), help="Last day; none takes it away.")
@as_json
@tells_errors
def edit(
    code: str,
    *,
    new_code: str | None,
    description: str | None,
    description_file: BinaryIO | None,
    subject: str | None,
    in_json: bool,
    **given: Any,
) -> None:
    """Change what is named of a course; the rest stays."""
    given |= {"code": new_code, "description": chosen_description(description, description_file)}
    given |= {"subject": Subject(subject) if subject else None}
    changes: dict[str, Any] = {
        name: None if value is GONE else value for name, value in given.items() if value is not None
    }
    if not changes:
        raise click.UsageError("Name at least one thing to change.")
    course = again(service.edit(OPERATOR, service.by_code(OPERATOR, code).id, **changes))
    tell(as_dict(course), f"{course.code}, {course.title}, is changed.", in_json=in_json)


@courses.command()
@click.argument("code")
@as_json
@tells_errors
def publish(code: str, *, in_json: bool) -> None:
    """Open a course to everybody in the catalogue."""
    course = again(service.publish(OPERATOR, service.by_code(OPERATOR, code).id))
    tell(as_dict(course), f"{course.code} is published.", in_json=in_json)


@courses.command()
@click.argument("code")
@as_json
@tells_errors
def unpublish(code: str, *, in_json: bool) -> None:
    """Make a course a draft again, as long as nobody is enrolled."""
    course = again(service.unpublish(OPERATOR, service.by_code(OPERATOR, code).id))
    tell(as_dict(course), f"{course.code} is a draft again.", in_json=in_json)


@courses.command()
@click.argument("code")
@as_json
@tells_errors
def archive(code: str, *, in_json: bool) -> None:
    """Close a course: its people can still read it."""
    course = again(service.archive(OPERATOR, service.by_code(OPERATOR, code).id))
    tell(as_dict(course), f"{course.code} is archived.", in_json=in_json)


@courses.command()
@click.argument("code")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@tells_errors
def delete(code: str, *, yes: bool, in_json: bool) -> None:
    """Delete a course with all that is in it."""
    course = service.by_code(OPERATOR, code)
    gone = as_dict(course)
    if not yes:
        click.confirm(
            f"Delete {course.title} with its enrolments, chat and board? This cannot be undone.",
            abort=True,
            err=in_json,
        )
    service.delete(OPERATOR, course.id)
    tell(gone, f"{gone['code']} is deleted.", in_json=in_json)
