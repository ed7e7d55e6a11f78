"""CSV files that we write: read rightly by spreadsheets, and never run by them."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import StringIO

# A spreadsheet takes a cell that begins with one of these for a formula, and runs it for whoever opens the file.
# The last four are the wide forms of East Asian keyboards.
SIGNS = "-=+@\uff1d\uff0b\uff0d\uff20"
# A spreadsheet that divides by another sign than we did begins a cell behind each of these, in the middle of ours; the
# last ones end a line for some programs.
_BEHIND = r"(?<=[,;|\t\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029])"
# What it looks past on its way; with the apostrophes, so that ours can be told from those that were there.
_PAST = "(?:[^\\S\\t\\r\\n]|['\"\u200b\ufeff])*"
_RISKY = re.compile(rf"\A(?={_PAST}[{SIGNS}\t\r\n])|{_BEHIND}(?={_PAST}[{SIGNS}])")
_NEUTRALISED = re.compile(rf"\A'(?={_PAST}[{SIGNS}\t\r\n])|{_BEHIND}'(?={_PAST}[{SIGNS}])")
BOM = b"\xef\xbb\xbf"
CHUNK = 64 * 1024

Cell = str | int | float | bool | datetime | None


def safe_cell(value: Cell) -> str:
    """Return the text of a cell, with an apostrophe before whatever a spreadsheet would take for a formula.

    That is the beginning of the cell, and of each part into which it falls with another separator. Numbers that we
    computed stay numbers, the negative ones too. NUL goes: programs cut the text there, and what follows would stand
    at the beginning.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    if not isinstance(value, str):
        return str(value)
    return _RISKY.sub("'", value.replace("\0", ""))


def restored(text: str) -> str:
    """Return what `safe_cell` was given, letter for letter."""
    return _NEUTRALISED.sub("", text)


def write_csv(rows: Iterable[Sequence[Cell]], header: Sequence[str], *, bom: bool = True) -> Iterator[bytes]:
    """Yield the file in pieces, so that a long list never stands in memory as a whole.

    The byte order mark tells spreadsheets that this is UTF-8; leave it out for programs.
    """
    text = StringIO(newline="")
    writer = csv.writer(text)
    if bom:
        yield BOM
    writer.writerow([safe_cell(name) for name in header])
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
        if text.tell() > CHUNK:
            yield _taken(text)
    yield _taken(text)


def _taken(text: StringIO) -> bytes:
    piece = text.getvalue().encode(errors="replace")
    text.seek(0)
    text.truncate()
    return piece
