"""The demo school from the terminal: `flask demo ...`."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click
from flask.cli import AppGroup

from elearn.cli.errors import tells_errors
from elearn.services import demo as service
from elearn.services.demo import DemoSignIn

demo = AppGroup("demo", help="A school to try things with.")


def show(people: Sequence[DemoSignIn], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([asdict(person) for person in people], ensure_ascii=False, indent=2))
        return
    if not people:
        click.echo("There is no demo school here. Make one in an empty database with: flask demo seed")
        return
    width = max(len(person.username) for person in people)
    for person in people:
        click.echo(f"{person.username:<{width}}  {person.password}  {person.full_name} ({person.role})")


@demo.command()
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@tells_errors
def seed(*, as_json: bool) -> None:
    """Fill an empty database with the demo school, and show how to sign in."""
    show(service.seed(), as_json=as_json)


@demo.command("sign-ins")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@tells_errors
def sign_ins(*, as_json: bool) -> None:
    """Show how to sign in as the demo people."""
    show(service.sign_ins(), as_json=as_json)
