"""Handing courses over from the terminal; a part of `flask courses`."""

import click

from elearn.cli.errors import tells_errors
from elearn.permissions import OPERATOR
from elearn.services import courses, handing_over, people


@click.command("hand-over")
@click.argument("code")
@click.argument("login")
@tells_errors
def hand_over(code: str, login: str) -> None:
    """Give the course with this code to another teacher (username or email)."""
    course, teacher = courses.by_code(OPERATOR, code), people.find(OPERATOR, login)
    title, name = course.title, teacher.full_name
    handing_over.hand_over(OPERATOR, course.id, str(teacher.id))
    click.echo(f"{name} teaches {title} now.")
