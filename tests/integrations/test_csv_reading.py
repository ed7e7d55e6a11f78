"""Files as spreadsheets, schools' programs and vandals write them."""

import csv
import io
import string
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elearn.errors import Invalid
from elearn.integrations import csv_reading
from elearn.integrations.csv_files import restored, write_csv
from elearn.integrations.csv_reading import BYTES_MAX, CELL_MAX, ROWS_MAX, Row, Shape, open_table, take

SHAPE = Shape(("email", "full_name", "role", "course_codes"), ("email",), ("line", "reason"))
TEXT = "email,full_name\nzoë@n.example,Zoë Müller\nben@n.example,Ben\n"
NAMES = ["Zoë Müller", "Ben"]


def read(data: bytes) -> list[Row]:
    return list(open_table(data, SHAPE).rows())


def refused(data: bytes) -> Invalid:
    with pytest.raises(Invalid) as caught:
        read(data)
    assert caught.value.fields.keys() == {"file"}
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_encoding_line_end_and_delimiter(encoding: str, end: str, delimiter: str) -> None:
    data = TEXT.replace("\n", end).replace(",", delimiter).encode(encoding)
    rows = read(data)
    assert [row.cells["full_name"] for row in rows] == NAMES
    assert [row.line for row in rows] == [2, 3]
    assert not [row for row in rows if row.problem]


@pytest.mark.parametrize("mark", [b"\xfe\xff", b"\xff\xfe"])
def test_the_mark_of_utf_16_says_the_order_of_bytes(mark: bytes) -> None:
    body = TEXT.encode("utf-16-be" if mark == b"\xfe\xff" else "utf-16-le")
    assert [row.cells["full_name"] for row in read(mark + body)] == NAMES


def test_a_guessed_encoding_can_be_told() -> None:
    assert open_table(TEXT.encode("cp1252"), SHAPE).encoding == "cp1252"
    assert open_table(TEXT.encode(), SHAPE).encoding == "utf-8-sig"


@pytest.mark.parametrize(
    "header",
    [
        "EMAIL,Full Name,Role,Course codes", "e-mail,full-name,role,course-codes",
        " Email , FULL_NAME ,ROLE,Course Codes", "role,course_codes,full_name,email",
        '"Email","Full name","Role","Course codes"',
    ],
)  # fmt: skip
def test_headers_in_any_case_and_order(header: str) -> None:
    names = [csv_reading._key(name.strip('"')) for name in header.split(",")]
    values = {"email": "a@n.example", "fullname": "Ada", "role": "student", "coursecodes": "BIO-7"}
    line = ",".join(values[name] for name in names)
    assert read(f"{header}\n{line}\n".encode())[0].cells == {
        "email": "a@n.example", "full_name": "Ada", "role": "student", "course_codes": "BIO-7",
    }  # fmt: skip


def test_columns_that_are_not_ours_are_passed_over_and_told() -> None:
    table = open_table(b"class,email,phone number,reason\n7b,a@n.example,1,no\n", SHAPE)
    assert table.ignored == ("class", "phone number")
    assert next(table.rows()).cells == {"email": "a@n.example"}


def test_quoted_cells_keep_line_ends_and_separators_and_rows_know_their_line() -> None:
    rows = read(b'email;full_name\r\na@n.example;"Ada\r\n""the first""; of her name"\r\n\r\nb@n.example;Ben\r\n')
    assert [(row.line, row.cells["full_name"]) for row in rows] == [
        (2, 'Ada\r\n"the first"; of her name'),
        (5, "Ben"),
    ]


def test_the_line_in_which_excel_names_the_separator() -> None:
    rows = read(b"sep=;\nemail;full_name\na@n.example;Novak, Ada\n")
    assert [(row.line, row.cells["full_name"]) for row in rows] == [(3, "Novak, Ada")]


def test_a_file_of_addresses_alone() -> None:
    assert [row.cells for row in read(b"\n\nemail\na@n.example\n")] == [{"email": "a@n.example"}]


def test_short_rows_have_empty_cells_and_empty_rows_are_none() -> None:
    rows = read(b"email,full_name,role\na@n.example\n,,\n  \n,,student\n")
    assert [(row.line, row.cells) for row in rows] == [
        (2, {"email": "a@n.example", "full_name": "", "role": ""}),
        (5, {"email": "", "full_name": "", "role": "student"}),
    ]


def test_what_is_wrong_with_one_row_leaves_the_others() -> None:
    long = "x" * (CELL_MAX + 1)
    rows = read(
        b'email,full_name\na@n.example,"Jan" Novak\nb@n.example,Novak, Ben\n'
        + f"c@n.example,{long}\nd@n.example,D\n".encode()
    )
    assert [bool(row.problem) for row in rows] == [True, True, True, False]
    assert "quotation mark" in rows[0].problem
    assert rows[0].cells["email"] == "a@n.example"  # to be mended, it must be known
    assert "has 3 cells and the header 2" in rows[1].problem
    assert rows[2].column == "full_name"
    assert len(rows[2].cells["full_name"]) == CELL_MAX


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"), (b"\xef\xbb\xbf\r\n ,, \r\n", "empty"), (b"\xff\xfe", "empty"),
        (b"a@n.example,Ada\nb@n.example,Ben\n", "no_header"), (b"full_name,role\nAda,student\n", "column_missing"),
        (b"email,E-Mail\na@n.example,b@n.example\n", "column_twice"), (b"email,full_name\n\n", "no_rows"),
        (b"PK\x03\x04" + bytes(200), "not_csv"), (b"\xd0\xcf\x11\xe0" + bytes(200), "not_csv"),
        (bytes(range(256)) * 4, "not_text"), (b"email\na\0@n.example\n", "not_text"),
        (b"\xff\xfe\0\0e\0\0\0", "not_text"),
        (b"email\n\x81\x8d\x8f@n.example\n", "not_text"), (TEXT.encode("utf-16")[:-1], "not_text"),
        (b'email,full_name\na@n.example,"Ada\nb@n.example,Ben\n', "open_quote"),
        (b'email,"full_name\na,b\n', "open_quote"),
        (b"email\n" + b"x" * 200_000, "cell_too_long"),
    ],
)  # fmt: skip
def test_what_spoils_the_whole_file_is_one_sentence(data: bytes, code: str) -> None:
    error = refused(data)
    assert error.code == code
    assert error.message.endswith(".")
    assert "%(" not in error.message


def test_too_many_rows_are_noticed_at_the_first_that_is_too_many() -> None:
    def rows(number: int) -> bytes:
        return b"email\n" + b"".join(b"p%d@n.example\n" % one for one in range(number))

    assert len(read(rows(ROWS_MAX))) == ROWS_MAX
    table = open_table(rows(ROWS_MAX * 10), SHAPE)
    seen = 0
    found = table.rows()
    for _row in islice(found, ROWS_MAX):
        seen += 1
    with pytest.raises(Invalid, match="10,000 rows"):
        next(found)
    assert seen == ROWS_MAX


class Endless(io.RawIOBase):
    """A file that has no end."""

    given = 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "asked for all of it"
        self.given += size
        return b"x" * size


def test_a_file_that_is_too_large_is_not_read_to_its_end() -> None:
    endless = Endless()
    with pytest.raises(Invalid, match="larger than 5 MB"):
        take(endless)  # type: ignore[arg-type]
    assert endless.given <= BYTES_MAX + 1
    assert take(io.BytesIO(b"x" * BYTES_MAX))
    with pytest.raises(Invalid):
        take(io.BytesIO(b"email\n" + b"x" * 10_000_000))


def test_what_we_neutralised_comes_back_as_it_was() -> None:
    names = ["=HYPERLINK(1)", "+49", "-Jan", "@x", "'quoted'", "O'Neil", "'s Gravenhage", "x;=1|'@y,\"+2", "'=1"]
    data = b"".join(write_csv([(f"p{n}@n.example", name) for n, name in enumerate(names)], ["email", "full_name"]))
    assert [row.cells["full_name"] for row in read(data)] == names


# What spreadsheets write: cells without NUL or halves of surrogate pairs, and without space around.
CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40).map(str.strip)
PLAIN = CELL.filter(lambda text: restored(text) == text)


@given(
    st.lists(st.tuples(st.text(string.ascii_letters, min_size=1), PLAIN, PLAIN), min_size=1, max_size=20),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_is_written_is_read_back(
    rows: list[tuple[str, str, str]], delimiter: str, encoding: str, end: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("email", "full_name", "course_codes"), *rows])
    found = read(text.getvalue().encode(encoding))
    assert [(row.cells["email"], row.cells["full_name"], row.cells["course_codes"]) for row in found] == rows
    assert not [row for row in found if row.problem]


@given(st.binary(max_size=400))
def test_no_file_breaks_the_reader(data: bytes) -> None:
    for start in (b"", b"email,full_name\n", "email,full_name\n".encode("utf-16")):
        try:
            rows = read(start + data)
        except Invalid:
            continue
        assert all(row.line > 1 for row in rows) or not start
