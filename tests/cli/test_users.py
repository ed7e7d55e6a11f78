import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from elearn.cli import users as commands
from elearn.errors import Unauthenticated
from elearn.extensions import db
from elearn.models import Role, SignInKind, User
from elearn.services import accounts
from elearn.services.accounts import Device
from tests import letters, make
from tests.people import People

PASSWORD = "a quite different phrase"


def users(app: Flask, *arguments: str, typed: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=["users", *arguments], input=typed)


def can_sign_in(login: str, password: str) -> bool:
    try:
        accounts.sign_in(login=login, password=password, device=Device(SignInKind.BROWSER))
    except Unauthenticated:
        return False
    return True


def as_json(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_password_is_typed_twice_and_never_shown(app: Flask) -> None:
    result = users(
        app,
        "create",
        "elif",
        "elif@school.example",
        "--name",
        "Elif",
        "--role",
        "manager",
        typed=f"{PASSWORD}\n{PASSWORD}\n",
    )
    assert result.exit_code == 0
    assert "Created Elif (elif) as manager." in result.output
    assert PASSWORD not in result.output
    assert can_sign_in("elif", PASSWORD)


def test_a_password_comes_from_a_pipe(app: Flask) -> None:
    answer = as_json(
        users(app, "create", "elif", "elif@school.example", "--password-stdin", "--json", typed=f"{PASSWORD}\n")
    )
    assert (answer["username"], answer["role"], answer["full_name"]) == ("elif", "student", "elif")
    assert PASSWORD not in str(answer)
    assert can_sign_in("elif", PASSWORD)


def test_a_password_is_made_and_shown_once(app: Flask) -> None:
    answer = as_json(users(app, "create", "elif", "elif@school.example", "--generate-password", "--json"))
    assert can_sign_in("elif", answer["password"])
    result = users(app, "reset-password", "elif", "--generate-password")
    made = result.output.strip().rsplit(" ", 1)[1]
    assert made != answer["password"]
    assert can_sign_in("elif", made)
    assert not can_sign_in("elif", answer["password"])


def test_people_are_found_by_role_block_and_name(app: Flask, school: People) -> None:
    users(app, "block", "eve", "--reason", "spam")
    found = {
        arguments: {person["username"] for person in as_json(users(app, "list", "--json", *arguments))}
        for arguments in (
            (),
            ("--role", "teacher"),
            ("--blocked",),
            ("--not-blocked",),
            ("--q", "KOWAL"),
            ("--limit", "1"),
        )
    }
    assert found == {
        (): {"ada", "ben", "eve", "root"},
        ("--role", "teacher"): {"ada"},
        ("--blocked",): {"eve"},
        ("--not-blocked",): {"ada", "ben", "root"},
        ("--q", "KOWAL"): {"ben"},
        ("--limit", "1"): {"ada"},
    }
    table = users(app, "list").output
    assert "Ben Kowalski" in table
    assert "password" not in table.lower()


def test_roles_and_blocks_change_at_once(app: Flask, school: People) -> None:
    opened = make.sign_in(school.ben)
    assert users(app, "set-role", "ben@school.example", "teacher").output == "Ben Kowalski is teacher now.\n"
    assert users(app, "block", "BEN").exit_code == 0
    db.session.rollback()
    ben = db.session.get_one(User, school.ben.id)
    assert (ben.role, ben.is_blocked) == (Role.TEACHER, True)
    assert accounts.by_sign_in(opened.id) is None
    assert users(app, "unblock", "ben", "--reason", "It was his brother").exit_code == 0
    assert can_sign_in("ben", make.PASSWORD)
    assert "It was his brother" in users(app, "activity", "ben").output


@pytest.mark.parametrize(
    ("arguments", "typed", "sentence"),
    [
        (("block", "nobody"), None, "Nobody here is called nobody."),
        (("block", "root"), None, "Root Admin is the last admin. Make somebody else an admin first."),
        (("set-role", "root", "student"), None, "Root Admin is the last admin. Make somebody else an admin first."),
        (("reset-password", "ben", "--password-stdin"), "short\n", "password: Use 10 characters or more, this has 5"),
        (("create", "BEN", "new@school.example", "--generate-password"), None, "username: This username is taken."),
        (("create", "x", "not an address", "--generate-password"), None, "email: Write the whole address"),
    ],
)
def test_what_goes_wrong_is_a_sentence_and_exit_code_1(
    app: Flask, school: People, arguments: tuple[str, ...], typed: str | None, sentence: str
) -> None:
    result = users(app, *arguments, typed=typed)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert "Traceback" not in result.output
    assert db.session.query(User).count() == 4


def test_two_sources_of_a_password_are_one_too_many(app: Flask, school: People) -> None:
    assert users(app, "reset-password", "ben", "--password-stdin", "--generate-password").exit_code == 2


def test_a_code_is_sent_instead_of_a_password(app: Flask, school: People) -> None:
    assert users(app, "reset-password", "ben", "--send-code").output == (
        "Ben Kowalski gets a code at ben@school.example.\n"
    )
    assert letters.kinds("ben@school.example") == ["reset_password"]
    assert can_sign_in("ben", make.PASSWORD)
    assert users(app, "reset-password", "ben", "--send-code", "--generate-password").exit_code == 2


def test_one_device_is_signed_out(app: Flask, school: People) -> None:
    phone, laptop, foreign = make.sign_in(school.ben).id, make.sign_in(school.ben).id, make.sign_in(school.eve).id
    assert users(app, "sign-out", "ben", "--device", str(phone)).output == (
        "Ben Kowalski is signed out on this device.\n"
    )
    assert [one["id"] for one in as_json(users(app, "sessions", "ben", "--json"))] == [str(laptop)]
    assert str(laptop) in users(app, "sessions", "ben").output
    for device in (phone, foreign):
        refused = users(app, "sign-out", "ben", "--device", str(device))
        assert (refused.exit_code, refused.stderr) == (1, "Error: This device is not signed in any more.\n")
    assert accounts.by_sign_in(foreign) is not None


# What each command is tried with.
FOR_PROGRAMS = {
    "create": ("elif", "elif@school.example", "--generate-password"),
    "list": (),
    "show": ("ben",),
    "edit": ("ben", "--headline", "Reads"),
    "status": ("ben",),
    "set-role": ("ben", "teacher"),
    "set-email": ("ben", "b@school.example"),
    "approve": ("asks",),
    "decline": ("asks",),
    "block": ("ben", "--reason", "spam"),
    "unblock": ("ben",),
    "reset-password": ("ben", "--send-code"),
    "verify": ("ben",),
    "sign-out": ("ben",),
    "sessions": ("ben",),
    "activity": ("ben",),
    "export": ("ben", "--output", "ben.zip"),
    "delete": ("ben", "--yes"),
}


def test_no_command_is_left_out_below(app: Flask) -> None:
    takers = {
        name
        for name, command in commands.users.commands.items()
        if any("--json" in parameter.opts for parameter in command.params)
    }
    assert takers == set(commands.users.commands) == set(FOR_PROGRAMS)


@pytest.mark.parametrize("name", FOR_PROGRAMS)
def test_every_command_answers_a_program(
    app: Flask, school: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    make.person("asks", full_name="Asks More", requested_role=Role.TEACHER)
    told = as_json(users(app, name, *FOR_PROGRAMS[name], "--json"))
    assert isinstance(told, list if name in {"list", "sessions", "activity"} else dict)


def test_who_asks_to_teach_is_answered(app: Flask, school: People) -> None:
    make.person("asks", full_name="Asks More", requested_role=Role.TEACHER)
    make.person("too", full_name="Asks Too", requested_role=Role.TEACHER, email_verified_at=None)
    assert [one["username"] for one in as_json(users(app, "list", "--state", "waiting", "--json"))] == ["asks", "too"]
    assert users(app, "approve", "asks").output == "Asks More is teacher now.\n"
    assert users(app, "decline", "too", "--reason", "Later").output == "Asks Too stays student.\n"
    assert "does not wait for approval" in users(app, "approve", "too").stderr
    assert as_json(users(app, "verify", "too", "--json"))["verified"] is True


def test_one_person_is_shown_with_courses_devices_and_activity(app: Flask, school: People) -> None:
    course = make.course(school.ada, code="BIO-7")
    make.enrol(school.ben, course)
    make.sign_in(school.ben)
    assert [one["code"] for one in as_json(users(app, "show", "ben", "--json"))["courses"]] == ["BIO-7"]
    assert "Studies   BIO-7" in users(app, "show", "ben").output
    assert "Teaches   BIO-7" in users(app, "show", "ada").output
    assert len(as_json(users(app, "sessions", "ben", "--json"))) == 1
    assert users(app, "sign-out", "ben").output == "Ben Kowalski is signed out everywhere.\n"
    assert as_json(users(app, "sessions", "ben", "--json")) == []
    users(app, "set-role", "ben", "teacher")
    kinds = [line["kind"] for line in as_json(users(app, "activity", "ben", "--json"))]
    assert kinds == ["role_changed", "signed_out"]
    runner = app.test_cli_runner()
    listed = runner.invoke(args=["activity", "list", "--kind", "role_changed", "--subject", "ben", "--json"])
    assert [(line["actor"]["full_name"], line["detail"]["role"]) for line in json.loads(listed.stdout)] == [
        ("The operator", "teacher")
    ]
    assert "role: teacher, before: student" in runner.invoke(args=["activity", "list"]).output
