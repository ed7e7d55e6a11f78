"""`flask activity list`, narrowed to what was done in a course."""

import json

from flask import Flask

from elearn.services import enrolments
from tests import make
from tests.people import People


def test_the_log_is_narrowed_to_a_course_by_its_code(app: Flask, school: People) -> None:
    for code in ("BIO-7", "ART-1"):
        enrolments.enrol(school.ben, make.course(school.ada, code=code).id)
    runner = app.test_cli_runner()
    listed = runner.invoke(args=["activity", "list", "--object", "bio-7", "--json"])
    assert [line["kind"] for line in json.loads(listed.stdout)] == ["enrolled"]
    assert len(json.loads(runner.invoke(args=["activity", "list", "--json"]).stdout)) == 2
    unknown = runner.invoke(args=["activity", "list", "--object", "none"])
    assert (unknown.exit_code, "No course has the code none." in unknown.output) == (1, True)
