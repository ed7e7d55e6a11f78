"""A manager blocks somebody: their open pages and their seat in the live room end at once."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from elearn.models import Classroom, Course, Role
from tests import make
from tests.journeys.browsing import Guest
from tests.journeys.room_page import RoomPage
from tests.people import People

pytestmark = pytest.mark.browser

Arrive = Callable[..., Guest]
OUT_WITHIN = 3.0  # the promise is 2 s; a browser on a busy machine takes its time to show it


def test_who_is_blocked_is_out_of_every_page_and_room(
    arrive: Arrive, school: People, course: Course, room: Classroom
) -> None:
    ada, ben = (RoomPage(arrive(user), room.id).enter() for user in (school.ada, school.ben))
    ben.guest.forgive(r"status of 40[13]|Failed to load resource")
    other_tab = ben.guest.tab()
    other_tab.goto("/courses")
    boss = arrive(make.person(role=Role.MANAGER, full_name="Martin Boss"))
    page = boss.page
    page.goto(f"/people?q={school.ben.username}")
    page.get_by_role("link", name="Ben Kowalski").click()
    page.get_by_role("button", name="Block", exact=True).click()
    page.get_by_label("Reason").fill("Noise in the room")
    page.get_by_role("dialog").get_by_role("button", name="Block", exact=True).click()
    expect(page.get_by_text("Ben Kowalski is blocked")).to_be_visible()
    began = time.monotonic()
    expect(ben.page.get_by_label("Write to everybody")).to_be_disabled()
    expect(ben.element).to_have_attribute("data-closed", re.compile("."))
    assert time.monotonic() - began < OUT_WITHIN
    other_tab.reload()
    assert "/sign-in" in other_tab.url
    heard = len(ben.guest.received)
    ada.write("A canary")
    expect(ada.message("A canary")).to_have_count(1)
    assert not [frame for frame in ben.guest.received[heard:] if "A canary" in frame]
    expect(page.locator(".note-text").filter(has_text="Reason: Noise in the room")).to_be_visible()
    page.get_by_role("button", name="Unblock").click()
    expect(page.get_by_text("Ben Kowalski can sign in again.")).to_be_visible()
