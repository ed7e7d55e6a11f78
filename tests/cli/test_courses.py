import json
from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from elearn.extensions import db
from elearn.models import Course
from tests import make
from tests.people import People

Flasks = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Flasks:
    def run(*words: str, answer: str = "") -> Result:
        result = app.test_cli_runner().invoke(args=list(words), input=answer)
        db.session.rollback()
        return result

    return run


def test_a_course_from_its_making_to_its_end(run: Flasks, school: People) -> None:
    made = run(
        "courses", "create", "NIGHT-24", "Observing the Night Sky", "--teacher", "ada", "--subject", "science",
        "--starts", "2026-09-02", "--json",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    said = json.loads(made.stdout)
    assert (said["state"], said["teacher"], said["starts_on"]) == ("draft", "ada", "2026-09-02")
    assert json.loads(run("courses", "publish", "night-24", "--json").stdout)["state"] == "published"
    assert "NIGHT-24 is archived" in run("courses", "archive", "NIGHT-24").stdout
    make.course(school.ada, code="OTHER-1")
    listed = json.loads(run("courses", "list", "--json").stdout)
    assert [(course["code"], course["students"]) for course in listed] == [("NIGHT-24", 0), ("OTHER-1", 0)]
    assert [line.split()[0] for line in run("courses", "list", "--state", "archived").stdout.splitlines()] == [
        "CODE", "NIGHT-24",
    ]  # fmt: skip
    assert json.loads(run("courses", "delete", "NIGHT-24", "--yes", "--json").stdout)["code"] == "NIGHT-24"
    assert db.session.query(Course).count() == 1


def test_deleting_asks_first(run: Flasks, school: People) -> None:
    make.course(school.ada, code="KEEP-1")
    assert run("courses", "delete", "KEEP-1", answer="n\n").exit_code != 0
    assert db.session.query(Course).count() == 1
    assert run("courses", "delete", "KEEP-1", answer="y\n").exit_code == 0
    assert db.session.query(Course).count() == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("create", "?", "Title", "--teacher", "ada"), "code: Use 2 to 20 letters"),
        (("create", "TAKEN-1", "Title", "--teacher", "ada"), "code: Another course has this code"),
        (("create", "NEW-1", "Title", "--teacher", "ben"), "teacher: Name somebody who teaches here"),
        (("create", "NEW-1", "Title", "--teacher", "nobody"), "Nobody here is called nobody"),
        (
            ("create", "NEW-1", "T", "--teacher", "ada", "--starts", "2026-09-02", "--ends", "2026-09-01"),
            "ends_on: Choose a day after the start, 2 September 2026",
        ),
        (("publish", "NONE-1"), "No course has the code NONE-1"),
        (("archive", "TAKEN-1"), "Only a published course can be archived"),
    ],
)
def test_what_does_not_work_is_said_in_one_sentence(
    run: Flasks, school: People, words: tuple[str, ...], sentence: str
) -> None:
    make.course(school.ada, code="TAKEN-1", state="draft")
    result = run("courses", *words)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert "Traceback" not in result.output
    assert db.session.query(Course).count() == 1


def test_the_demo_school_from_the_terminal(run: Flasks) -> None:
    assert "There is no demo school here" in run("demo", "sign-ins").stdout
    seeded = run("demo", "seed", "--json")
    assert seeded.exit_code == 0, seeded.output
    assert json.loads(seeded.stdout) == json.loads(run("demo", "sign-ins", "--json").stdout)
    assert "ada.novak" in run("demo", "sign-ins").stdout
