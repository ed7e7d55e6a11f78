"""SP-02: an error tells people what to do, and nobody how we are built."""

import traceback
from pathlib import Path
from typing import Any, NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import ValidationError

from config import ROOT, Settings
from tests.people import People

TELLTALE = (
    "Traceback",
    "canary",
    str(ROOT),
    "site-packages",
    "SELECT ",
    "sqlalchemy",
    "werkzeug",
    "jinja",
    ".py",
    "sqlite",
)
SAFE: dict[str, Any] = {
    "_env_file": None,
    "elearn_env": "production",
    "secret_key": "a long and quite random value for the tests of settings",
    "base_url": "https://school.example",
}


def break_down() -> NoReturn:
    raise RuntimeError("canary: SELECT it; " + "".join(traceback.format_stack()))


@pytest.mark.parametrize("overrides", [{"debug": False}, {"debug": True}])
def test_no_error_shows_how_we_are_built(overrides: dict[str, object], app: Flask, school: People) -> None:
    app.add_url_rule("/broken", view_func=break_down)
    client = app.test_client()
    answers = {
        "/broken": 500,
        "/nowhere": 404,
        "/console": 404,
        "/.git/config": 404,
        "/.env": 404,
        "/static/../config.py": 404,
        "/assets/../../config.py": 404,
        "/assets/v1/../../../config.py": 404,
        "/assets/v1/%2e%2e/%2e%2e/config.py": 404,
        "/photos/../../secret_key": 404,
        "/sign-out": 405,
    }
    responses = [(client.get(url), status) for url, status in answers.items()]
    responses += [
        (client.post("/sign-in", data={"login": "ben"}), 400),
        (client.post("/sign-in", data={"x": "y" * 10 * 2**20}), 413),
        (client.post("/register/student", data=b"x" * 20 * 2**20, content_type="multipart/form-data; boundary=x"), 413),
        (client.open("/sign-in", method="TRACE"), 405),
    ]
    for response, status in responses:
        assert response.status_code == status, response.request.path
        main = response.text.partition("<main")[2] or response.text
        assert not [word for word in TELLTALE if word in main], response.request.path
        assert not response.headers.get("Server", "").startswith("Werkzeug/")


def test_an_error_has_a_number_to_tell_and_it_stands_in_the_log(
    app: Flask, school: People, capsys: pytest.CaptureFixture[str]
) -> None:
    response = app.test_client().get("/nowhere")
    number = response.headers["X-Request-Id"]
    assert f"<code>{number}</code>" in response.text


@pytest.mark.parametrize(
    "unsafe",
    [
        {"debug": True},
        {"secret_key": ""},
        {"secret_key": "short"},
        {"secret_key": "change-me"},
        {"base_url": ""},
        {"base_url": "school.example"},
        {"base_url": "http://school.example"},
        {"allowed_origins": "*"},
    ],
)
def test_an_unsafe_production_does_not_start(unsafe: dict[str, Any], tmp_path: Path) -> None:
    Settings(**SAFE, instance_path=tmp_path)
    with pytest.raises(ValidationError):
        Settings(**(SAFE | unsafe), instance_path=tmp_path)


def test_secrets_do_not_show_when_settings_are_printed(client: FlaskClient) -> None:
    assert SAFE["secret_key"] not in repr(Settings(**SAFE))
