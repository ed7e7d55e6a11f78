"""The people of a course from the terminal; a part of `flask courses`."""

from typing import Any

import click

from elearn.cli.errors import tells_errors
from elearn.cli.showing import as_json, moment, show_json, show_table
from elearn.models import Course, EnrolmentState, User
from elearn.permissions import OPERATOR
from elearn.services import courses, enrolments, people
from elearn.services.enrolments import Student


def as_dict(student: Student) -> dict[str, Any]:
    """Return what a program wants to know about somebody in a course."""
    return {
        "id": str(student.user.id),
        "username": student.user.username,
        "full_name": student.user.full_name,
        "email": student.email,
        "state": student.state.value,
        "reason": student.reason,
        "enrolled_at": moment(student.enrolled_at),
        "changed_at": moment(student.changed_at),
    }


def pair(code: str, login: str) -> tuple[Course, User]:
    """Return the course with this code and whom the operator means."""
    return courses.by_code(OPERATOR, code), people.find(OPERATOR, login)


def tell(code: str, user: User, fact: dict[str, bool], sentence: str, *, in_json: bool) -> None:
    """Say what was done, or what is so now."""
    if in_json:
        show_json({"course": code, "id": str(user.id), "username": user.username} | fact)
    else:
        click.echo(f"{user.full_name} {sentence}")


@click.command()
@click.argument("code")
@click.option("--q", default="", help="Words of the name, username or email.")
@click.option(
    "--state",
    type=click.Choice([state.value for state in EnrolmentState]),
    default=EnrolmentState.ACTIVE.value,
    show_default=True,
)
@click.option("--page", type=click.IntRange(min=1), default=1, show_default=True)
@as_json
@tells_errors
def students(code: str, *, q: str, state: str, page: int, in_json: bool) -> None:
    """List the people of a course by name, 100 on a page."""
    course = courses.by_code(OPERATOR, code)
    found = enrolments.students(OPERATOR, course.id, q=q, state=EnrolmentState(state), page=page, per_page=100)
    if in_json:
        show_json([as_dict(student) for student in found.items])
        return
    rows = [
        (one.user.username, moment(one.enrolled_at) or "", one.email, one.user.full_name, one.reason)
        for one in found.items
    ]
    show_table(("USERNAME", "ENROLLED", "EMAIL", "NAME", "REASON"), rows)
    if found.pages > page:
        click.echo(f"Page {page} of {found.pages}. Go on with --page {page + 1}")


@click.command()
@click.argument("code")
@click.argument("login")
@as_json
@tells_errors
def add(code: str, login: str, *, in_json: bool) -> None:
    """Enrol a student (username or email) in a published course."""
    course, user = pair(code, login)
    code, title = course.code, course.title
    enrolments.add(OPERATOR, course.id, str(user.id))
    tell(code, user, {"enrolled": True}, f"is in {title} now.", in_json=in_json)


@click.command()
@click.argument("code")
@click.argument("login")
@as_json
@tells_errors
def remove(code: str, login: str, *, in_json: bool) -> None:
    """Take somebody (username or email) out of a course; they may enrol again."""
    course, user = pair(code, login)
    code, title = course.code, course.title
    user = enrolments.remove(OPERATOR, course.id, user.id)
    tell(code, user, {"enrolled": False}, f"is not in {title} any more.", in_json=in_json)


@click.command()
@click.argument("code")
@click.argument("login")
@click.option("--reason", default="", help="Why; those who lead the course read it.")
@as_json
@tells_errors
def block(code: str, login: str, *, reason: str, in_json: bool) -> None:
    """Put somebody (username or email) out of a course until they are unblocked."""
    course, user = pair(code, login)
    code, title = course.code, course.title
    user = enrolments.block(OPERATOR, course.id, user.id, reason)
    tell(code, user, {"blocked": True}, f"is blocked in {title}.", in_json=in_json)


@click.command()
@click.argument("code")
@click.argument("login")
@as_json
@tells_errors
def unblock(code: str, login: str, *, in_json: bool) -> None:
    """Let somebody (username or email) enrol in a course again."""
    course, user = pair(code, login)
    code, title = course.code, course.title
    user = enrolments.unblock(OPERATOR, course.id, user.id)
    tell(code, user, {"blocked": False}, f"may enrol in {title} again.", in_json=in_json)
