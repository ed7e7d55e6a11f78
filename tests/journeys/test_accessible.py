"""Every page for everybody: axe, narrow windows, large letters, and a whole way through the school by keyboard."""

from io import BytesIO

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from elearn.models import (
    Classroom,
    Course,
    CourseState,
    Email,
    EmailState,
    EnrolmentState,
    ImportState,
    Lesson,
    Notification,
    NotificationKind,
    Right,
    Role,
)
from elearn.services import bounces, credentials, invitation_imports, people, unsubscribing
from tests import invited, make
from tests.journeys.axe import faults, sideways
from tests.journeys.conftest import Arrive
from tests.journeys.room_page import RoomPage
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# Who looks at which pages; `{course}` and the like are filled in. The room has a test of its own.
PAGES = {
    "visitor": [
        "/sign-in",
        "/register/student",
        "/register/teacher",
        "/forgot",
        "/forgot/code",
        "/privacy",
        "/accessibility",
        "/help",
        "/nowhere",
        "/invite/{invited}",
        "/invite/{with_account}",
        "/invite/forged",
        "{unsubscribe}",
    ],
    "ben": [
        "/",
        "/courses",
        "/catalogue",
        "/catalogue?q=nothing+like+it",
        "/courses/{course}",
        "/courses/{other}",
        "/you",
        "/you/edit",
        "/statuses",
        "/you/preferences",
        "/you/data",
        "/you/delete",
        "/profiles/{ada}",
        "/you/password",
        "/you/email",
        "/you/devices",
        "/courses/{course}/edit",
        "/notifications",
        "/notifications?show=unread&group=account",
        "/you/notifications",
    ],
    "nora": ["/", "/verify-email", "/you/password"],
    "ada": [
        "/",
        "/courses",
        "/catalogue",
        "/courses/new",
        "/courses/{course}",
        "/courses/{draft}",
        "/courses/{course}/edit",
        "/courses/{course}/people",
        "/courses/{draft}/people",
        "/courses/{course}/people?state=blocked",
        "/invitations",
        "/invitations?state=revoked",
        "/invitations/new?course={course}",
        "/invitations/import",
        "/invitations/import/{list}",
        "/invitations/import/{reading}",
        "/invitations/import/{report}",
        "/invite/{invited}",
        "/you",
        "/people",
    ],
    "boss": [
        "/",
        "/people",
        "/people?state=waiting",
        "/people/{ben}/manage",
        "/people/{blocked}/manage",
        "/people/{asks}/manage",
        "/activity",
    ],
    "root": [
        "/",
        "/courses",
        "/catalogue?subject=science",
        "/courses/{course}",
        "/courses/{course}/people",
        "/courses/{course}/hand-over",
        "/you/edit",
        "/outbox",
        "/outbox?state=waiting",
        "/people",
        "/people?q=nothing+like+it",
        "/people/new",
        "/people/{ben}/manage",
        "/activity",
    ],
}
SEEN = {
    "activity.index",
    "people.create",
    "people.index",
    "people.show",
    "auth.sign_in",
    "auth.register",
    "auth.forgot",
    "auth.reset_password",
    "auth.verify_email",
    "account.credentials_page",
    "account.change_email",
    "account.devices",
    "pages.privacy",
    "pages.accessibility",
    "pages.help",
    "home.index",
    "courses.mine",
    "courses.catalogue",
    "courses.create",
    "courses.show",
    "courses.edit",
    "courses.hand_over",
    "courses.people",
    "statuses.feed",
    "profile.show",
    "profile.edit",
    "profile.preferences",
    "profile.public",
    "own_data.show",
    "own_data.delete_account",
    "classrooms.show",
    "invitations.index",
    "invitations.invite",
    "invitations.show",
    "invitation_imports.upload",
    "invitation_imports.show",
    "notifications.index",
    "notifications.choices",
    "outbox.index",
    "outbox.unsubscribe",
}
# No pages of ours: files, answers for machines, pages of libraries, and the gallery, which has its own tests.
OTHERS = {
    "assets",
    "auth.username_hint",
    "auth.correct_email",
    "account.ask_for_email",
    "courses.block_by_name",
    "health.healthz",
    "health.readyz",
    "invitation_imports.left_out",
    "invitation_imports.template",
    "look.index",
    "own_data.download",
    "profile.photo",
}


def test_no_page_is_forgotten(app: Flask) -> None:
    """A new page belongs into the lists above."""
    found = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith("api")
    }
    assert found == SEEN | OTHERS


@pytest.fixture
def places(school: People, course: Course) -> dict[str, str]:
    """Give the school something to show on every page."""
    draft = make.course(school.ada, title="Not yet", state=CourseState.DRAFT)
    other = make.course(make.person(role=school.ada.role), title="Soup of three things", summary="Water and patience.")
    make.enrol(make.person(full_name="Rowdy Person"), course, EnrolmentState.BLOCKED)
    make.save(Lesson(classroom_id=make.room(course).id, title="Reading a star chart", started_by=school.ada.id))
    for number in range(3):
        told = {"kind": NotificationKind.NEW_MATERIAL, "data": {"title": f"Chart {number}"}, "course_id": course.id}
        make.save(Notification(user_id=school.ben.id, actor_id=school.ada.id, **told))
    make.save(Email(letter="invitation", to_email="x@school.example", state=EmailState.FAILED, error="550 No mailbox"))
    asks = make.person(full_name="Amara Asks", requested_role=Role.TEACHER)
    blocked = make.person(full_name="Bo Blocked")
    people.block(school.root, blocked.id, "Insults in the chat, again and again, whatever anybody said about it.")
    stop = unsubscribing.path(school.ben.id, [NotificationKind.NEW_MATERIAL])
    return {
        "course": str(course.id),
        "draft": str(draft.id),
        "other": str(other.id),
        "ada": str(school.ada.id),
        "ben": str(school.ben.id),
        "asks": str(asks.id),
        "blocked": str(blocked.id),
        "unsubscribe": stop,
        **bring_lists(school),
    } | invite_some(school, course)


def bring_lists(school: People) -> dict[str, str]:
    """Return a list that waits to be confirmed, one that is being read, and one that is done."""
    new = school.ada.id.hex[
        -6:
    ]  # an address gets a few invitations only, and the school is the same for all tests here
    rows = [
        "jana@northfield,Jana,,7b",
        "l@n.example,L,Studnet,7b",
        f"p{new}@gmial.com,P,,7b",
        f"a{new}@n.example,Ana,,7b",
    ]
    data = "\n".join(["email,full_name,role,class", *rows, ""]).encode()
    found = {
        name: invitation_imports.start(school.ada, file_name="7b.csv", stream=BytesIO(data))
        for name in ("list", "reading", "report")
    }
    invitation_imports.confirm(school.ada, found["report"].id)
    make.change(found["reading"], state=ImportState.CHECKING, done=1)
    return {name: str(one.id) for name, one in found.items()}


def invite_some(school: People, course: Course) -> dict[str, str]:
    """Return the tokens of an invitation of somebody new, and of somebody with an account."""
    lea = f"lea.{school.ada.id.hex[-6:]}@elsewhere.example"
    invited.invite(school.ada, lea, course, full_name="Lea Brandt", message="Welcome!")
    invited.invite(school.root, school.eve.email, role=Role.TEACHER)
    return {"invited": invited.token_of(lea), "with_account": invited.token_of(school.eve.email)}


@pytest.mark.parametrize("who", PAGES)
def test_nothing_stands_in_the_way(arrive: Arrive, school: People, places: dict[str, str], who: str) -> None:
    # Nora is new: her address is not proved. The boss is a manager.
    others = {
        "nora": lambda: make.person(full_name="Nora New", email_verified_at=None),
        "boss": lambda: make.person(full_name="Martin Boss", role=Role.MANAGER),
    }
    credentials.ask_for_email(school.ben, email="ben.new@school.example", password=make.PASSWORD)
    bounces.note(school.ben.email)  # there is a strip about it on all pages
    guest = arrive(others[who]() if who in others else getattr(school, who, None))
    guest.forgive(r"status of 40[34] .*(/nowhere|/edit|/forged)\)$")  # the pages that say so are looked at too
    found = []
    for pattern in PAGES[who]:
        guest.page.goto(pattern.format(**places), wait_until="load")
        name = f"{who} at {pattern}"
        found += faults(guest.page, name) + sideways(guest.page, name)
    assert not found, "\n".join(found)


def open_dialogs(page: Page) -> list[str]:
    """Open each dialog and menu of the page in turn and look at it."""
    found: list[str] = []
    for button in page.locator("[popovertarget]:not(.filter-open):visible").all():
        button.click()
        opened = page.locator(":popover-open")
        expect(opened).to_have_count(1)
        found += faults(page, f"{page.url} with {button.get_attribute('aria-label')}")
        page.keyboard.press("Escape")
        expect(opened).to_have_count(0)
    for dialog in page.locator("dialog[id]").all():
        dialog.evaluate("(dialog) => dialog.showModal()")
        found += faults(page, f"{page.url} with the dialog {dialog.get_attribute('id')}")
        page.keyboard.press("Escape")
    return found


def test_menus_dialogs_and_mistakes_stand_in_nobodys_way(
    arrive: Arrive, school: People, places: dict[str, str]
) -> None:
    guest = arrive(school.ada)
    guest.forgive("status of 422")
    page = guest.page
    page.goto(f"/courses/{places['course']}/people")
    found = open_dialogs(page)
    boss = arrive(make.person(full_name="Martin Boss", role=Role.MANAGER)).page
    for whose in ("ben", "asks"):
        boss.goto(f"/people/{places[whose]}/manage")
        found += open_dialogs(boss)
    page.goto("/courses/new")
    page.get_by_role("button", name="Create course").click()
    expect(page.locator(".error-summary")).to_be_focused()
    found += faults(page, "a course with mistakes") + sideways(page, "a course with mistakes")
    assert not found, "\n".join(found)


def test_the_room_stands_in_nobodys_way(
    arrive: Arrive, school: People, course: Course, room: Classroom, places: dict[str, str]
) -> None:
    ada, ben = (RoomPage(arrive(user), room.id).enter() for user in (school.ada, school.ben))
    ada.write("How far is it?")
    expect(ben.message("How far is it?")).to_have_count(1)
    ada.draw((0.2, 0.2), (0.8, 0.8))
    ada.letter("North is up", 0.3, 0.3)
    ben.wait_for_objects(2)
    ben.page.get_by_role("button", name="Raise hand").click()
    expect(ada.hand("Ben Kowalski")).to_be_visible()
    found: list[str] = []
    for who, here in (("teacher", ada), ("student", ben)):
        found += sideways(here.page, f"the {who}'s room")
        for view in ("chat", "people"):
            here.view(view)
            found += faults(here.page, f"the {who}'s room, {view}")
    found += open_dialogs(ada.page)
    assert not found, "\n".join(found)


def go_to(page: Page, target: Locator, key: str = "Tab", steps: int = 90) -> None:
    """Press a key until the focus is where it should be."""
    for _ in range(steps):
        if target.evaluate("(element) => element === document.activeElement"):
            expect(target).to_be_visible()
            return
        page.keyboard.press(key)
    pytest.fail(f"The keyboard never came to {target}")


def test_a_lesson_without_a_mouse(arrive: Arrive, school: People, course: Course, room: Classroom) -> None:
    user = make.person(full_name="Kim Berg")
    make.grant(user, room, Right.DRAW)
    guest = arrive()
    page = guest.page
    page.goto("/sign-in")
    expect(page.get_by_label("Username or email")).to_be_focused()
    page.keyboard.type(user.username)
    go_to(page, page.get_by_label("Password", exact=True))
    page.keyboard.type(make.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="menu of Kim Berg")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    go_to(page, page.get_by_role("link", name="Catalogue").first)
    page.keyboard.press("Enter")
    search = page.get_by_label("Course, teacher or code")
    expect(search).to_be_visible()
    go_to(page, search)
    page.keyboard.type(course.code)
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 course matches")).to_be_visible()
    for control in (
        page.get_by_role("link", name=course.title),
        page.get_by_role("button", name="Enrol", exact=True),
        page.get_by_role("link", name="Open the room"),
    ):
        expect(control).to_be_visible()
        go_to(page, control)
        page.keyboard.press("Enter")
    here = RoomPage(arrive(school.ada), room.id).enter()
    there = RoomPage(guest, room.id)
    there.wait_until_in()

    tools = page.locator("[data-board-tools]")
    expect(tools).to_be_visible()
    go_to(page, tools.locator("[tabindex='0']").first)
    go_to(page, tools.get_by_role("button", name="Text", exact=True), key="ArrowDown")
    page.keyboard.press("Enter")
    go_to(page, page.locator("[data-board-paper]"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Text on the board")).to_be_focused()
    page.keyboard.type("Written without a mouse")
    page.keyboard.press("Control+Enter")
    here.wait_for_objects(1)
    expect(here.page.get_by_role("list").filter(has_text="Written without a mouse")).to_have_count(1)
    go_to(page, page.get_by_label("Write to everybody"))
    page.keyboard.type("Hello from the keyboard")
    page.keyboard.press("Enter")
    expect(here.message("Hello from the keyboard")).to_have_count(1)
    go_to(page, page.get_by_role("button", name="Raise hand"))
    page.keyboard.press("Space")
    expect(here.hand("Kim Berg")).to_be_visible()
