"""AU-03 and AU-05: the link of an invitation is made of the settings, and its token stands in no log."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_string
from email.policy import default

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from config import Settings
from elearn import clock
from elearn.extensions import db
from elearn.models import Invitation, User
from elearn.services import postman
from tests import forms, make
from tests.invited import invite, token_of
from tests.people import People

NEW = {"username": "noah", "full_name": "Noah Fischer", "password": "comets need four words"}


@pytest.mark.parametrize("overrides", [{"base_url": "http://learn.school.example", "trusted_proxies": 1}])
def test_a_changed_host_changes_no_link_of_an_invitation(
    overrides: dict[str, object], settings: Settings, school: People, as_person: Callable[[User], FlaskClient]
) -> None:
    """AU-03: inviting at the page and by the API, and sending again."""
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Referer": "http://evil.example/"}
    ada = as_person(school.ada)
    cookie = ada.get_cookie("session")
    assert cookie is not None
    ada.set_cookie("session", cookie.value, domain="evil.example")  # the client sends cookies by the host that it names
    answers = [
        ada.post("/invitations/new", data={"email": "first@x.example", "role": "student"}, headers=evil),
        ada.post("/api/invitations/", json={"email": "second@x.example", "role": "student"}, headers=evil),
    ]
    first = db.session.query(Invitation).filter_by(email="first@x.example").one().id
    with time_machine.travel(clock.now() + timedelta(days=2)):
        answers.append(ada.post(f"/invitations/{first}/resend", headers=evil))
        postman.send_waiting()
    assert [answer.status_code for answer in answers] == [302, 200, 302]
    assert not any("evil" in (answer.location or "") for answer in answers)
    sent = [path.read_text() for path in (settings.instance_path / "mail").glob("*.eml")]
    letters = [message_from_string(text, policy=default) for text in sent]
    assert {letter["To"].addresses[0].addr_spec for letter in letters} == {"first@x.example", "second@x.example"}
    for text, letter in zip(sent, letters, strict=True):
        parts = [letter.get_body((kind,)).get_content() for kind in ("plain", "html")]
        assert all("http://learn.school.example/invite/" in part for part in parts)
        assert "evil" not in "".join([text, *parts])


@pytest.fixture
def written(app: Flask) -> Iterator[list[str]]:
    """Collect what the logs of all libraries write, in the form in which it is written."""
    root, lines = logging.getLogger(), list[str]()
    formatter = root.handlers[0].formatter
    assert formatter is not None

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(formatter.format(record))

    keeping = Keeping()
    root.addHandler(keeping)
    yield lines
    root.removeHandler(keeping)


@pytest.mark.parametrize("overrides", [{"log_level": "DEBUG"}, {"log_level": "DEBUG", "log_json": True}])
def test_the_token_of_an_invitation_stands_in_no_log(
    overrides: dict[str, object], app: Flask, school: People, written: list[str]
) -> None:
    tokens = []
    make.person("typist", email="typist@x.example", email_verified_at=None)
    for email in ("page@x.example", "api@x.example", "typist@x.example"):
        invite(school.ada, email)
        tokens.append(token_of(email))
    page, api, his = tokens
    visitor = app.test_client()
    answers = [
        visitor.get(f"/invite/{page}"),
        forms.send(visitor, f"/invite/{page}", **NEW | {"password": "short"}),
        forms.send(visitor, f"/invite/{page}", **NEW, password_again=NEW["password"]),
        app.test_client().get(f"/api/invite/{api}/"),
        app.test_client().post(f"/api/invite/{api}/accept/", json=NEW),
        app.test_client().post(f"/api/invite/{api}/accept/", json=NEW | {"username": "fischer"}),
        app.test_client().post(f"/api/invite/{api}/accept/", json=NEW | {"username": "fischer"}),
        forms.send(app.test_client(), "/sign-in", f"/invite/{his}/sign-in", login="typist", password="wrong password"),
    ]
    assert [answer.status_code for answer in answers] == [200, 422, 302, 200, 409, 200, 409, 401]
    text = "\n".join(written)
    assert text.count("/invite/<token>") >= len(answers)
    assert "invitation_accepted" in text
    assert not [token for token in tokens if token in text or token[:12] in text]
    assert NEW["password"] not in text
