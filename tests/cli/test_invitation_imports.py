import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from elearn.extensions import db
from elearn.models import Enrolment, Invitation, InvitationImport
from elearn.services import invitation_batches, invitation_imports
from tests import make
from tests.people import People

Flasks = Callable[..., Result]


@pytest.fixture
def run(app: Flask, tmp_path: Path) -> Flasks:
    """Run `flask invitations import` with this text as the file."""

    def run(text: str, *words: str, by: str = "ada") -> Result:
        file = tmp_path / "class.csv"
        file.write_text(text)
        arguments = ["invitations", "import", str(file), "--invited-by", by, *words]
        result = app.test_cli_runner().invoke(args=arguments)
        db.session.rollback()
        return result

    return run


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_good_list(run: Flasks, school: People) -> None:
    make.course(school.ada, code="BIO-7")
    made = run("email,full_name\na@n.example,A\nben@school.example,\n", "--course", "bio-7", "--message", "Hello")
    assert made.exit_code == 0, made.output
    assert "2 rows: 1 invited, 1 enrolled, 0 here or invited already, 0 left out." in made.stdout
    assert count(Invitation) == 1


LIST = "email\na@n.example\nben@school.example\neve@school.example\np@gmial.com\nA@n.example\n"


@pytest.mark.usefixtures("school_database")
def test_dry_and_real_and_once_more_in_json(run: Flasks, school: People) -> None:
    make.enrol(school.eve, make.course(school.ada, code="BIO-7"))

    def report(*words: str) -> dict[str, Any]:
        result = run(LIST, "--course", "bio-7", "--json", *words)
        assert result.exit_code == 0, result.output
        told: dict[str, Any] = json.loads(result.stdout)
        return told

    dry, real, again = report("--dry-run"), report(), report()
    numbers = ("rows", "invited", "enrolled", "already_invited", "already_here", "left_out")
    assert [dry[name] for name in numbers] == [real[name] for name in numbers] == [5, 2, 1, 1, 1, 0]
    assert [again[name] for name in numbers] == [5, 0, 0, 3, 2, 0]
    assert [[row["line"] for row in told["warnings"]] for told in (dry, real)] == [[3, 4, 5, 6]] * 2
    assert [row["reason"] for row in dry["warnings"]][:3] == [row["reason"] for row in real["warnings"]][:3]
    assert [row["line"] for row in again["warnings"]] == [2, 3, 4, 5, 6]
    assert (count(Invitation), count(Enrolment)) == (2, 2)


def test_dry_and_real_and_once_more_in_words(run: Flasks, school: People) -> None:
    make.enrol(school.eve, make.course(school.ada, code="BIO-7", title="Biology 7"))
    lines = [run(LIST, "--course", "bio-7", *words).stdout.splitlines() for words in (("--dry-run",), (), ())]
    assert lines[0][:3] == lines[1][:3] == [
        "Look at row 3: ben@school.example: Has an account as Ben Kowalski, joins Biology 7",
        "Look at row 4: eve@school.example: Eve Outsider is in Biology 7 already",
        "Look at row 5: p@gmial.com: Did you mean gmail.com? It is sent as written.",
    ]  # fmt: skip
    assert [shown[-1] for shown in lines] == [
        "5 rows: 2 would be invited, 1 would be enrolled, 2 here or invited already, 0 left out.",
        "5 rows: 2 invited, 1 enrolled, 2 here or invited already, 0 left out.",
        "5 rows: 0 invited, 0 enrolled, 5 here or invited already, 0 left out.",
    ]


def test_cells_of_a_file_do_not_steer_the_terminal(run: Flasks, school: People) -> None:
    assert "\x1b" not in run("email\n\x1b[2Jx\n").stdout


def test_some_rows_left_out(run: Flasks, school: People) -> None:
    made = run("email\na@n.example\njana@northfield\n")
    assert made.exit_code == 1
    assert "Row 3: jana@northfield: The address has no ending" in made.stdout
    said = json.loads(run("email\nb@n.example\njana@northfield\n", "--json").stdout)
    assert (said["rows"], said["invited"], said["left_out"]) == (2, 1, 1)
    assert said["errors"][0]["line"] == 3
    assert said["errors"][0]["field"] == "email"
    assert count(Invitation) == 2
    assert run("email\nwrong\n").exit_code == 1


def test_a_dry_run_invites_nobody_and_leaves_nothing(run: Flasks, school: People) -> None:
    made = run("email\na@n.example\nwrong\n", "--dry-run")
    assert made.exit_code == 1
    assert "1 would be invited" in made.stdout
    assert run("email\na@n.example\n", "--dry-run", "--json").exit_code == 0
    assert count(Invitation) == count(InvitationImport) == 0


@pytest.mark.parametrize(
    ("text", "words", "by", "said"),
    [
        ("", (), "ada", "This file is empty."),
        ("name\nAda\n", (), "ada", "The first row must name the columns"),
        ("email\na@n.example\n", ("--course", "NOPE"), "ada", "None of your courses has the code NOPE."),
        ("email\na@n.example\n", (), "nobody", "Nobody here is called nobody."),
        ("email\na@n.example\n", (), "ben", "not allowed"),
    ],
)
def test_what_could_not_be_read(
    run: Flasks, school: People, text: str, words: tuple[str, ...], by: str, said: str
) -> None:
    made = run(text, *words, by=by)
    assert made.exit_code == 2
    assert said in made.stderr
    assert made.stdout == ""
    assert count(Invitation) == count(InvitationImport) == 0


def test_a_long_list_shows_how_far_it_is(run: Flasks, school: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitation_batches, "BATCH", 10)
    monkeypatch.setattr(invitation_imports, "BATCH", 10)
    made = run("email\n" + "".join(f"p{n}@n.example\n" for n in range(35)))
    assert made.exit_code == 0, made.output
    assert "Inviting" in made.stderr
    assert "35 rows: 35 invited" in made.stdout
    assert count(Invitation) == 35
