"""Make the pictures of the README: a lesson in the demo school, as a teacher and two students see it."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from shutil import which
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "img"
PASSWORD = "northfield-demo"  # noqa: S105 - of the demo school, which prints it
COURSE = "Observing the Night Sky"
MOST_BYTES = 250_000
GAP = 48
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1.5, "has_touch": True}
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


@contextlib.contextmanager
def demo_school() -> Iterator[str]:
    """Serve a fresh demo school from a temporary folder, and yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as instance:
        settings = {"ELEARN_ENV": "development", "INSTANCE_PATH": instance, "HOST": "127.0.0.1", "PORT": str(port)}
        clean = {"DATABASE_URL": "", "REDIS_URL": "", "BASE_URL": "", "RATE_LIMITS": "false", "LOG_LEVEL": "WARNING"}
        server = subprocess.Popen([sys.executable, "wsgi.py"], cwd=ROOT, env={**os.environ, **settings, **clean})
        try:
            wait_for(f"{url}/healthz", server)
            yield url
        finally:
            server.terminate()
            server.wait(60)


def wait_for(address: str, server: subprocess.Popen[bytes], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own server
            return
        time.sleep(0.2)
    sys.exit("The demo school did not start.")


def sign_in(browser: Browser, url: str, username: str, **options: Any) -> Page:
    settings = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light", "reduced_motion": "reduce"}
    context = browser.new_context(
        **(settings | options), base_url=url, permissions=["microphone"], locale="en-GB", timezone_id="Europe/Prague"
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Username or email").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")
    return page


def enter(page: Page, room: str) -> None:
    page.goto(room)
    expect(page.locator("[data-joined]")).to_be_visible()


def write(page: Page, text: str) -> None:
    field = page.get_by_label("Write to everybody")
    field.fill(text)
    field.press("Enter")
    expect(page.locator("[data-chat-log] [data-id]").filter(has_text=text)).to_have_count(1)


def show(page: Page, view: str) -> None:
    page.locator(f"[data-room-tabs] [data-view='{view}']").click()


def settle(page: Page) -> None:
    """Wait until letters and board are drawn and nothing waits to be sent; show the end of the chat, and no hover."""
    expect(page.locator("[data-board-texts] li").first).to_have_count(1)
    page.mouse.move(1, 1)
    page.locator("[data-chat-scroll]").evaluate("(list) => { list.scrollTop = list.scrollHeight; }")
    expect(page.locator("[data-room-saved]").first).to_have_text("Saved")
    page.evaluate("async () => { await document.fonts.ready; await new Promise(requestAnimationFrame); }")


def begin_lesson(ada: Page) -> str:
    """Let the teacher begin; return the address of the room."""
    ada.goto("/courses")
    ada.get_by_role("link", name=COURSE).first.click()
    ada.get_by_role("link", name="Open the room").click()
    expect(ada.locator("[data-joined]")).to_be_visible()
    ada.get_by_role("button", name="Start the lesson").click()
    dialog = ada.get_by_role("dialog", name="Start the lesson")
    dialog.get_by_label("What is it about?").fill("Reading a star chart")
    dialog.get_by_role("button", name="Start the lesson").click()
    expect(ada.get_by_role("button", name="End the lesson")).to_be_visible()
    return ada.url


def save(picture: Image.Image, name: str) -> None:
    """Write a PNG with as many colours as fit into the size that is allowed."""
    for colours in (256, 192, 128, 96, 64):
        out = BytesIO()
        picture.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            break
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / name).write_bytes(out.getvalue())
    print(f"docs/img/{name}: {picture.width} x {picture.height}, {out.tell() // 1000} kB, {colours} colours")


def beside(pictures: list[bytes]) -> Image.Image:
    """Put screens of phones beside each other on paper."""
    screens = [Image.open(BytesIO(data)).convert("RGB") for data in pictures]
    width = sum(screen.width for screen in screens) + GAP * (len(screens) + 1)
    paper = Image.new("RGB", (width, screens[0].height + 2 * GAP), "#e4e6e1")
    left = GAP
    for screen in screens:
        paper.paste(screen, (left, GAP))
        left += screen.width + GAP
    return paper


def lesson(browser: Browser, url: str) -> None:
    ada = sign_in(browser, url, "ada.novak")
    room = begin_lesson(ada)
    ben = sign_in(browser, url, "ben.k", **PHONE)
    elif_aydin, chidi = (sign_in(browser, url, name) for name in ("elif.aydin", "chidi.okafor"))
    dark = sign_in(browser, url, "lea.brandt", **(PHONE | {"color_scheme": "dark"}))
    for page in (ben, elif_aydin, chidi, dark):
        enter(page, room)
    write(ada, "Find the two stars at the end of the Plough and follow them upwards.")
    write(elif_aydin, "Found it. It is dimmer than I thought.")
    write(ada, "Yes: some 47 stars are brighter. It is famous because it stands still.")
    write(chidi, "So the whole sky turns around it?")
    write(ada, "It does, once in a day. Who can say why?")
    for page, place in ((chidi, "1st"), (ben, "2nd")):
        page.get_by_role("button", name="Raise hand").click()
        expect(page.get_by_role("button", name=f"Hand is up, {place}")).to_be_visible()
    ada.get_by_role("button", name="Turn voice on").click()
    expect(ada.get_by_text("Students hear you")).to_be_visible()
    expect(ada.locator("[data-room-hands] li")).to_have_count(2)
    settle(ada)
    save(Image.open(BytesIO(ada.screenshot())), "room.png")
    settle(ben)
    screens = [ben.screenshot()]
    show(ben, "chat")
    settle(ben)
    expect(ben.locator("[data-chat-log] [data-id]").last).to_be_visible()
    screens.append(ben.screenshot())
    show(dark, "people")
    settle(dark)
    screens.append(dark.screenshot())
    save(beside(screens), "phones.png")


def main() -> None:
    chromium = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := which(name))), None)
    if chromium is None:
        sys.exit("Chromium is not here. Install it with: apt-get install chromium")
    expect.set_options(timeout=60_000)
    with demo_school() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        try:
            lesson(browser, url)
        finally:
            browser.close()


if __name__ == "__main__":
    main()
