import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from elearn.extensions import db
from elearn.models import Course, Role
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


def test_a_course_is_shown_edited_and_made_a_draft_again(run: Flasks, school: People, tmp_path: Path) -> None:
    text = tmp_path / "text.md"
    text.write_text("\ufeffThe **sky**\n")
    made = run("courses", "create", "SKY-1", "Sky", "--teacher", "ada", "--description", "Soon", "--ends", "2026-12-01")
    assert made.exit_code == 0, made.output
    edited = run(
        "courses", "edit", "sky-1", "--title", "none", "--code", "SKY-2", "--summary", "Stars", "--description-file",
        str(text), "--subject", "science", "--starts", "2026-09-02", "--ends", "none", "--json",
    )  # fmt: skip
    assert edited.exit_code == 0, edited.output
    said = json.loads(edited.stdout)
    assert (said["code"], said["title"], said["subject"], said["starts_on"], said["ends_on"]) == (
        "SKY-2", "none", "science", "2026-09-02", None,
    )  # fmt: skip
    shown = json.loads(run("courses", "show", "SKY-2", "--json").stdout)
    assert shown.items() >= said.items()
    assert (shown["summary"], shown["description"], shown["students"]) == ("Stars", "The **sky**", 0)
    assert run("courses", "edit", "SKY-2", "--description", "").stdout == "SKY-2, none, is changed.\n"
    assert run("courses", "publish", "SKY-2").exit_code == 0
    assert json.loads(run("courses", "unpublish", "SKY-2", "--json").stdout)["state"] == "draft"
    lines = run("courses", "show", "SKY-2").stdout.splitlines()
    assert {"Code       SKY-2", "State      draft", "Students   0", "Starts on  2026-09-02"} <= set(lines)
    assert lines[-1] == "Summary    Stars", "the text is gone, the rest stayed"


def test_a_course_with_students_stays_open(run: Flasks, school: People) -> None:
    make.enrol(school.ben, make.course(school.ada, code="BIO-7"))
    refused = run("courses", "unpublish", "BIO-7")
    assert (refused.exit_code, refused.stderr) == (
        1, "Error: 1 student is enrolled in this course. Archive it instead.\n",
    )  # fmt: skip


def test_a_text_comes_once_and_in_utf_8(run: Flasks, school: People, tmp_path: Path) -> None:
    make.course(school.ada, code="BIO-7")
    file = tmp_path / "text.md"
    file.write_bytes(b"caf\xe9")
    assert "is not in UTF-8" in run("courses", "edit", "BIO-7", "--description-file", str(file)).stderr
    assert run("courses", "edit", "BIO-7", "--description-file", str(file), "--description", "x").exit_code == 2
    assert run("courses", "edit", "BIO-7").exit_code == 2
    assert run("courses", "edit", "BIO-7", "--description-file", "-", answer="From a pipe").exit_code == 0
    assert json.loads(run("courses", "show", "BIO-7", "--json").stdout)["description"] == "From a pipe"


def test_a_course_is_handed_over(run: Flasks, school: People) -> None:
    make.course(school.ada, code="BIO-7", title="Biology 7")
    make.person("alan", Role.TEACHER, full_name="Alan Berg")
    assert json.loads(run("courses", "hand-over", "BIO-7", "alan", "--json").stdout)["teacher"] == "alan"
    assert run("courses", "hand-over", "BIO-7", "ada").stdout == "Ada Novak teaches Biology 7 now.\n"


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
        (("edit", "TAKEN-1", "--code", "?"), "code: Use 2 to 20 letters"),
        (("show", "NONE-1"), "No course has the code NONE-1"),
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
