"""The pages of notifications: the bell, the centre, and how everything comes; all of it without scripts."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from elearn.extensions import db
from elearn.models import Course, EmailChoice, Notification, NotificationKind, NotificationPreference, User
from elearn.services import enrolments, notifications
from elearn.services import notification_centre as centre
from elearn.transaction import transactional
from tests import make
from tests.people import People

Browser = Callable[[User], FlaskClient]
Kind = NotificationKind


@pytest.fixture
def course(school: People) -> Course:
    made = make.course(school.ada, title="The Night Sky")
    make.enrol(school.ben, made)
    return made


@transactional
def tell(user: User, kind: Kind = Kind.ACCOUNT, **more: Any) -> None:
    notifications.notify(kind, [user.id], **more)


def bell(page: str) -> str:
    found = re.search(r'data-unread="(\d+)"', page)
    return found[1] if found else "none"


def test_the_bell_counts_on_every_page(school: People, as_person: Browser, client: FlaskClient) -> None:
    tell(school.ben, event="approved")
    ben = as_person(school.ben)
    for address in ("/", "/courses", "/catalogue", "/nowhere"):
        page = ben.get(address).text
        assert bell(page) == "1"
        assert "Notifications, 1 unread" in page
    assert bell(as_person(school.eve).get("/").text) == "0"
    assert bell(client.get("/sign-in").text) == "none"


def test_the_centre_lists_by_day_and_filters(school: People, course: Course, as_person: Browser) -> None:
    ben = as_person(school.ben)
    assert "Nothing yet" in ben.get("/notifications").text
    tell(school.ben, Kind.NEW_MATERIAL, course=course, title="Moons")
    tell(school.ben, event="approved")
    page = ben.get("/notifications").text
    assert page.index("You may teach now") < page.index("New in The Night Sky: Moons")
    assert "Today" in page
    assert "Moons" not in ben.get("/notifications?group=account").text
    assert "Moons" in ben.get("/notifications?group=nonsense&show=nonsense&page=x").text
    centre.mark_all_read(school.ben)
    assert "You have read everything" in ben.get("/notifications?show=unread").text
    assert "Mark all as read" not in ben.get("/notifications").text


def test_opening_marks_read_and_goes_there(school: People, course: Course, as_person: Browser) -> None:
    tell(school.ben, Kind.NEW_MATERIAL, course=course, title="Moons")
    tell(school.ben, event="approved")
    ben = as_person(school.ben)
    newest, older = centre.list_for(school.ben).items
    answer = ben.post(f"/notifications/{older.id}/open")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/courses/{course.id}")
    assert centre.unread_count(school.ben) == 1
    answer = ben.post(f"/notifications/{newest.id}/read?show=unread")
    assert answer.headers["Location"] == "/notifications?show=unread"
    assert centre.unread_count(school.ben) == 0
    assert as_person(school.eve).post(f"/notifications/{newest.id}/open").status_code == 404


def test_all_that_was_shown_is_read_and_nothing_newer(school: People, as_person: Browser) -> None:
    tell(school.ben, event="approved")
    ben = as_person(school.ben)
    until = re.search(r'name="until" value="([^"]+)"', ben.get("/notifications").text)
    assert until
    tell(school.ben, event="declined")
    ben.post("/notifications/read", data={"until": until[1]})
    assert [card.text for card in centre.list_for(school.ben, show="unread").items] == [
        "Your wish to teach was declined"
    ]
    ben.post("/notifications/read")
    assert centre.unread_count(school.ben) == 0


def test_a_canary_of_a_course_that_one_lost_is_nowhere(school: People, course: Course, as_person: Browser) -> None:
    tell(school.ben, Kind.NEW_MATERIAL, course=course, title="A canary")
    ben = as_person(school.ben)
    assert "canary" in ben.get("/notifications").text
    notification = db.session.scalars(db.select(Notification.id)).one()
    enrolments.block(school.ada, course.id, school.ben.id)
    for address in ("/notifications", "/notifications?show=unread", "/"):
        page = ben.get(address).text
        assert "canary" not in page
        assert bell(page) == "1"  # that they are blocked
    assert ben.post(f"/notifications/{notification}/open").status_code == 404


def test_names_are_escaped(school: People, course: Course, as_person: Browser) -> None:
    make.change(course, title="<b>Night</b>")
    tell(school.ben, Kind.NEW_MATERIAL, course=course, title="%(who)s <script>")
    page = as_person(school.ben).get("/notifications").text
    assert "&lt;b&gt;Night&lt;/b&gt;: %(who)s &lt;script&gt;" in page


def choices(page: str) -> dict[str, str]:
    fields = dict.fromkeys(re.findall(r'<input [^>]*checked[^>]* name="(page-\w+)"', page), "y")
    for name, inside in re.findall(r'<select[^>]* name="(email-\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option selected value="(\w+)"', inside)
        assert chosen
        fields[name] = chosen[1]
    return fields


def test_each_kind_is_chosen_in_both_ways(school: People, as_person: Browser) -> None:
    ben = as_person(school.ben)
    fields = choices(ben.get("/you/notifications").text)
    assert fields["email-new_material"] == "digest"
    assert "page-new_material" in fields
    assert "page-account" not in fields
    assert "page-student_enrolled" not in fields
    del fields["page-new_material"]
    fields["email-deadline_set"] = "off"
    assert ben.post("/you/notifications", data=fields).status_code == 302
    assert choices(ben.get("/you/notifications").text) == fields
    rows = {row.kind: (row.in_page, row.email) for row in db.session.scalars(db.select(NotificationPreference))}
    assert rows[Kind.NEW_MATERIAL] == (False, EmailChoice.DIGEST)
    assert rows[Kind.DEADLINE_SET] == (True, EmailChoice.OFF)
    assert "page-student_enrolled" in choices(as_person(school.ada).get("/you/notifications").text)


def test_a_wrong_choice_changes_nothing(school: People, as_person: Browser) -> None:
    ben = as_person(school.ben)
    fields = choices(ben.get("/you/notifications").text) | {"email-new_material": "hourly"}
    assert ben.post("/you/notifications", data=fields).status_code == 422
    assert db.session.scalar(db.select(db.func.count()).select_from(NotificationPreference)) == 0
