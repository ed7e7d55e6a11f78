"""A teacher opens a course; a student comes, leaves, comes back, and is put out: all of it in a browser."""

from http import HTTPStatus

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests import pictures
from tests.journeys import received
from tests.journeys.conftest import Arrive

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WORDS = "four unrelated words"
COURSE = "Bread from four things"


def fill(page: Page, fields: dict[str, str]) -> None:
    for label, value in fields.items():
        page.get_by_label(label, exact=True).fill(value)


def prove(app: Flask, page: Page, address: str) -> None:
    """Type the code that came by email."""
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    page.get_by_label("Code", exact=True).fill(received.code_for(app, address))
    page.get_by_role("button", name="Prove address").click()


def register_with_mistakes_first(app: Flask, page: Page) -> None:
    page.goto("/register/teacher")
    fill(page, {"Full name": "Vera Lindqvist", "Username": "with blanks", "Email": "vera", "Password": "short"})
    page.get_by_role("button", name="Create account").click()
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(3)
    kept = {"Full name": "Vera Lindqvist", "Username": "with blanks", "Email": "vera", "Password": "short"}
    for label, value in kept.items():
        expect(page.get_by_label(label, exact=True)).to_have_value(value)
    summary.get_by_role("link", name="Email").click()
    expect(page.get_by_label("Email", exact=True)).to_be_focused()
    fill(page, {"Username": "vera.l", "Email": "vera@school.example", "Password": WORDS, "Password again": WORDS})
    expect(page.get_by_role("status").filter(has_text="Free")).to_be_visible()
    page.get_by_role("button", name="Create account").click()
    prove(app, page, "vera@school.example")
    expect(page.get_by_role("heading", name="Make your first course")).to_be_visible()


def open_course(page: Page) -> str:
    """Create and publish the course; return its address."""
    page.get_by_role("link", name="Create a course").click()
    fill(page, {"Title": COURSE, "Course code": "BREAD-1"})
    page.get_by_role("button", name="Create course").click()
    expect(page.get_by_role("heading", level=1, name=COURSE)).to_be_visible()
    expect(page.get_by_text("Nobody sees this course yet.")).to_be_visible()
    page.get_by_role("button", name="Publish course").click()
    expect(page.get_by_role("status").filter(has_text="is in the catalogue")).to_be_visible()
    return page.url


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="menu of").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="menu of")).to_have_count(0)


def sign_in(page: Page, login: str) -> None:
    page.goto("/sign-in")
    fill(page, {"Username or email": login, "Password": WORDS})
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="menu of")).to_be_visible()


def register_with_photo(app: Flask, page: Page) -> None:
    page.goto("/register/student")
    fill(page, {"Full name": "Nils Aalto", "Username": "nils", "Email": "nils@school.example"})
    fill(page, {"Password": WORDS, "Password again": WORDS})
    photo = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": pictures.photo()}
    page.locator("input[type=file]").set_input_files(photo)  # type: ignore[arg-type]
    page.get_by_role("button", name="Create account").click()
    prove(app, page, "nils@school.example")
    menu = page.get_by_role("button", name="menu of Nils Aalto")
    expect(menu).to_be_visible()
    assert menu.locator("img").evaluate("(photo) => photo.decode().then(() => photo.naturalWidth)") > 0


def find_course(page: Page) -> None:
    page.goto("/catalogue")
    field = page.get_by_label("Course, teacher or code")
    field.fill("bread four")
    field.press("Enter")
    expect(page.get_by_text("1 course matches")).to_be_visible()
    page.get_by_role("link", name=COURSE).click()


def enrol(page: Page) -> None:
    page.get_by_role("button", name="Enrol", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="You are enrolled")).to_be_visible()


def leave_and_come_back(page: Page) -> None:
    page.get_by_role("button", name="More for this course").click()
    page.get_by_role("button", name="Leave the course").click()
    expect(page.get_by_role("status").filter(has_text="You left")).to_be_visible()
    expect(page.get_by_role("link", name="Open the room")).to_have_count(0)
    enrol(page)


def choose_for_nils(page: Page, entry: str) -> None:
    page.get_by_role("button", name="More for Nils Aalto").click()
    page.get_by_role("button", name=entry).click()


def test_a_course_from_its_first_day_to_a_student_who_is_blocked(app: Flask, arrive: Arrive) -> None:
    teacher = arrive()
    vera = teacher.page
    teacher.forgive("status of 422")  # the answer to a form with mistakes
    register_with_mistakes_first(app, vera)
    course = open_course(vera)
    sign_out(vera)

    student = arrive()
    nils = student.page
    register_with_photo(app, nils)
    find_course(nils)
    enrol(nils)
    nils.get_by_role("link", name="Open the room").click()
    expect(nils.locator("[data-joined]")).to_be_visible()
    room = nils.url
    nils.get_by_role("link", name=f"Back to {COURSE}").click()
    leave_and_come_back(nils)

    sign_in(vera, "vera.l")
    vera.goto(f"{course}/people")
    expect(vera.get_by_role("row", name="Nils Aalto")).to_contain_text("nils@school.example")
    choose_for_nils(vera, "Remove from course")
    expect(vera.get_by_text("No students yet")).to_be_visible()
    nils.goto(course)
    enrol(nils)

    vera.reload()
    choose_for_nils(vera, "Block")
    dialog = vera.get_by_role("dialog", name="Block Nils Aalto in this course?")
    expect(dialog.get_by_role("button", name="Keep in course")).to_be_focused()
    dialog.get_by_label("Reason").fill("Wrote rude things")
    dialog.get_by_role("button", name="Block Nils").click()
    expect(vera.get_by_role("status").filter(has_text="Nils Aalto is blocked")).to_be_visible()
    vera.goto(f"{course}/people?state=blocked")
    expect(vera.get_by_role("row", name="Nils Aalto")).to_contain_text("Wrote rude things")

    nils.goto("/catalogue?q=bread")
    expect(nils.get_by_text("0 courses match")).to_be_visible()
    student.forgive(r"status of 404 .*/(courses|classrooms)/[^/]+/?\)$")
    for address in (course, room):
        answer = nils.goto(address)
        assert answer
        assert answer.status == HTTPStatus.NOT_FOUND
