import json
import zipfile
from pathlib import Path

from click.testing import Result
from flask import Flask

from elearn.extensions import db
from elearn.models import User
from tests import make
from tests.people import People


def users(app: Flask, *arguments: str, typed: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=["users", *arguments], input=typed)


def test_the_operator_takes_a_copy(app: Flask, school: People, tmp_path: Path) -> None:
    target = tmp_path / "ben.zip"
    result = users(app, "export", "ben@school.example", "--output", str(target))
    assert result.exit_code == 0, result.output
    assert "The data of Ben Kowalski are in" in result.output
    assert (target.stat().st_mode & 0o777) == 0o600
    with zipfile.ZipFile(target) as archive:
        assert json.loads(archive.read("data.json"))["account"][0]["username"] == "ben"


def test_a_program_reads_json(app: Flask, school: People, tmp_path: Path) -> None:
    target = tmp_path / "ben.zip"
    told = json.loads(users(app, "export", "ben", "--output", str(target), "--json").stdout)
    assert told == {"username": "ben", "output": str(target), "size": target.stat().st_size}


def test_no_file_is_overwritten(app: Flask, school: People, tmp_path: Path) -> None:
    target = tmp_path / "ben.zip"
    target.write_text("mine")
    result = users(app, "export", "ben", "--output", str(target))
    assert (result.exit_code, target.read_text()) == (1, "mine")
    assert "cannot be written" in result.output
    assert users(app, "export", "nobody", "--output", str(tmp_path / "x.zip")).exit_code == 1
    assert not (tmp_path / "x.zip").exists()


def test_a_deletion_is_confirmed(app: Flask, school: People) -> None:
    result = users(app, "delete", "ben", typed="n\n")
    assert result.exit_code == 1
    assert "Delete Ben Kowalski (ben) for good? This cannot be undone." in result.output
    assert db.session.get_one(User, school.ben.id).deleted_at is None
    result = users(app, "delete", "ben", "--yes")
    assert (result.exit_code, result.output) == (0, "The account of Ben Kowalski is deleted.\n")
    db.session.rollback()
    assert db.session.get_one(User, school.ben.id).full_name == "Former member"
    assert users(app, "delete", "ben", "--yes").exit_code == 1


def test_a_deletion_is_told_to_a_program(app: Flask, school: People) -> None:
    result = users(app, "delete", "ben", "--json", typed="y\n")
    assert json.loads(result.stdout) == {"id": str(school.ben.id), "username": "ben", "deleted": True}


def test_what_stands_in_the_way_is_said(app: Flask, school: People) -> None:
    make.course(school.ada, title="Night Sky")
    result = users(app, "delete", "ada", "--yes")
    assert (result.exit_code, "Night Sky" in result.output) == (1, True)
    result = users(app, "delete", "root", "--yes")
    assert (result.exit_code, "last admin" in result.output) == (1, True)
