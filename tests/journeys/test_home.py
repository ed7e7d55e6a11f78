"""What people say about today appears, changes and goes on the first page of others, without loading it again."""

import re

import pytest
from playwright.sync_api import Page, expect

from elearn.models import Course, Role
from tests import make
from tests.journeys.axe import faults
from tests.journeys.browsing import until
from tests.journeys.conftest import Arrive
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LINE = "[data-module='notifications/bell'][data-line='open']"
UNSEEN = "\N{RIGHT-TO-LEFT OVERRIDE}"  # a refusal that browsers do not see coming


def say(page: Page, text: str) -> None:
    page.get_by_label("What are you working on?").first.fill(text)
    page.get_by_role("button", name="Post", exact=True).click()


def edit(page: Page, text: str) -> None:
    page.get_by_role("button", name="More for the status of Ada Novak").click()
    page.get_by_role("button", name="Edit status").click()
    page.get_by_role("dialog").get_by_label("What are you working on?").fill(text)
    page.get_by_role("button", name="Save status").click()


def test_a_status_is_posted_changed_and_deleted_under_the_eyes_of_others(
    arrive: Arrive, school: People, course: Course
) -> None:
    ada, ben, eve = (arrive(user).page for user in (school.ada, school.ben, school.eve))
    for page in (ben, eve):
        page.goto("/")
        page.locator(LINE).wait_for(state="attached")
        page.evaluate("() => { window.notLoadedAgain = true; }")
    feed = ben.get_by_role("region", name="Today in your school").get_by_role("listitem")
    expect(ben.get_by_text("Nobody has said anything today")).to_be_visible()
    draft = ben.get_by_label("What are you working on?").first
    draft.fill("Half a sentence")
    ada.goto("/")
    say(ada, "Clear skies <tonight>")
    expect(feed).to_have_count(1)
    expect(feed).to_contain_text("Clear skies <tonight>")
    expect(feed).to_contain_text("Ada Novak")
    # What came with the change works like what came with the page: links, and no menu for the status of somebody else.
    expect(feed.get_by_role("link", name="Ada Novak")).to_have_attribute("href", f"/profiles/{school.ada.id}")
    expect(feed.get_by_role("button")).to_have_count(0)

    ada.goto("/statuses")
    edit(ada, "Clouds <tonight>")
    expect(feed).to_contain_text("Clouds <tonight>")
    expect(feed).to_contain_text("edited")
    expect(feed).to_have_count(1)

    # A reader who stands in the list keeps their place; the list follows once they have left it.
    feed.get_by_role("link", name="Ada Novak").focus()
    ada.get_by_role("button", name="More for the status of Ada Novak").click()
    ada.get_by_role("button", name="Delete status").click()
    expect(ada.get_by_text("The status is gone.")).to_be_visible()
    assert until(ben, "await new Promise((done) => setTimeout(done, 3000)); return true;")
    expect(feed.get_by_role("link", name="Ada Novak")).to_be_focused()
    draft.focus()
    expect(ben.get_by_text("Nobody has said anything today")).to_be_visible()
    expect(ben.get_by_text("Clouds <tonight>")).to_have_count(0)
    expect(draft).to_have_value("Half a sentence")
    # Eve shares no course with Ada.
    expect(eve.get_by_text("Nobody has said anything today")).to_be_visible()
    for page in (ben, eve):
        assert page.evaluate("() => window.notLoadedAgain")


def test_the_menu_of_ones_own_status_works_after_the_list_was_read_again(
    arrive: Arrive, school: People, course: Course
) -> None:
    ada, ben = (arrive(user).page for user in (school.ada, school.ben))
    ada.goto("/")
    say(ada, "Clear skies")
    ada.locator(LINE).wait_for(state="attached")
    ben.goto("/")
    say(ben, "Packing a blanket")
    expect(ada.get_by_text("Packing a blanket")).to_be_visible()
    edit(ada, "Clouds")
    expect(ada.get_by_role("region", name="Today in your school")).to_contain_text("Clouds")


@pytest.mark.parametrize("scripts", [True, False])
def test_what_does_not_fit_is_asked_again_with_all_that_was_typed(
    arrive: Arrive, school: People, course: Course, *, scripts: bool
) -> None:
    guest = arrive(school.ada, java_script_enabled=scripts)
    guest.forgive("status of 422")
    page = guest.page
    page.goto("/")
    say(page, "Clear skies")
    say(page, f"Two {UNSEEN} skies")
    written = page.get_by_label("What are you working on?").first
    expect(written).to_be_focused()
    expect(written).to_have_value(f"Two {UNSEEN} skies")
    expect(written).to_have_accessible_description(re.compile("Leave out characters that cannot be seen"))
    found = faults(page, "a status that does not fit") if scripts else []

    page.goto("/statuses")
    edit(page, f"Three {UNSEEN} skies")
    dialog = page.get_by_role("dialog", name="Edit your status")
    expect(dialog).to_be_visible()
    changed = dialog.get_by_label("What are you working on?")
    expect(changed).to_be_focused()
    expect(changed).to_have_value(f"Three {UNSEEN} skies")
    expect(changed).to_have_accessible_description(re.compile("Leave out characters that cannot be seen"))
    found += faults(page, "a change that does not fit") if scripts else []
    assert not found, "\n".join(found)
    changed.fill("Three skies")
    dialog.get_by_role("button", name="Save status").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Three skies")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reason_that_does_not_fit_is_asked_again_in_its_dialog(
    arrive: Arrive, school: People, *, scripts: bool
) -> None:
    guest = arrive(make.person(role=Role.MANAGER, full_name="Martin Boss"), java_script_enabled=scripts)
    guest.forgive("status of 422")
    page = guest.page
    page.goto(f"/people/{school.ben.id}/manage")
    page.get_by_role("button", name="Block", exact=True).click()
    page.get_by_label("Reason").fill(f"Noise {UNSEEN} always")
    dialog = page.get_by_role("dialog", name="Block Ben Kowalski?")
    dialog.get_by_role("button", name="Block", exact=True).click()
    expect(dialog.get_by_text("Leave out characters that cannot be seen")).to_be_visible()
    expect(page.get_by_label("Reason")).to_have_value(f"Noise {UNSEEN} always")
    if scripts:
        expect(page.get_by_label("Reason")).to_be_focused()
        assert not faults(page, "a reason that does not fit")
    page.get_by_label("Reason").fill("Noise, always")
    dialog.get_by_role("button", name="Block", exact=True).click()
    expect(page.locator(".note-text").filter(has_text="Reason: Noise, always")).to_be_visible()
