import json
from collections.abc import Callable
from uuid import uuid4

import pytest
from click.testing import Result
from flask import Flask

from elearn.extensions import db
from tests import make
from tests.invited import letters
from tests.people import People

Flasks = Callable[..., Result]
NEW = "noah@elsewhere.example"


@pytest.fixture
def run(app: Flask) -> Flasks:
    def run(*words: str) -> Result:
        result = app.test_cli_runner().invoke(args=["invitations", *words])
        db.session.rollback()
        return result

    return run


def test_an_invitation_from_the_terminal(run: Flasks, school: People) -> None:
    make.course(school.ada, code="NIGHT-1", title="Night Sky")
    sent = run("send", NEW, "--invited-by", "ada", "--course", "night-1", "--name", "Noah", "--json")
    assert sent.exit_code == 0, sent.output
    said = json.loads(sent.stdout)
    assert said["state"] == "invited"
    (one,) = json.loads(run("list", "--json").stdout)
    assert (one["id"], one["email"], one["state"], one["courses"]) == (
        said["invitation_id"],
        NEW,
        "waiting",
        ["NIGHT-1"],
    )
    assert NEW in run("resend", one["id"]).stdout
    assert json.loads(run("resend", one["id"], "--json").stdout)["state"] == "waiting"
    assert len(letters(NEW)) == 3
    assert "revoked" in run("revoke", one["id"]).stdout
    assert json.loads(run("revoke", one["id"], "--json").stdout)["state"] == "revoked"
    lines = run("list", "--state", "revoked", "--invited-by", "ada").stdout.splitlines()
    assert [line.split()[1:] for line in lines] == [
        ["STATE", "ROLE", "EMAIL", "NAME"],
        ["revoked", "student", NEW, "Noah"],
    ]
    assert json.loads(run("list", "--state", "waiting", "--json").stdout) == []


def test_the_rights_of_the_inviter_count(run: Flasks, school: People) -> None:
    make.course(school.root, code="NIGHT-1")
    refused = [
        ["send", NEW, "--invited-by", "ben"],
        ["send", NEW, "--invited-by", "ada", "--role", "teacher"],
        ["send", NEW, "--invited-by", "ada", "--course", "NIGHT-1"],
        ["send", NEW, "--invited-by", "nobody"],
        ["send", "noah", "--invited-by", "ada"],
        ["resend", str(uuid4())],
        ["revoke", str(uuid4())],
    ]
    for words in refused:
        result = run(*words)
        assert result.exit_code == 1, (words, result.output)
        assert result.stderr.startswith("Error: ")
    assert letters(NEW) == []
