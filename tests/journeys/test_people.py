"""The pages of people: for everybody, in both themes, on a narrow phone, and by keyboard alone."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from config import ROOT
from tests import make, pictures
from tests.journeys import received
from tests.journeys.browsing import Guest
from tests.people import People

pytestmark = pytest.mark.browser

Arrive = Callable[..., Guest]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}"
VISITORS = ["/sign-in", "/register/student", "/forgot", "/forgot/code", "/privacy", "/accessibility", "/help"]
OWN = ["/you", "/you/edit", "/you/password", "/you/devices"]


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate(f"() => axe.run(document, {RULES})")["violations"]
    return [f"{page.url} {rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (390, "light"), (320, "dark")])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(arrive: Arrive, school: People, theme: str, width: int) -> None:
    options = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    for guest, addresses in ((arrive(**options), VISITORS), (arrive(school.ben, **options), OWN)):
        for address in addresses:
            guest.page.goto(address)
            assert violations(guest.page) == []
            assert guest.page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_what_is_wrong_takes_the_focus_and_is_for_everybody_too(arrive: Arrive, school: People) -> None:
    guest = arrive()
    guest.forgive("422")
    guest.page.goto("/register/student")
    guest.page.get_by_label("Email").fill("elif.aydin@")
    guest.page.get_by_role("button", name="Create account").click()
    expect(guest.page.locator(".error-summary")).to_be_focused()
    assert violations(guest.page) == []
    guest.page.get_by_role("link", name="Email: write the whole address").click()
    expect(guest.page.get_by_label("Email")).to_be_focused()


def test_a_newcomer_registers_by_keyboard_and_leaves_everywhere(app: Flask, arrive: Arrive, school: People) -> None:
    page, username = arrive(timezone_id="Asia/Tokyo").page, f"new.{school.ben.username}"
    keys = page.keyboard
    page.goto("/register/student?next=/you/edit")
    username_field = page.get_by_label("Username", exact=True)
    username_field.fill(school.ben.username.upper())
    expect(page.get_by_text("Taken, choose another")).to_be_visible()
    username_field.fill(username)
    expect(page.get_by_text("Free", exact=True)).to_be_visible()
    page.get_by_label("Full name").focus()
    keys.type("Elif Aydin")
    keys.press("Tab")
    for text in (f"{username}@school.example", make.PASSWORD):
        keys.press("Tab")
        keys.type(text)
    keys.press("Tab")
    keys.press("Enter")  # Show
    expect(page.locator("#password")).to_have_attribute("type", "text")
    keys.press("Tab")
    keys.type(make.PASSWORD)
    photo = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": pictures.photo()}
    page.get_by_label("Photo").set_input_files(files=[photo])  # type: ignore[list-item]
    keys.press("Enter")
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    assert violations(page) == []
    keys.type(received.code_for(app, f"{username}@school.example"))
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Edit profile")).to_be_visible()
    page.goto("/you/preferences")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    page.goto("/you")
    assert page.locator(".avatar-96 img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 480
    page.get_by_role("button", name="Sign out everywhere").focus()
    keys.press("Enter")
    expect(page.get_by_role("button", name="Stay signed in")).to_be_focused()
    assert violations(page) == []
    keys.press("Escape")
    expect(page.get_by_role("button", name="Sign out everywhere")).to_be_focused()
    keys.press("Enter")
    keys.press("Tab")
    keys.press("Enter")
    expect(page.get_by_text("You are signed out on all devices.")).to_be_visible()
