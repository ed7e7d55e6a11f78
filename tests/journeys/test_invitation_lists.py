"""A class list of 25 rows with 5 bad ones: looked over, confirmed, and one of the people comes in."""

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from config import Settings
from elearn.extensions import db
from elearn.models import Course
from elearn.services import invitation_batches
from tests import make, servers
from tests.journeys.conftest import Arrive
from tests.journeys.test_invitations import link_in_email
from tests.people import People
from tests.servers import RunningSchool

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def without_worker(shared_app: Flask, shared_settings: Settings) -> Iterator[RunningSchool]:
    """Serve the same school without a worker: the servers of tests do jobs at once, and this one leaves them."""
    with servers.running(shared_app, shared_settings, ELEARN_ENV="development") as running:
        yield running


def check_as_worker(import_id: UUID) -> None:
    db.session.rollback()  # to see what the server has committed
    invitation_batches.check(import_id)


def choose(page: Page, text: str) -> None:
    page.goto("/invitations")
    page.get_by_role("link", name="Invite from a file").click()
    file = {"name": "class-7b.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.get_by_label("CSV file").set_input_files(files=[file])  # type: ignore[list-item]
    page.get_by_role("button", name="Look the list over").click()


def test_a_class_list_from_the_file_to_the_first_who_accepts(
    app: Flask, arrive: Arrive, school: People, course: Course
) -> None:
    mine = school.ada.username
    good = [f"pupil{n}.{mine}@elsewhere.example;Pupil {n};student;{course.code}" for n in range(20)]
    bad = [
        "jana@northfield;Jana;student;",
        f"omar.{mine}@elsewhere.example;Omar;Studnet;",
        f"boss.{mine}@elsewhere.example;Boss;manager;",
        f"yuki.{mine}@elsewhere.example;Yuki;;NOPE-1",
        ";Nobody;;",
    ]
    teacher = arrive(school.ada).page
    choose(teacher, "\r\n".join(["Email;Full name;Role;Course codes", *good[:10], *bad, *good[10:], ""]))
    expect(teacher.get_by_role("heading", name="Check the list before inviting")).to_be_visible()
    expect(teacher.get_by_text("Nothing has been sent yet.")).to_be_visible()
    expect(teacher.locator(".import-figure")).to_have_text(["20", "0", "5"])
    expect(teacher.locator(".table-danger-row")).to_have_count(5)
    expect(teacher.locator("tbody tr").first.locator("mark")).to_have_text("northfield")
    teacher.get_by_role("link", name="Left out 5").click()
    expect(teacher.locator("tbody tr")).to_have_count(5)
    with teacher.expect_download() as saving:
        teacher.get_by_role("link", name="Save the 5 rows left out as CSV").click()
    assert "NOPE-1" in saving.value.path().read_text(encoding="utf-8-sig")
    teacher.get_by_role("button", name="Invite 20 people").click()
    expect(teacher.get_by_role("heading", name="What came of the list")).to_be_visible()
    expect(teacher.locator(".import-figure")).to_have_text(["20", "0", "5"])

    username = f"pupil7.{mine}"
    page = arrive().page
    page.goto(link_in_email(app, f"{username}@elsewhere.example"))
    expect(page.get_by_label("Full name")).to_have_value("Pupil 7")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(make.PASSWORD)
    page.get_by_role("button", name="Accept and create account").click()
    expect(page).to_have_url(re.compile(f"/courses/{course.id}$"))


def test_a_long_list_shows_how_far_it_is_and_goes_on_by_itself(
    without_worker: RunningSchool, arrive: Arrive, school: People, course: Course
) -> None:
    mine = school.ada.username
    rows = [f"p{n}.{mine}@elsewhere.example,Pupil {n}" for n in range(1100)]
    teacher = arrive(school.ada, at=without_worker).page
    choose(teacher, "\n".join(["email,full_name", *rows, ""]))
    expect(teacher.get_by_role("heading", name="The list is being looked through")).to_be_visible()
    expect(teacher.get_by_text("0 of 1100", exact=True)).to_be_visible()
    import_id = UUID(teacher.url.rpartition("/")[2])
    check_as_worker(import_id)
    teacher.get_by_role("button", name="Invite 1100 people").click()
    expect(teacher.get_by_role("heading", name="The invitations are on their way")).to_be_visible()
    assert invitation_batches._run_batch(import_id) == (500, 1100)
    expect(teacher.get_by_text("500 of 1100", exact=True)).to_be_visible()
    assert teacher.locator("progress").evaluate("bar => bar.position") == pytest.approx(500 / 1100)
    invitation_batches.run(import_id)
    expect(teacher.get_by_role("heading", name="What came of the list")).to_be_visible()
    expect(teacher.locator(".import-figure").first).to_have_text("1100")


def test_without_scripts_the_page_loads_itself_again(
    without_worker: RunningSchool, arrive: Arrive, school: People, course: Course
) -> None:
    rows = [f"q{n}.{school.ada.username}@elsewhere.example" for n in range(501)]
    teacher = arrive(school.ada, at=without_worker, java_script_enabled=False).page
    choose(teacher, "\n".join(["email", *rows, ""]))
    expect(teacher.get_by_text("0 of 501", exact=True)).to_be_visible()
    check_as_worker(UUID(teacher.url.rpartition("/")[2]))
    expect(teacher.get_by_role("button", name="Invite 501 people")).to_be_visible()
