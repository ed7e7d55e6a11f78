"""From the teacher's form through the received email into the course, in two browsers."""

import re
import time
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect

from elearn.integrations.mailer import FOLDER
from elearn.models import Course
from elearn.services import postman
from tests import make
from tests.journeys.conftest import Arrive
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
PATIENCE = 20


def link_in_email(app: Flask, address: str) -> str:
    """Wait for the email to this address, and return the path of the link in it."""
    folder = Path(app.extensions["settings"].instance_path) / FOLDER
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        postman.send_waiting()
        for file in folder.glob("*.eml") if folder.is_dir() else ():
            message = message_from_bytes(file.read_bytes(), policy=policy.default)
            body = message.get_body(("plain",))
            if address in str(message["To"]) and body is not None:
                found = re.search(r"/invite/[\w-]+", body.get_content())
                assert found, "the email has no link"
                return found[0]
        time.sleep(0.2)
    pytest.fail(f"no email came to {address}")


def test_invited_by_a_teacher_and_in_the_course_by_the_link(
    app: Flask, arrive: Arrive, school: People, course: Course
) -> None:
    username = f"lea.{school.ada.username}"
    address = f"{username}@elsewhere.example"
    teacher = arrive(school.ada).page
    teacher.goto(f"/courses/{course.id}/people")
    teacher.get_by_role("link", name="Invite", exact=True).click()
    expect(teacher.get_by_label(course.title)).to_be_checked()
    teacher.get_by_role("textbox", name="Email").fill(address)
    teacher.get_by_role("textbox", name="Name").fill("Lea Brandt")
    teacher.get_by_label("Your message").fill("Bring a notebook.")
    expect(teacher.get_by_role("complementary").get_by_text("Bring a notebook.")).to_be_visible()
    teacher.get_by_role("button", name="Send the invitation").click()
    expect(teacher.get_by_text(f"{address} is invited")).to_be_visible()

    path = link_in_email(app, address)
    guest = arrive()
    guest.forgive("status of 410")
    page = guest.page
    page.goto(path)
    expect(page.get_by_role("heading", name="Ada Novak invites you")).to_be_visible()
    expect(page.get_by_text("Bring a notebook.")).to_be_visible()
    expect(page.get_by_label("Full name")).to_have_value("Lea Brandt")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(make.PASSWORD)
    page.get_by_role("button", name="Accept and create account").click()
    expect(page).to_have_url(re.compile(f"/courses/{course.id}$"))
    expect(page.get_by_text("Welcome, Lea!")).to_be_visible()

    teacher.goto(f"/courses/{course.id}/people")
    expect(teacher.get_by_text(address)).to_be_visible()
    teacher.goto("/invitations?state=accepted")
    expect(teacher.get_by_role("table").get_by_text("Lea Brandt")).to_be_visible()
    page.goto(path)
    expect(page.get_by_role("heading", name="This invitation is used")).to_be_visible()
