"""The activity log from the terminal: `flask activity ...`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from elearn.cli.errors import tells_errors
from elearn.cli.showing import as_json, moment, show_json, show_table
from elearn.models import ActivityKind
from elearn.permissions import OPERATOR
from elearn.services import activity, courses, people
from elearn.services.activity import Filter, Line, in_words

activity_group = AppGroup("activity", help="See who did what.")

DAY = click.DateTime(["%Y-%m-%d"])


@activity_group.command("list")
@click.option("--kind", type=click.Choice([kind.value for kind in ActivityKind]), help="Only this kind.")
@click.option("--actor", default="", help="Who did it: username or email.")
@click.option("--subject", default="", help="To whom it was done: username or email.")
@click.option("--object", "code", default="", help="In or to which course: its code.")
@click.option("--since", type=DAY, help="From this day on (UTC), as 2026-09-01.")
@click.option("--until", type=DAY, help="Up to this day (UTC), included.")
@click.option("--address", default="", help="From this network address.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@as_json
@tells_errors
def list_(
    *, kind: str | None, actor: str, subject: str, code: str, since: datetime | None, until: datetime | None,
    address: str, limit: int, in_json: bool,
) -> None:  # fmt: skip
    """List what was done, the newest first."""
    only = Filter(
        kind=ActivityKind(kind) if kind else None,
        actor=people.find(OPERATOR, actor).id if actor else "",
        subject=people.find(OPERATOR, subject).id if subject else "",
        object=courses.by_code(OPERATOR, code).id if code else None,
        since=since.date() if since else None,
        until=until.date() if until else None,
        address=address,
    )
    lines: list[Line] = []
    for page in range(1, -(-limit // 100) + 1):
        found = activity.list_for(OPERATOR, only, page=page, per_page=min(limit, 100))
        lines += found.items
        if page >= found.pages:
            break
    show_lines(lines[:limit], in_json=in_json)


def show_lines(lines: Sequence[Line], *, in_json: bool) -> None:
    if in_json:
        show_json([as_dict(line) for line in lines])
        return
    rows = [
        (
            moment(line.at) or "",
            line.kind.value,
            line.actor_name,
            " ".join(name for name in (line.subject_name, line.object_name) if name),
            line.address,
            in_words(line.detail),
        )
        for line in lines
    ]
    show_table(("AT", "WHAT", "WHO", "WHOM OR WHAT", "FROM", "DETAILS"), rows)


def as_dict(line: Line) -> dict[str, Any]:
    """Return a line as a program wants it."""
    return {
        "id": str(line.id),
        "at": moment(line.at),
        "kind": line.kind.value,
        "actor": {"id": str(line.actor_id) if line.actor_id else None, "full_name": line.actor_name},
        "subject": {"id": str(line.subject_id) if line.subject_id else None, "full_name": line.subject_name},
        "object": {"id": str(line.object_id) if line.object_id else None, "name": line.object_name},
        "address": line.address,
        "detail": line.detail,
    }
