"""The pages about the API really show it, in Chromium, under their policy and without another server."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, expect

from elearn.extensions import db
from tests import browsers
from tests.api.serving import served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    with browsers.launching(playwright) as launch:
        yield launch()


@pytest.fixture
def window(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    db.session.remove()
    with served(app, threaded=True) as url:
        yield url


@pytest.mark.parametrize(("path", "shown"), [("docs/", "#operations-courses-enrol"), ("redoc/", "h2, h3")])
def test_the_page_renders_without_a_word_in_the_console(window: Page, address: str, path: str, shown: str) -> None:
    complaints: list[str] = []
    asked: list[str] = []
    window.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    window.on("pageerror", lambda error: complaints.append(str(error)))
    window.on("request", lambda request: asked.append(request.url))
    window.goto(f"{address}/api/{path}")
    expect(window.locator(shown).filter(has_text="Enrol in a course.").first).to_be_visible(timeout=60_000)
    window.wait_for_load_state("networkidle")
    assert not complaints
    assert not [url for url in asked if not url.startswith((address, "data:", "blob:"))]


def test_swagger_tries_an_operation_and_shows_the_answer(window: Page, address: str) -> None:
    window.goto(f"{address}/api/docs/")
    operation = window.locator("#operations-auth-who_am_i")
    operation.get_by_role("button").first.click()
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table").get_by_text("401").first).to_be_visible()
