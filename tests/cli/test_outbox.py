import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from config import Settings
from elearn.models import Email, EmailState, uuid7
from elearn.services import postman
from tests import make
from tests.people import People
from tests.smtp import goes_to


@pytest.fixture(autouse=True)
def rested() -> Iterator[None]:
    postman.rest.end()
    yield
    postman.rest.end()


def outbox(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["outbox", *arguments])


def email(state: EmailState = EmailState.WAITING) -> Email:
    return make.save(Email(letter="email_taken", to_email="new@school.example", state=state))


def test_emails_are_listed_and_counted(app: Flask) -> None:
    failed = email(EmailState.FAILED)
    email(EmailState.SENT)
    told = outbox(app, "list")
    assert str(failed.id) in told.output
    assert "1 sent, 1 failed" in told.output
    found = json.loads(outbox(app, "list", "--state", "failed", "--json").stdout)
    assert [one["id"] for one in found["items"]] == [str(failed.id)]
    assert found["counts"]["sent"] == 1


def test_what_is_due_is_sent_here_and_now(app: Flask, settings: Settings) -> None:
    one = email()
    assert json.loads(outbox(app, "send", "--json").stdout) == {"sent": 1, "failed": 0, "dropped": 0, "waiting": 0}
    assert Path(settings.instance_path, "mail", f"{one.id}.eml").exists()


def test_a_server_that_is_away_is_told(app: Flask, settings: Settings) -> None:
    goes_to(app, settings, 1)
    email()
    told = outbox(app, "send")
    assert told.exit_code == 1
    assert "The mail server is away" in told.output
    assert "1 waiting" in told.output


def test_what_failed_is_sent_again(app: Flask) -> None:
    first, _second = email(EmailState.FAILED), email(EmailState.FAILED)
    assert json.loads(outbox(app, "retry", str(first.id), "--json").stdout) == {"waiting_again": 1}
    assert "1 waiting again." in outbox(app, "retry", "--failed").output
    assert outbox(app, "send").output == "2 sent, 0 failed, 0 dropped, 0 waiting\n"


def test_what_cannot_be_sent_again_is_told(app: Flask) -> None:
    sent = email(EmailState.SENT)
    told = outbox(app, "retry", str(sent.id))
    assert told.exit_code == 1
    assert "Only an email that failed or waits can be sent again." in told.output
    assert outbox(app, "retry", str(uuid7())).exit_code == 1
    assert outbox(app, "retry").exit_code == 2
    assert outbox(app, "retry", "--failed", str(sent.id)).exit_code == 2


def test_mail_that_came_back_is_noted(app: Flask, school: People) -> None:
    told = outbox(app, "bounced", school.ben.email)
    assert told.exit_code == 0
    assert told.output == "ben@school.example: 1 account marked.\n"
    told = outbox(app, "bounced", school.ben.email, "--json")
    assert json.loads(told.stdout) == [{"email": "ben@school.example", "accounts": 1}]
    assert "ben " in (listed := app.test_cli_runner().invoke(args=["users", "list", "--state", "unreachable"]).output)
    assert "unreachable" in listed
    assert "eve" not in listed
    told = outbox(app, "bounced", "nobody@x.example")
    assert told.exit_code == 1
    assert "No account has the address nobody@x.example." in told.output
