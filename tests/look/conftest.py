"""The gallery of components in a real Chromium, served by the application as it is."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from elearn import create_app
from elearn.blueprints import look
from tests.conftest import settings_for

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if not CHROMIUM.exists():
        sentence = f"No Chromium at {CHROMIUM}. Install the chromium package to run the browser tests."
        if os.environ.get("ELEARN_REQUIRE_SERVICES") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return {
        **browser_type_launch_args,
        "executable_path": str(CHROMIUM),
        "args": ["--no-sandbox", "--disable-dev-shm-usage"],
    }


@pytest.fixture(scope="session")
def gallery_url(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    instance = tmp_path_factory.mktemp("look")
    shutil.copy(sqlite_template, instance / "elearn.db")
    app = create_app(settings_for(instance))
    if "look" not in app.blueprints:
        app.register_blueprint(look.bp)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/look"
    server.shutdown()
    thread.join()


@pytest.fixture
def gallery(browser: Browser, gallery_url: str) -> Iterator[Callable[..., Page]]:
    """Open the gallery with the options of a browser context; an error in the page fails the test."""
    errors: list[str] = []
    contexts = []

    def opened(**options: Any) -> Page:
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        response = page.goto(gallery_url, wait_until="networkidle")
        assert response is not None
        assert response.status == 200
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []
