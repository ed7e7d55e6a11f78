"""What single people say about themselves, from the terminal; a part of `flask users`."""

from typing import Any

import click

from elearn.cli.errors import tells_errors
from elearn.cli.showing import as_json, moment, plain, show_json
from elearn.languages import LANGUAGES
from elearn.models import Status, Theme, User
from elearn.permissions import OPERATOR
from elearn.services import people, profiles, statuses


def as_dict(user: User) -> dict[str, Any]:
    """Return what a program wants to know about a profile."""
    return {
        "id": str(user.id),
        "username": user.username,
        "full_name": user.full_name,
        "headline": user.headline,
        "bio": user.bio,
        "education": user.education_list,
        "interests": user.interest_list,
        "language": user.language,
        "time_zone": user.time_zone,
        "theme": user.theme.value,
    }


@click.command()
@click.argument("login")
@click.option("--name", "full_name", help="The full name.")
@click.option("--headline", help="One line below the name.")
@click.option("--bio", help="Some lines about the person.")
@click.option("--education", multiple=True, help="A school or training; may be given several times.")
@click.option("--interests", help="Separated by commas.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), help="Of pages and emails.")
@click.option("--time-zone", help="As Europe/Berlin.")
@click.option("--theme", type=click.Choice([theme.value for theme in Theme]), help="Of the pages.")
@as_json
@tells_errors
def edit(login: str, *, education: tuple[str, ...], in_json: bool, **given: Any) -> None:
    """Change the profile of somebody (username or email): only what is named; an empty text takes it away."""
    values = given | {"education": "\n".join(education) if education else None}
    if all(value is None for value in values.values()):
        raise click.UsageError("Name at least one thing to change.")
    # As the person: a profile is changed by its owner alone.
    user = profiles.update(people.find(OPERATOR, login), **values)
    if in_json:
        show_json(as_dict(user))
    else:
        click.echo(f"The profile of {user.full_name} is changed.")


@click.command()
@click.argument("login")
@click.option("--delete", "is_deleted", is_flag=True, help="Take it away.")
@as_json
@tells_errors
def status(login: str, *, is_deleted: bool, in_json: bool) -> None:
    """Show what somebody (username or email) said about today, or take it away."""
    user = people.find(OPERATOR, login)
    name, found = user.full_name, statuses.of(user)
    told = _status(found)
    if is_deleted and found is not None:
        statuses.delete(user, found.id)  # as the person: the operator reads no feed
    if in_json:
        show_json({"status": told, "deleted": is_deleted and told is not None})
    elif told is None:
        click.echo(f"{name} has said nothing within 24 hours.")
    elif is_deleted:
        click.echo(f"The status of {name} is deleted.")
    else:
        click.echo(f"{told['created_at']}  {plain(told['text'])}")


def _status(found: Status | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "id": str(found.id),
        "text": found.text,
        "created_at": moment(found.created_at),
        "edited_at": moment(found.edited_at),
    }
