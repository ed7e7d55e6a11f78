"""Clients of the API: by bearer token, as programs come, and by the cookie of a browser."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from elearn.models import User
from tests import make


class Api:
    """Call the API with JSON, as one person or as nobody."""

    def __init__(self, app: Flask, person: User | None = None) -> None:
        self.client: FlaskClient = app.test_client()
        self.headers: dict[str, str] = {}
        self.tokens: dict[str, Any] = {}
        if person is not None:
            answer = self.post("auth/login/", {"login": person.username, "password": make.PASSWORD})
            assert answer.status_code == 200, answer.text
            self.tokens = answer.json or {}
            self.headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        headers = {**self.headers, **options.pop("headers", {})}
        if body is not None:
            options["json"] = body
        return self.client.open(f"/api/{path}", method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.call("POST", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.call("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self.call("DELETE", path, **options)


ApiOf = Callable[[User | None], Api]


@pytest.fixture
def api_of(app: Flask) -> ApiOf:
    """Sign in somebody at the API; `None` is a visitor."""
    return lambda person: Api(app, person)
