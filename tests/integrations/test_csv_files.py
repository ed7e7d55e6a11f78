import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from elearn.integrations.csv_files import BOM, CHUNK, SIGNS, restored, safe_cell, write_csv


@pytest.mark.parametrize(
    "value",
    ["=HYPERLINK(1)", "+49 30", "-2+3", "@SUM(A1)", "\tname", "\rname", "\n=1", "  =1", "\0=1", "\u00a0@x", "\uff1d1"],
)
def test_no_cell_that_we_write_is_a_formula(value: str) -> None:
    text = safe_cell(value)
    assert text.startswith("'")
    assert "\0" not in text
    assert restored(text) == value.replace("\0", "")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x;=1+1;y", "x;'=1+1;y"),
        ("a\t @SUM(1)", "a\t' @SUM(1)"),
        ("Monday, -5 degrees", "Monday,' -5 degrees"),
        ("one\r\n=2\n+3", "one\r\n'=2\n'+3"),
        ('x;"=1', "x;'\"=1"),
        ("\t=1", "'\t'=1"),
        ("'=1", "''=1"),
    ],
)
def test_no_part_of_a_cell_is_a_formula(value: str, text: str) -> None:
    assert safe_cell(value) == text
    assert restored(text) == value


@pytest.mark.parametrize(
    "value", ["Ben Kovač", "a=b", "ben@school.example", "'quoted'", "", "3-4", "O'Neil; 's", "one\n\ntwo", "1, 2; 3-4"]
)
def test_other_text_stays_as_it_is(value: str) -> None:
    assert safe_cell(value) == value


def test_numbers_times_and_nothing_have_their_forms() -> None:
    assert [safe_cell(value) for value in (-3, 2.5, None)] == ["-3", "2.5", ""]
    assert safe_cell(datetime(2026, 11, 21, 8, 30, 5, 99, tzinfo=UTC)) == "2026-11-21T08:30:05Z"


def test_a_file_is_read_back_as_it_was_written() -> None:
    rows = [["Ben", 'said "no",\nand left', 3], ["Eve", "\ud800 alone", None]]
    data = b"".join(write_csv(rows, ["name", "what", "times"]))
    assert data.startswith(BOM)
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert read == [["name", "what", "times"], ["Ben", 'said "no",\nand left', "3"], ["Eve", "? alone", ""]]
    assert not b"".join(write_csv(rows, ["name"], bom=False)).startswith(BOM)


def test_a_long_file_comes_in_pieces() -> None:
    pieces = list(write_csv((["x" * 1000] for _ in range(1000)), ["x"]))
    assert len(pieces) > 10
    assert max(map(len, pieces)) < CHUNK + 2000


# Many signs, separators, quotation marks and spaces, and what else there is.
TEXT = st.text(
    st.sampled_from(f"{SIGNS},;\t|\r\n\"' \u00a0\u200bab") | st.characters(exclude_categories=["Cs"]), max_size=12
)


@given(TEXT)
def test_what_was_neutralised_comes_back_letter_for_letter(value: str) -> None:
    assert restored(safe_cell(value)) == value.replace("\0", "")


@given(st.lists(st.lists(TEXT, min_size=1, max_size=3), min_size=1, max_size=4), st.sampled_from(",;\t|"))
@example([["x", "y;=1+1"], ["2026", 'x;"=HYPERLINK(A1)']], ";")
def test_divided_by_whatever_separator_no_cell_is_a_formula(rows: list[list[str]], separator: str) -> None:
    text = b"".join(write_csv(rows, ["x"])).decode("utf-8-sig")
    read = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]
    cut = [cell for line in text.splitlines() for cell in line.split(separator)]
    assert [cell for cell in read + cut if cell.strip().startswith(tuple(SIGNS))] == []
