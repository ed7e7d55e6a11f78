"""Data and deletion of single people from the terminal; a part of `flask users`."""

import os
from pathlib import Path

import click

from elearn.cli.errors import tells_errors
from elearn.cli.showing import as_json, show_json
from elearn.permissions import OPERATOR
from elearn.services import erasure, exports, people


@click.command()
@click.argument("login")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The zip file to write, a new one."
)
@as_json
@tells_errors
def export(login: str, output: Path, *, in_json: bool) -> None:
    """Write all that the school holds about somebody (username or email) into a zip file."""
    user = people.find(OPERATOR, login)
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # readable by the operator alone
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}.") from error
    name, username = user.full_name, user.username
    with os.fdopen(handle, "w+b") as file:
        exports.write_for(OPERATOR, user.id, file)
    size = output.stat().st_size
    if in_json:
        show_json({"username": username, "output": str(output), "size": size})
    else:
        click.echo(f"The data of {name} are in {output} ({size} bytes).")


@click.command()
@click.argument("login")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@tells_errors
def delete(login: str, *, yes: bool, in_json: bool) -> None:
    """Delete the account of somebody (username or email) for good; what they wrote in courses stays without a name."""
    user = people.find(OPERATOR, login)
    name, username, user_id = user.full_name, user.username, user.id
    if not yes:
        click.confirm(f"Delete {name} ({username}) for good? This cannot be undone.", abort=True, err=in_json)
    erasure.erase_for(OPERATOR, user_id)
    if in_json:
        show_json({"id": str(user_id), "username": username, "deleted": True})
    else:
        click.echo(f"The account of {name} is deleted.")
