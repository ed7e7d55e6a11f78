"""Emails as they arrive: the running server's outbox is sent, and read where the twin of the mail server puts it."""

import re
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask

from elearn.integrations.mailer import FOLDER
from elearn.services import postman

PATIENCE = 30
CODE = re.compile(r"^\s*(\d{3} ?\d{3})\s*$", re.MULTILINE)


def latest(app: Flask, address: str, about: str = "") -> EmailMessage:
    """Wait for an email to this address, with these words in its subject, and return the newest."""
    folder = Path(app.extensions["settings"].instance_path) / FOLDER
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        postman.send_waiting()
        for file in sorted(folder.glob("*.eml"), reverse=True) if folder.is_dir() else ():
            message = message_from_bytes(file.read_bytes(), policy=policy.default)
            assert isinstance(message, EmailMessage)
            if address in str(message["To"]) and about in str(message["Subject"]):
                return message
        time.sleep(0.2)
    pytest.fail(f"no email came to {address}")


def text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def code_for(app: Flask, address: str, about: str = "") -> str:
    """Wait for an email with a code, and return the code as it stands there."""
    found = CODE.search(text(latest(app, address, about)))
    assert found, "the email has no code"
    return found[1]
