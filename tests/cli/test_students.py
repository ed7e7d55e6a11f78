import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from elearn.extensions import db
from elearn.models import Enrolment
from tests import make
from tests.people import People

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    def run(*words: str) -> Result:
        result = app.test_cli_runner().invoke(args=["courses", *words])
        db.session.rollback()
        return result

    return run


def as_json(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_people_of_a_course(run: Run, school: People) -> None:
    make.course(school.ada, code="BIO-7", title="Biology 7")
    ben = {"course": "BIO-7", "id": str(school.ben.id), "username": "ben"}
    assert as_json(run("add", "bio-7", "ben@school.example", "--json")) == ben | {"enrolled": True}
    assert run("add", "BIO-7", "eve").output == "Eve Outsider is in Biology 7 now.\n"
    assert [one["username"] for one in as_json(run("students", "BIO-7", "--json"))] == ["ben", "eve"]
    assert [line.split()[0] for line in run("students", "BIO-7", "--q", "kowal").output.splitlines()] == [
        "USERNAME", "ben",
    ]  # fmt: skip
    assert as_json(run("remove", "BIO-7", "ben", "--json")) == ben | {"enrolled": False}
    assert run("remove", "BIO-7", "eve").output == "Eve Outsider is not in Biology 7 any more.\n"
    assert as_json(run("students", "BIO-7", "--json")) == []
    assert as_json(run("block", "BIO-7", "ben", "--reason", "Shouts", "--json")) == ben | {"blocked": True}
    (blocked,) = as_json(run("students", "BIO-7", "--state", "blocked", "--json"))
    assert (blocked["username"], blocked["email"], blocked["reason"]) == ("ben", "ben@school.example", "Shouts")
    assert "blocked in this course" in run("add", "BIO-7", "ben").stderr
    assert as_json(run("unblock", "BIO-7", "ben", "--json")) == ben | {"blocked": False}
    assert run("block", "BIO-7", "ben").output == "Ben Kowalski is blocked in Biology 7.\n"
    assert run("unblock", "BIO-7", "ben").output == "Ben Kowalski may enrol in Biology 7 again.\n"
    assert as_json(run("students", "BIO-7", "--state", "blocked", "--json")) == []


def test_a_long_list_is_read_page_by_page(run: Run, school: People) -> None:
    course = make.course(school.ada, code="BIO-7")
    for _number in range(101):
        make.enrol(make.person(), course)
    assert "Page 1 of 2. Go on with --page 2" in run("students", "BIO-7").output
    assert len(as_json(run("students", "BIO-7", "--page", "2", "--json"))) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("students", "NONE-1"), "No course has the code NONE-1."),
        (("add", "BIO-7", "nobody"), "Nobody here is called nobody."),
        (("add", "BIO-7", "ada"), "Ada Novak is not a student."),
        (("add", "DRAFT-1", "ben"), "Publish this course first"),
        (("remove", "BIO-7", "ben"), "This person is not in this course."),
        (("block", "BIO-7", "ada"), "Ada Novak leads this course and cannot be blocked in it."),
        (("block", "BIO-7", "ben", "--reason", "x" * 301), "reason: Use at most 300 characters"),
    ],
)
def test_what_does_not_work_is_one_sentence_and_changes_nothing(
    run: Run, school: People, words: tuple[str, ...], sentence: str
) -> None:
    make.course(school.ada, code="BIO-7")
    make.course(school.ada, code="DRAFT-1", state="draft")
    result = run(*words)
    assert (result.exit_code, sentence in result.stderr) == (1, True), result.output
    assert db.session.query(Enrolment).count() == 0
