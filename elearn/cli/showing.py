"""How commands show what they found: as a table for people, as JSON for programs."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., None])


def as_json(command: Command) -> Command:
    """Take `--json`, and hand it over as `in_json`."""
    return click.option("--json", "in_json", is_flag=True, help="Answer in JSON.")(command)


def show_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def moment(value: datetime | None) -> str | None:
    """Write a moment as the API does, to the second."""
    return value.isoformat(timespec="seconds").replace("+00:00", "Z") if value is not None else None


def show_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Align all columns but the last."""
    lines = [heads, *([plain(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads) - 1)]
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        click.echo("  ".join([*cells, line[-1]]).rstrip())


def plain(text: str) -> str:
    """Show whatever cannot be seen, or moves the cursor, as a question mark."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
