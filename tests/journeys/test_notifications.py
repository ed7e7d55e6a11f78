"""What one person does appears at once in the browser of another; what is read in one tab is read in all."""

from collections.abc import Callable

import pytest
from playwright.sync_api import WebSocket, expect

from elearn import clock
from elearn.extensions import db
from elearn.models import Classroom, Course, NotificationKind, SignIn
from elearn.services import notifications
from elearn.transaction import transactional
from tests import make
from tests.journeys.browsing import Guest, until
from tests.journeys.conftest import Arrive
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LINE = "[data-module='notifications/bell'][data-line='open']"


def bell(guest: Guest) -> Callable[[str], None]:
    def shows(name: str) -> None:
        expect(guest.page.get_by_role("link", name=name, exact=True)).to_be_visible()

    return shows


def test_a_notification_appears_live_in_a_second_browser(arrive: Arrive, school: People, course: Course) -> None:
    ada, eve = arrive(school.ada), arrive(school.eve)
    ada.page.goto("/")
    tab = ada.tab()
    tab.goto("/notifications")
    expect(tab.get_by_text("Nothing yet")).to_be_visible()
    for page in (ada.page, tab):
        page.locator(LINE).wait_for(state="attached")
    ada.page.bring_to_front()
    eve.page.goto(f"/courses/{course.id}")
    eve.page.get_by_role("button", name="Enrol").first.click()
    sentence = f"{school.eve.full_name} enrolled in {course.title}"
    toast = ada.page.locator(".toast-item", has_text=sentence)
    expect(toast).to_be_visible()
    bell(ada)("Notifications, 1 unread")
    # The other tab shows it in its list, without being loaded again.
    expect(tab.get_by_role("button", name=f"Unread: {sentence}")).to_be_visible()
    # Opening it here marks it read there.
    toast.get_by_role("button", name="Have a look").click()
    ada.page.wait_for_url(f"**/courses/{course.id}/people")
    expect(tab.get_by_role("link", name="Notifications", exact=True)).to_be_visible()
    expect(tab.get_by_role("button", name=sentence, exact=True)).to_be_visible()
    # Enrolling again after leaving is news, pressing twice is none.
    assert ada.received
    assert sum(sentence in frame for frame in ada.received) == 2  # once for each tab


def test_the_room_shows_it_over_its_own_connection(arrive: Arrive, school: People, room: Classroom) -> None:
    sockets: list[str] = []
    ben = arrive(school.ben)
    ben.page.on("websocket", lambda socket: sockets.append(socket.url))
    ben.page.goto(f"/classrooms/{room.id}/")
    ben.page.locator(LINE).wait_for(state="attached")

    @transactional
    def tell() -> None:
        notifications.notify(NotificationKind.ACCOUNT, [school.ben.id], event="approved")

    tell()
    expect(ben.page.locator(".toast-item", has_text="You may teach now")).to_be_visible()
    assert len(sockets) == 1


def test_without_scripts_everything_can_be_done(arrive: Arrive, school: People, course: Course) -> None:
    @transactional
    def tell() -> None:
        data = {"course": course, "actor": school.ada}
        for title in ("Moons", "Planets"):
            notifications.notify(NotificationKind.NEW_MATERIAL, [school.ben.id], title=title, **data)

    tell()
    page = arrive(school.ben, java_script_enabled=False).page
    page.goto("/")
    page.get_by_role("link", name="Notifications, 2 unread").click()
    page.get_by_role("button", name="Mark as read: New in Observing the Night Sky: Planets").click()
    page.get_by_role("link", name="Notifications, 1 unread").click()
    page.get_by_role("link", name="Work").click()
    page.get_by_role("button", name="Unread: New in Observing the Night Sky: Moons").click()
    expect(page.get_by_role("heading", name="Observing the Night Sky")).to_be_visible()
    page.get_by_role("link", name="Notifications", exact=True).click()
    page.get_by_role("link", name="Choose what you are told").click()
    row = page.get_by_role("row", name="New material in a course")
    row.get_by_role("combobox").select_option("Email at once")
    row.get_by_role("checkbox").uncheck()
    page.get_by_role("button", name="Save choice").click()
    expect(page.get_by_text("Your choice is saved.")).to_be_visible()
    assert row.get_by_role("combobox").input_value() == "now"
    expect(row.get_by_role("checkbox")).not_to_be_checked()


def test_who_was_signed_out_elsewhere_has_no_line_any_more(arrive: Arrive, school: People) -> None:
    ben = arrive(school.ben)
    lines: list[WebSocket] = []
    ben.page.on("websocket", lambda line: lines.append(line))  # noqa: PLW0108 - a builtin cannot be listened with
    ben.page.goto("/")
    ben.page.locator(LINE).wait_for(state="attached")
    opened = db.session.scalars(db.select(SignIn).filter_by(user_id=school.ben.id)).one()
    make.change(opened, ended_at=clock.now())
    assert until(ben.page, "await new Promise((done) => setTimeout(done, 3000)); return true;")

    @transactional
    def tell() -> None:
        notifications.notify(NotificationKind.ACCOUNT, [school.ben.id], event="approved")

    tell()
    assert until(ben.page, "await new Promise((done) => setTimeout(done, 3000)); return true;")
    assert "You may teach now" not in str(ben.received)
    assert [line.is_closed() for line in lines] == [True]  # closed, and no other was opened
