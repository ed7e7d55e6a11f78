"""CSV files that come from outside: in whatever encoding and with whatever separator a spreadsheet wrote them.

What spoils the whole file is refused with one sentence. What spoils a row is told with that row, so that the others can
still be used.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import BinaryIO

from elearn.errors import Invalid
from elearn.integrations.csv_files import restored
from elearn.languages import _

BYTES_MAX = 5_000_000
ROWS_MAX = 10_000
CELL_MAX = 2_000

_DELIMITERS = ",;\t"
# Excel begins a file with this line to say what separates its cells.
_SEPARATOR_LINE = re.compile(r"sep=([,;\t])\s*", re.IGNORECASE)
_SAMPLE = 200
_OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_UTF_32 = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")


@dataclass(frozen=True)
class Shape:
    """Say which columns a file may have, and which of them it must have.

    `own` are columns that our own files carry besides: they are passed over without a word.
    """

    columns: tuple[str, ...]
    required: tuple[str, ...]
    own: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One row by column; `line` is where it begins in the file, counted from 1 with the header."""

    line: int
    cells: dict[str, str]
    # What is wrong with the row as such, in one sentence, and the column where it is.
    problem: str = ""
    column: str = ""


@dataclass(frozen=True)
class Table:
    """A file whose header is understood."""

    data: bytes = field(repr=False)
    encoding: str
    delimiter: str
    # For each place in a row the column that stands there; None for what is not read.
    places: tuple[str | None, ...]
    # The line and the number of the lines up to the first row.
    start: int
    # What the header calls the columns that are not read.
    ignored: tuple[str, ...]

    def rows(self) -> Iterator[Row]:
        """Yield the rows one by one; raises `Invalid` where the rest cannot be understood, or is too much."""
        written: list[str] = []
        reader = csv.reader(self._lines_into(written), delimiter=self.delimiter, strict=True)
        found = 0
        while True:
            line = self.start + reader.line_num + 1
            written.clear()
            try:
                cells = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                row = self._broken(line, str(error), written)
            else:
                if not any(cell.strip() for cell in cells):
                    continue
                row = self._row(line, cells)
            found += 1
            if found > ROWS_MAX:
                raise _wrong(
                    "too_many_rows",
                    _("This file has more than %(most)s rows. Divide it into several files.", most=f"{ROWS_MAX:,}"),
                )
            yield row
        if not found:
            raise _wrong("no_rows", _("There is no row below the header. Write one row for each person."))

    def _row(self, line: int, texts: Sequence[str]) -> Row:
        cells = {name: clean(text) for name, text in zip(self.places, texts, strict=False) if name is not None}
        named = {name: cells.get(name, "") for name in self.places if name is not None}
        for name, text in named.items():
            if len(text) > CELL_MAX:
                problem = _(
                    "This cell has %(size)s characters. Use at most %(most)s.",
                    size=f"{len(text):,}",
                    most=f"{CELL_MAX:,}",
                )
                return Row(line, {key: value[:CELL_MAX] for key, value in named.items()}, problem, name)
        if any(text.strip() for text in texts[len(self.places) :]):
            problem = _(
                "This row has %(found)s cells and the header %(expected)s. "
                "Put quotation marks around text that has a “%(separator)s” in it.",
                found=len(texts),
                expected=len(self.places),
                separator=self.delimiter.replace("\t", "tab"),
            )
            return Row(line, named, problem)
        return Row(line, named)

    def _lines_into(self, written: list[str]) -> Iterator[str]:
        """Yield the lines below the header, and keep them for whoever must say what is wrong with them."""
        for line in islice(_lines(self.data, self.encoding), self.start, None):
            written.append(line)
            yield line

    def _broken(self, line: int, error: str, written: list[str]) -> Row:
        if "end of data" in error:
            raise _never_closed(line)
        if "field limit" in error:
            raise _wrong(
                "cell_too_long",
                _("A cell in row %(row)s is far too long. Use at most %(most)s characters.", row=line, most=CELL_MAX),
            )
        row = self._row(line, next(csv.reader(written, delimiter=self.delimiter), []))
        return replace(
            row, problem=_("A quotation mark stands in the middle of a cell. Leave it out, or write it twice.")
        )


def take(stream: BinaryIO) -> bytes:
    """Return the whole file; raises `Invalid` for one that is too large, without reading it to its end."""
    data = stream.read(BYTES_MAX + 1)
    if len(data) > BYTES_MAX:
        raise _wrong(
            "file_too_large",
            _("This file is larger than %(size)s MB. Divide it into several files.", size=BYTES_MAX // 1_000_000),
        )
    return data


def open_table(data: bytes, shape: Shape) -> Table:
    """Find out how the file is written and what its columns are."""
    if not data.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n,;"):
        raise _wrong("empty", _("This file is empty. Choose the file that has the list."))
    encoding = _encoding(data)
    skipped, header = 0, ""
    separators = _DELIMITERS
    for line in _lines(data, encoding):
        said = _SEPARATOR_LINE.fullmatch(line.strip(" \r\n")) if not skipped else None
        if said is None and line.strip(" \t\r\n,;"):
            header = line
            break
        separators = said[1] if said else separators
        skipped += 1
    if header.count('"') % 2:
        raise _never_closed(skipped + 1)
    delimiter, names = max(
        ((one, _cells(header, one)) for one in separators),
        key=lambda found: (sum(_key(name) in _keys(shape) for name in found[1]), len(found[1])),
    )
    return Table(data, encoding, delimiter, *_columns(names, shape, skipped))


def _columns(names: Sequence[str], shape: Shape, skipped: int) -> tuple[tuple[str | None, ...], int, tuple[str, ...]]:
    known = _keys(shape)
    places = tuple(known.get(_key(name)) for name in names)
    expected = ", ".join(shape.columns)
    if not any(places):
        raise _wrong("no_header", _("The first row must name the columns: %(columns)s.", columns=expected))
    for name in shape.columns:
        if places.count(name) > 1:
            raise _wrong("column_twice", _("The column “%(name)s” is there twice. Keep one of them.", name=name))
        if name in shape.required and name not in places:
            raise _wrong("column_missing", _("There is no column “%(name)s”. Name it in the first row.", name=name))
    own = {_key(name) for name in shape.own}
    ignored = tuple(
        " ".join(name.split())[:40]
        for name, place in zip(names, places, strict=True)
        if place is None and name.strip() and _key(name) not in own
    )
    return places, skipped + 1, ignored


def _keys(shape: Shape) -> dict[str, str]:
    return {_key(name): name for name in shape.columns}


def _key(name: str) -> str:
    """Return the form in which `Full name`, `full-name` and `FULL_NAME` are the same."""
    return re.sub(r"[\s_-]+", "", name).casefold()


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter))
    except csv.Error:
        return []


def clean(text: str) -> str:
    """Return what was meant: no space around it, and no apostrophe by which our own files disarm a formula."""
    return restored(text.strip())


def _encoding(data: bytes) -> str:
    """Return how the text is written: by its mark, by its zeros, or as what it can be read without an error.

    Spreadsheets on Windows still save in its old code page. Reading that as Windows-1252 is a guess, right for the west
    of Europe: whoever calls must say so, before anything is done with the names.
    """
    if data.startswith(_OFFICE):
        raise _wrong("not_csv", _("This is a workbook, not a CSV file. Open it, choose Save as, and then “CSV UTF-8”."))
    if data.startswith(_UTF_32):
        raise _no_text()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    sample = data[:_SAMPLE]
    if sample.count(0) * 3 > len(sample):
        return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
    return next((encoding for encoding in ("utf-8-sig", "cp1252") if _decodes(data, encoding)), "utf-8-sig")


def _decodes(data: bytes, encoding: str) -> bool:
    """Tell without holding the text as a whole."""
    try:
        for _line in io.TextIOWrapper(io.BytesIO(data), encoding):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _lines(data: bytes, encoding: str) -> Iterator[str]:
    """Yield the lines with their ends, whichever they are; quoted cells keep them."""
    try:
        for line in io.TextIOWrapper(io.BytesIO(data), encoding, newline=""):
            if "\0" in line:
                raise _no_text()
            yield line
    except UnicodeError as error:
        raise _no_text() from error


def _no_text() -> Invalid:
    return _wrong("not_text", _("This is not a text file. Save the list as “CSV UTF-8” and choose that file."))


def _never_closed(line: int) -> Invalid:
    return _wrong(
        "open_quote",
        _("A quotation mark opens in row %(row)s and is never closed. Close it in the file.", row=line),
    )


def _wrong(code: str, message: str) -> Invalid:
    return Invalid(code, message, field="file")
