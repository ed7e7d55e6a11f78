"""Windows of people in a browser, and the complaints that their pages make."""

import re
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, WebSocket

PATIENCE = 60_000  # ms: a busy machine is slow, and a condition that comes at once costs nothing


class Guest:
    """One person at a browser of their own, whoever is signed in there."""

    def __init__(self, browser: Browser, url: str, *, cookie: str | None = None, **options: Any) -> None:
        self.url = url
        self.complaints: list[str] = []
        self.received: list[str] = []
        self._forgiven: list[str] = []
        settings = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}
        self.context: BrowserContext = browser.new_context(
            **(settings | options), base_url=url, permissions=["microphone"]
        )
        self.context.set_default_timeout(PATIENCE)
        if cookie:
            self.context.add_cookies([{"name": "session", "value": cookie, "url": url}])
        self.page = self.tab()

    def tab(self) -> Page:
        """Open a further page; what it complains about is kept, and what its sockets hear."""
        page = self.context.new_page()
        # Modules come after the page: what people do takes longer, what a test does must wait for them.
        page.add_locator_handler(page.locator("html[data-mounting]"), lambda _: None)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("console", self._listen)
        page.on("websocket", self._overhear)
        return page

    def forgive(self, pattern: str) -> None:
        """Accept console errors that belong to the test, such as the status of a page that is refused."""
        self._forgiven.append(pattern)

    @property
    def unforgiven(self) -> list[str]:
        return [words for words in self.complaints if not any(re.search(known, words) for known in self._forgiven)]

    def _listen(self, message: ConsoleMessage) -> None:
        # Chromium reports what the content security policy blocks as console errors too.
        if message.type == "error":
            self.complaints.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _overhear(self, socket: WebSocket) -> None:
        socket.on(
            "framereceived",
            lambda data: self.received.append(data if isinstance(data, str) else data.decode("latin-1")),
        )


def until(page: Page, condition: str, arg: Any = None, seconds: float = PATIENCE / 1000) -> Any:
    """Wait in the page until the body of an async function returns something, and return that; None when it never does.

    Not `wait_for_function`: that needs eval, which the policy of the product forbids.
    """
    script = """async ({arg, ms}) => {
        const check = async (arg) => { %s };
        for (const end = performance.now() + ms; ; await new Promise((done) => setTimeout(done, 30))) {
            const value = await check(arg);
            if (value) return value;
            if (performance.now() > end) return null;
        }
    }"""
    return page.evaluate(script % condition, {"arg": arg, "ms": seconds * 1000})
