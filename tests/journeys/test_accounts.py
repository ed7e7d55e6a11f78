"""Register, type the code from the email, forget the password, set a new one, and see the devices: in a browser."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from elearn.extensions import db
from elearn.models import Course, User
from tests.journeys import received
from tests.journeys.conftest import Arrive
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WORDS, NEW_WORDS = "four unrelated words", "seven quite different words"


def fill(page: Page, fields: dict[str, str]) -> None:
    for label, value in fields.items():
        page.get_by_label(label, exact=True).fill(value)


def sign_in(page: Page, login: str, password: str) -> None:
    page.goto("/sign-in")
    fill(page, {"Username or email": login, "Password": password})
    page.get_by_role("button", name="Sign in").click()


def register(page: Page, username: str, address: str, going_to: str) -> None:
    page.goto(f"/register/student?next={going_to}")
    fill(page, {"Full name": "Sami Berg", "Username": username, "Email": address})
    fill(page, {"Password": WORDS, "Password again": WORDS})
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    expect(page.get_by_role("button", name="Send a fresh code in")).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_text("/mail/")).to_be_visible()


def prove(app: Flask, page: Page, address: str, going_to: str) -> None:
    """Type a wrong code first, then the one that came."""
    code = received.code_for(app, address)
    page.get_by_label("Code", exact=True).fill("000 000" if code != "000 000" else "111 111")
    page.get_by_role("button", name="Prove address").click()
    expect(page.locator(".error-summary")).to_be_focused()
    page.goto(f"/verify-email?next={going_to}")
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name="Prove address").click()


def forget(app: Flask, page: Page, address: str) -> None:
    page.goto("/sign-in")
    page.get_by_role("link", name="Forgotten?").click()
    page.get_by_label("Email").fill(address.upper())
    page.get_by_role("button", name="Send the code").click()
    expect(page.get_by_role("heading", name="Set a new password")).to_be_visible()
    code = received.code_for(app, address, "new password")
    fill(page, {"Code": code, "New password": NEW_WORDS, "New password again": NEW_WORDS})
    page.get_by_role("button", name="Set new password").click()
    expect(page.get_by_text("Your password is new")).to_be_visible()


def test_from_registering_to_a_new_password(app: Flask, arrive: Arrive, school: People, course: Course) -> None:
    username, going_to = f"sami.{school.ada.username}", f"/courses/{course.id}"
    address = f"{username}@elsewhere.example"
    guest = arrive()
    guest.forgive("status of 409")  # the answer to a wrong code
    page = guest.page
    register(page, username, address, going_to)

    # Looking around works, and says what is missing.
    page.goto("/catalogue")
    expect(page.get_by_role("complementary", name="Your address")).to_contain_text(address)
    page.get_by_role("link", name="Type the code").click()
    prove(app, page, address, going_to)
    expect(page.get_by_role("heading", level=1, name=course.title)).to_be_visible()
    expect(page.get_by_role("complementary", name="Your address")).to_have_count(0)
    page.get_by_role("button", name="Enrol", exact=True).click()
    expect(page.get_by_role("link", name="Open the room")).to_be_visible()

    # Elsewhere the password is forgotten; setting a new one ends this device.
    other = arrive()
    there = other.page
    other.forgive("status of 401")
    forget(app, there, address)
    page.goto("/you")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(there, username, WORDS)
    expect(there.get_by_text("The name or the password is not right")).to_be_visible()
    sign_in(there, address, NEW_WORDS)
    expect(there.get_by_role("button", name="menu of Sami Berg")).to_be_visible()
    received.latest(app, address, "was changed")

    # Two devices: one ends the other.
    sign_in(page, username, NEW_WORDS)
    expect(page.get_by_role("button", name="menu of Sami Berg")).to_be_visible()
    page.goto("/you/devices")
    expect(page.get_by_text("This device")).to_have_count(1)
    page.get_by_role("button", name="Sign out Chrome on Linux").click()
    expect(page.get_by_text("The device is signed out")).to_be_visible()
    there.goto("/you")
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()
    user = db.session.scalars(db.select(User).filter_by(username=username)).one()
    assert user.is_verified
