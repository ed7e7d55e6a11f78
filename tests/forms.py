"""Fill in forms as a browser does: with the token of the page that they stand on."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def token(client: FlaskClient, page: str = "/sign-in") -> str:
    """Return the token that this page hands out."""
    found = TOKEN.search(client.get(page).text)
    assert found, f"{page} has no form"
    return found[1]


def send(client: FlaskClient, page: str, to: str | None = None, **fields: Any) -> TestResponse:
    """Load a page with a form and send it."""
    return client.post(to or page, data={"csrf_token": token(client, page.partition("?")[0])} | fields)


def sign_in(client: FlaskClient, login: str, password: str, **fields: Any) -> TestResponse:
    return send(client, "/sign-in", login=login, password=password, **fields)
