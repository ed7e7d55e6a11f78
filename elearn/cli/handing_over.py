"""Handing courses over from the terminal; a part of `flask courses`."""

import click

from elearn.cli.courses import again, as_dict, tell
from elearn.cli.errors import tells_errors
from elearn.cli.showing import as_json
from elearn.permissions import OPERATOR
from elearn.services import courses, handing_over, people


@click.command("hand-over")
@click.argument("code")
@click.argument("login")
@as_json
@tells_errors
def hand_over(code: str, login: str, *, in_json: bool) -> None:
    """Give the course with this code to another teacher (username or email)."""
    course, teacher = courses.by_code(OPERATOR, code), people.find(OPERATOR, login)
    course = again(handing_over.hand_over(OPERATOR, course.id, str(teacher.id)))
    tell(as_dict(course), f"{course.teacher.full_name} teaches {course.title} now.", in_json=in_json)
