"""Whole lists of people to invite: `flask invitations import`."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import click

from elearn.cli.showing import as_json, plain, show_json
from elearn.errors import DomainError
from elearn.models import ImportState, InvitationImport, InvitationImportRow, User
from elearn.permissions import OPERATOR
from elearn.services import invitation_batches, people
from elearn.services import invitation_imports as service
from elearn.services.invitation_batches import Tell

SOME_FAILED, NOT_READ = 1, 2
SHOWN = 50


def not_read(error: DomainError) -> NoReturn:
    click.echo(f"Error: {error.message}", err=True)
    raise SystemExit(NOT_READ)


def as_dict(row: InvitationImportRow) -> dict[str, Any]:
    return {
        "line": row.line,
        "email": row.email,
        "full_name": row.full_name,
        "role": row.role,
        "course_codes": row.course_codes,
        "state": row.state.value,
        "field": row.field,
        "reason": row.reason,
    }


def with_bar(label: str, work: Callable[[UUID, Tell], None], found: InvitationImport, *, quiet: bool) -> None:
    """Do the work, and show on standard error how far it is."""
    if quiet:
        work(found.id, invitation_batches.say_nothing)
        return
    steps = range(max(1, found.total))
    with click.progressbar(steps, label=label, file=sys.stderr) as bar:

        def tell(done: int, total: int) -> None:
            bar.length = max(1, total)
            bar.update(done - bar.pos)

        work(found.id, tell)


def all_rows(actor: User, found: InvitationImport, shown: service.Shown) -> list[InvitationImportRow]:
    """Return all rows of a kind, page by page."""
    rows: list[InvitationImportRow] = []
    page = 1
    while True:
        part = service.rows(actor, found.id, shown=shown, page=page, per_page=100)
        rows += part.items
        if page >= part.pages:
            return rows
        page += 1


def report(actor: User, found: InvitationImport, *, dry_run: bool, in_json: bool) -> None:
    """Tell what came of the list, or what would."""
    left_out, warnings = all_rows(actor, found, "out"), all_rows(actor, found, "look")
    numbers = service.numbers(found)
    if found.error:
        click.echo(f"Error: {found.error}", err=True)
    if in_json:
        whole = {
            "file": found.file_name,
            "dry_run": dry_run,
            "rows": found.total,
            **{name: numbers[name] for name in ("invited", "enrolled", "already_invited", "already_here")},
            "left_out": len(left_out),
            "warnings": [as_dict(row) for row in warnings],
            "errors": [as_dict(row) for row in left_out],
        }
        show_json(whole)
        return
    list_rows("Row", left_out)
    list_rows("Look at row", warnings)
    verb = "would be " if dry_run else ""
    click.echo(
        f"{found.total} rows: {numbers['invited']} {verb}invited, {numbers['enrolled']} {verb}enrolled, "
        f"{numbers['already_here'] + numbers['already_invited']} here or invited already, {len(left_out)} left out."
    )


def list_rows(word: str, rows: Sequence[InvitationImportRow]) -> None:
    """Say what is to be known of single rows; of very many only the first."""
    for row in rows[:SHOWN]:
        click.echo(f"{word} {row.line}: {plain(row.email) or '(no address)'}: {plain(row.reason)}")
    if len(rows) > SHOWN:
        click.echo(f"... and {len(rows) - SHOWN} more rows; --json lists them all.")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--invited-by", required=True, help="Username or email of who invites; their rights count.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and invite nobody.")
@click.option(
    "--course", "codes", multiple=True, help="Code of a course for every student; may be given several times."
)
@click.option("--message", default="", help="Personal words in every email.")
@as_json
def import_(*, file: Path, invited_by: str, dry_run: bool, codes: tuple[str, ...], message: str, in_json: bool) -> None:
    """Invite the people of a CSV file.

    Exit code 0: all rows are done. 1: some rows were left out. 2: the file could not be read, and nobody was invited.
    """
    try:
        actor = people.find(OPERATOR, invited_by)
        course_ids = service.courses_by_code(actor, " ".join(codes))
        with file.open("rb") as stream:
            found = service.start(
                actor, file_name=file.name, stream=stream, course_ids=course_ids, message=message, in_job=False
            )
        if found.state is ImportState.CHECKING:
            with_bar("Reading", invitation_batches.check, found, quiet=in_json)
            found = service.get(actor, found.id)
        if not dry_run and found.total > found.bad:
            found = service.confirm(actor, found.id, in_job=False)
            with_bar("Inviting", invitation_batches.run, found, quiet=in_json)
            found = service.get(actor, found.id)
        report(actor, found, dry_run=dry_run, in_json=in_json)
        is_whole = not service.rows(actor, found.id, shown="out").total and found.state is not ImportState.FAILED
        if dry_run:
            service.discard(actor, found.id)
    except DomainError as error:
        not_read(error)
    raise SystemExit(0 if is_whole else SOME_FAILED)
