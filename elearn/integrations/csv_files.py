"""CSV files that we write: read rightly by spreadsheets, and never run by them."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import StringIO

# A spreadsheet takes a cell that begins with one of these for a formula, and runs it for whoever opens the file.
# The last four are the wide forms of East Asian keyboards.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BOM = b"\xef\xbb\xbf"
CHUNK = 64 * 1024

Cell = str | int | float | bool | datetime | None


def safe_cell(value: Cell) -> str:
    """Return the text of a cell, a leading apostrophe making plain text of what a spreadsheet would take for a formula.

    Numbers that we computed stay numbers, the negative ones too. NUL goes: programs cut the text there, and what
    follows would stand at the beginning.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    if not isinstance(value, str):
        return str(value)
    text = value.replace("\0", "")
    # Spreadsheets look past spaces, and so must we.
    return "'" + text if text.startswith(RISKY) or text.lstrip().startswith(RISKY) else text


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
