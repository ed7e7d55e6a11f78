"""A real Chromium that loads our browser modules as the product serves them: same origin, no inline script."""

import functools
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from module_page import ModulePage
from playwright.sync_api import Browser, Playwright

from tests import browsers
from tests.browsers import LaunchChromium

STATIC = Path(__file__).resolve().parents[2] / "elearn" / "static"
# The policy of the product where scripts are concerned: what needs blob:, eval or inline code fails here too.
CONTENT_SECURITY_POLICY = "default-src 'self'; script-src 'self'; worker-src 'self'; object-src 'none'"
EMPTY_PAGE = b'<!doctype html><html lang="en"><title>Module test</title><main id="stage"></main></html>'


class StaticHandler(SimpleHTTPRequestHandler):
    """Serve elearn/static under / and under /static/, and an empty page as /."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def do_GET(self) -> None:
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(EMPTY_PAGE)))
        self.end_headers()
        self.wfile.write(EMPTY_PAGE)

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix("/static"))

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *args: object) -> None:
        """Stay quiet: a failing test says what is wrong."""


@pytest.fixture(scope="session")
def static_site() -> Iterator[str]:
    """Serve elearn/static on a free port of this machine; localhost counts as a secure origin for microphones."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(StaticHandler, directory=str(STATIC)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def launch_chromium(playwright: Playwright) -> Iterator[LaunchChromium]:
    """Start Chromium with further arguments; each one is closed at the end of the run."""
    with browsers.launching(playwright) as launch:
        yield launch


@pytest.fixture(scope="session")
def module_browser(launch_chromium: LaunchChromium) -> Browser:
    return launch_chromium()


def open_page(browser: Browser, site: str) -> Iterator[ModulePage]:
    context = browser.new_context(permissions=["microphone"])
    module_page = ModulePage(context.new_page())
    module_page.page.goto(site)
    yield module_page
    context.close()
    assert module_page.errors == []


@pytest.fixture
def module_page(module_browser: Browser, static_site: str) -> Iterator[ModulePage]:
    """Open an empty page whose origin serves our modules; an uncaught error in the page fails the test."""
    yield from open_page(module_browser, static_site)


@pytest.fixture(scope="session")
def tone_browser(launch_chromium: LaunchChromium, tmp_path_factory: pytest.TempPathFactory) -> Browser:
    tone = tmp_path_factory.mktemp("voice") / "tone.wav"
    browsers.write_tone(tone)
    return launch_chromium(f"--use-file-for-fake-audio-capture={tone}", "--autoplay-policy=no-user-gesture-required")


@pytest.fixture
def tone_page(tone_browser: Browser, static_site: str) -> Iterator[ModulePage]:
    """Open a page whose microphone hears 440 Hz."""
    yield from open_page(tone_browser, static_site)
