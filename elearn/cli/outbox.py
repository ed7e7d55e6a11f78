"""The emails of the school from the terminal: `flask outbox ...`."""

import math
import sys
from typing import Any
from uuid import UUID

import click
from flask.cli import AppGroup

from elearn.cli.errors import tells_errors
from elearn.cli.showing import as_json, moment, show_json
from elearn.models import Email, EmailState
from elearn.permissions import OPERATOR
from elearn.services import bounces, postman
from elearn.services import outbox as emails
from elearn.services.paging import PER_PAGE_MAX

STATES = click.Choice([state.value for state in EmailState])

outbox = AppGroup("outbox", help="See which emails wait, went out or failed; send them, now or again.")


def as_dict(email: Email) -> dict[str, Any]:
    """Return what a program wants to know about an email."""
    return {
        "id": str(email.id),
        "letter": email.letter,
        "to_email": email.to_email,
        "to_name": email.to_name,
        "state": email.state.value,
        "tries": email.tries,
        "error": email.error,
        **{name: moment(getattr(email, name)) for name in ("created_at", "next_try_at", "sent_at")},
    }


def by_state() -> dict[str, int]:
    return {state.value: number for state, number in emails.counts(OPERATOR).items()}


@outbox.command("list")
@click.option("--state", type=STATES, help="Only those in this state.")
@click.option(
    "--limit", type=click.IntRange(1, PER_PAGE_MAX), default=20, show_default=True, help="The newest so many."
)
@as_json
@tells_errors
def list_(state: str | None, limit: int, *, in_json: bool) -> None:
    """List the newest emails, and count them all by state."""
    found = emails.list_for(OPERATOR, state=EmailState(state) if state else None, per_page=limit)
    if in_json:
        show_json({"counts": by_state(), "items": [as_dict(email) for email in found.items]})
        return
    for email in found.items:
        click.echo(f"{email.id}  {email.state.value:<8} {email.letter:<17} {email.to_email}  {email.error}".rstrip())
    click.echo(", ".join(f"{number} {name}" for name, number in by_state().items()))


@outbox.command()
@as_json
@tells_errors
def send(*, in_json: bool) -> None:
    """Send what is due, here and now; ends with 1 when something that is due is left."""
    before = by_state()
    postman.send_waiting(math.inf)
    after = by_state()
    made = {name: after[name] - before[name] for name in ("sent", "failed", "dropped")} | {"waiting": after["waiting"]}
    if in_json:
        show_json(made)
    else:
        click.echo(", ".join(f"{number} {name}" for name, number in made.items()))
    if postman.rest.is_on:
        click.echo("The mail server is away; what waits is sent later.", err=True)
        sys.exit(1)


@outbox.command()
@click.argument("email_id", type=click.UUID, required=False)
@click.option("--failed", is_flag=True, help="All that failed.")
@as_json
@tells_errors
def retry(email_id: UUID | None, *, failed: bool, in_json: bool) -> None:
    """Send an email that failed or waits once more, or all that failed."""
    if failed == (email_id is not None):
        raise click.UsageError("Name one email, or use --failed.")
    number = emails.retry_failed(OPERATOR) if email_id is None else 1
    if email_id is not None:
        emails.retry(OPERATOR, email_id)
    if in_json:
        show_json({"waiting_again": number})
    else:
        click.echo(f"{number} waiting again.")


@outbox.command()
@click.argument("addresses", nargs=-1, required=True)
@as_json
@tells_errors
def bounced(addresses: tuple[str, ...], *, in_json: bool) -> None:
    """Note that mail to these addresses came back; only codes go there until an email arrives again."""
    marked = []
    for address in addresses:
        number = bounces.report(OPERATOR, address)
        marked.append({"email": address, "accounts": number})
        if not in_json:
            click.echo(f"{address}: {number} account{'s' if number > 1 else ''} marked.")
    if in_json:
        show_json(marked)
