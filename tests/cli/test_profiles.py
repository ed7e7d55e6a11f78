import json
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from elearn.extensions import db
from elearn.models import Status, Theme, User
from elearn.services import statuses
from tests import make
from tests.people import People


def users(app: Flask, *arguments: str) -> Result:
    result = app.test_cli_runner().invoke(args=["users", *arguments])
    db.session.rollback()
    return result


def as_json(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_profile_is_changed_where_it_is_named(app: Flask, school: People) -> None:
    told = as_json(
        users(
            app, "edit", "ben@school.example", "--name", " Ben  K. ", "--headline", "Reads", "--bio", "Line 1\nLine 2",
            "--education", "School A", "--education", "School B", "--interests", "chess, tea", "--language", "de",
            "--time-zone", "Europe/Berlin", "--theme", "dark", "--json",
        )
    )  # fmt: skip
    assert told == {
        "id": str(school.ben.id), "username": "ben", "full_name": "Ben K.", "headline": "Reads",
        "bio": "Line 1\nLine 2", "education": ["School A", "School B"], "interests": ["chess", "tea"],
        "language": "de", "time_zone": "Europe/Berlin", "theme": "dark",
    }  # fmt: skip
    assert as_json(users(app, "list", "--q", "K.", "--json"))[0]["username"] == "ben"
    assert users(app, "edit", "ben", "--bio", "", "--education", "").output == "The profile of Ben K. is changed.\n"
    ben = db.session.get_one(User, school.ben.id)
    assert (ben.bio, ben.education, ben.headline, ben.theme) == ("", "", "Reads", Theme.DARK)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ((), 2, "Name at least one thing to change."),
        (("--time-zone", "Nowhere"), 1, "time_zone: Choose a time zone from the list"),
        (("--name", ""), 1, "full_name: "),
        (("--headline", "fine", "--interests", "x" * 400), 1, "interests: Use at most 300 characters"),
        (("--theme", "pink"), 2, "--theme"),
    ],
)
def test_what_does_not_fit_changes_nothing(
    app: Flask, school: People, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    result = users(app, "edit", "ben", *arguments)
    assert (result.exit_code, sentence in result.stderr) == (code, True), result.output
    ben = db.session.get_one(User, school.ben.id)
    assert (ben.full_name, ben.headline) == ("Ben Kowalski", "")


def test_a_status_is_shown_and_taken_away(app: Flask, school: People) -> None:
    assert users(app, "status", "ben").output == "Ben Kowalski has said nothing within 24 hours.\n"
    assert as_json(users(app, "status", "ben", "--delete", "--json")) == {"status": None, "deleted": False}
    posted = statuses.post(school.ben, "Tired of comets").id
    assert users(app, "status", "ben").output.endswith("Z  Tired of comets\n")
    told = as_json(users(app, "status", "ben", "--json"))
    assert (told["status"]["id"], told["status"]["text"], told["deleted"]) == (str(posted), "Tired of comets", False)
    assert db.session.query(Status).count() == 1
    assert users(app, "status", "ben", "--delete").output == "The status of Ben Kowalski is deleted.\n"
    assert db.session.query(Status).count() == 0


def test_an_address_is_set_by_who_knows_it(app: Flask, school: People) -> None:
    make.person("elif", full_name="Elif Aydin", email="elfi@school.example", email_verified_at=None)
    told = as_json(users(app, "set-email", "elif", "elif@school.example", "--json"))
    assert (told["email"], told["verified"]) == ("elif@school.example", True)
    assert (
        users(app, "set-email", "ben", "b@school.example").output == "Ben Kowalski has the address b@school.example.\n"
    )
    taken = users(app, "set-email", "ben", "eve@school.example")
    assert (taken.exit_code, taken.stderr) == (1, "Error: email: Another account has proved this address already.\n")
    assert db.session.get_one(User, school.ben.id).email == "b@school.example"
