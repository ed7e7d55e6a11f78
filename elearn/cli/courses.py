"""Courses from the terminal: `flask courses ...`."""

from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from elearn.cli.errors import tells_errors
from elearn.cli.showing import as_json, show_json, show_table
from elearn.models import Course, CourseState, Subject
from elearn.permissions import OPERATOR
from elearn.services import course_lists, people
from elearn.services import courses as service
from elearn.services.course_cards import CourseCard

DAY = click.DateTime(formats=["%Y-%m-%d"])

courses = AppGroup("courses", help="List, create, publish, archive and delete courses.")


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
@click.argument("title")
@click.option("--teacher", required=True, help="Username or email of who teaches it.")
@click.option("--summary", default="", help="One sentence for the catalogue.")
@click.option("--subject", type=click.Choice([subject.value for subject in Subject]), default=Subject.OTHER.value)
@click.option("--starts", "starts_on", type=DAY, help="First day, as 2026-09-02.")
@click.option("--ends", "ends_on", type=DAY, help="Last day.")
@as_json
@tells_errors
def create(
    code: str,
    title: str,
    teacher: str,
    summary: str,
    subject: str,
    starts_on: datetime | None,
    ends_on: datetime | None,
    *,
    in_json: bool,
) -> None:
    """Create a draft for a teacher."""
    course = service.create(
        OPERATOR,
        title=title,
        code=code,
        summary=summary,
        subject=Subject(subject),
        starts_on=starts_on.date() if starts_on else None,
        ends_on=ends_on.date() if ends_on else None,
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
        click.confirm(f"Delete {course.title} with its enrolments, chat and board? This cannot be undone.", abort=True)
    service.delete(OPERATOR, course.id)
    tell(gone, f"{gone['code']} is deleted.", in_json=in_json)
