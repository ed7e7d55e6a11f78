"""What open pages hear: at once in this process, over Redis in another, and without Redis within two seconds."""

import json
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import socketio
from flask import Flask

from elearn import clock, create_app
from elearn.extensions import db
from elearn.models import Course, NotificationKind, SignIn, User
from elearn.services import enrolments, notifications
from elearn.services import notification_centre as centre
from elearn.sockets.budgets import Budgets
from elearn.sockets.namespace import Connection
from elearn.sockets.notifications import NotificationsNamespace
from elearn.transaction import transactional
from tests import make, people, servers, services_for_tests
from tests.conftest import settings_for
from tests.people import People
from tests.queries import counted
from tests.servers import RunningSchool
from tests.sockets_client import RoomClient

Kind = NotificationKind
HERE = "/notifications"
BY_LOOKING = 2.5  # the look of every 1.5 s, with some patience for a busy machine
OUT_WITHIN = 2.5


@transactional
def tell(*users: User, event: str = "approved") -> None:
    notifications.notify(Kind.ACCOUNT, [user.id for user in users], event=event)


@contextmanager
def listening(school: RunningSchool, user: User) -> Iterator[RoomClient]:
    client = RoomClient(school.url, cookie=school.cookie(user), namespaces=(HERE,))
    try:
        client.wait("unread")
        yield client
    finally:
        client.close()


@pytest.fixture
def listen(server: RunningSchool) -> Iterator[Callable[[User], RoomClient]]:
    opened = []

    def open_for(user: User) -> RoomClient:
        context = listening(server, user)
        opened.append(context)
        return context.__enter__()

    yield open_for
    for context in opened:
        context.__exit__(None, None, None)


def test_the_number_comes_first_and_then_what_is_new(
    school: People, course: Course, listen: Callable[[User], RoomClient], server: RunningSchool
) -> None:
    tell(school.ben)
    first, second, eve = listen(school.ben), listen(school.ben), listen(school.eve)
    assert first.got("unread")[0] == {"count": 1}
    assert first.got("notification") == []
    tell(school.ben, event="declined")  # written by this process: the server has to look
    for tab in (first, second):
        told = tab.wait("notification", seconds=BY_LOOKING)
        assert set(told) == {"id", "kind", "title", "message", "link", "at", "unread"}
        assert (told["title"], told["message"]) == ("You", "Your wish to teach was declined")
        assert (told["link"], told["unread"]) == ("/you", True)
        tab.wait("unread", lambda unread: unread["count"] == 2)
    centre.mark_read(school.ben, centre.list_for(school.ben).items[0].id)
    for tab in (first, second):
        tab.wait("unread", lambda unread: unread["count"] == 1, seconds=BY_LOOKING)
    assert eve.got("notification") == []
    assert [unread["count"] for unread in eve.got("unread")] == [0]
    time.sleep(BY_LOOKING)
    assert [len(tab.got("notification")) for tab in (first, second)] == [1, 1]  # once, however often it looks


def test_what_comes_between_the_connection_and_the_first_look_is_told(school: People, server: RunningSchool) -> None:
    client = RoomClient(server.url, cookie=server.cookie(school.ben), namespaces=(HERE,))
    try:
        tell(school.ben)
        assert client.wait("notification", seconds=BY_LOOKING)["message"].startswith("You may teach now")
    finally:
        client.close()


def test_it_comes_at_once_where_it_happens(
    school: People, course: Course, listen: Callable[[User], RoomClient], server: RunningSchool
) -> None:
    ada = listen(school.ada)
    waits = []
    for person in [make.person() for _ in range(3)]:
        visitor = Api(server, person)
        began = time.monotonic()
        visitor.post(f"courses/{course.id}/enrol/")
        ada.wait("notification", lambda told, person=person: person.full_name in told["message"], seconds=BY_LOOKING)
        waits.append(time.monotonic() - began)
    assert min(waits) < 1.0


class Api:
    """Press a button of the API over the wire, so that it happens inside the server."""

    def __init__(self, school: RunningSchool, user: User) -> None:
        self._school, self._headers = school, {}
        signed_in = self.post("auth/login/", login=user.username, password=make.PASSWORD)
        self._headers = {"Authorization": f"Bearer {signed_in['access_token']}"}

    def post(self, path: str, **body: str) -> dict[str, Any]:
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self._school.url}/api/{path}",
            data=json.dumps(body).encode() if body else None,
            headers=headers,
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own server
            found: dict[str, Any] = json.load(answer)
            return found


def test_what_one_lost_is_not_told(school: People, course: Course, listen: Callable[[User], RoomClient]) -> None:
    ben = listen(school.ben)

    @transactional
    def too_late() -> None:
        notifications.notify(Kind.NEW_MATERIAL, [school.ben.id], course=course, title="A canary")
        enrolments.block(school.ada, course.id, school.ben.id)

    too_late()
    ben.wait("notification", lambda told: told["kind"] == "blocked_in_course", seconds=BY_LOOKING)
    ben.wait("unread", lambda unread: unread["count"] == 1)
    assert "canary" not in str(ben.events)


@pytest.mark.parametrize("way", ["signed out", "blocked"])
def test_who_is_out_hears_no_more(
    school: People, listen: Callable[[User], RoomClient], server: RunningSchool, way: str
) -> None:
    ben = listen(school.ben)
    if way == "blocked":
        make.change(school.ben, blocked_at=clock.now())
    else:
        opened = db.session.scalars(db.select(SignIn).filter_by(user_id=school.ben.id)).one()
        make.change(opened, ended_at=clock.now())
    assert services_for_tests.wait_until(lambda: not ben.connected, OUT_WITHIN)
    make.change(school.ben, blocked_at=None)
    tell(school.ben)
    time.sleep(1.6)
    assert ben.got("notification") == []


def test_nobody_comes_in_without_signing_in(server: RunningSchool, school: People) -> None:
    for cookie in (None, "forged"):
        with pytest.raises(socketio.exceptions.ConnectionError):
            RoomClient(server.url, cookie=cookie, namespaces=(HERE,))


def test_only_who_may_see_the_feed_hears_it(
    school: People, listen: Callable[[User], RoomClient], server: RunningSchool
) -> None:
    stranger = make.person(email_verified_at=None)
    ben, hidden = listen(school.ben), listen(stranger)
    Api(server, school.ada).post("statuses/", text="Reading")
    ben.wait("status")
    time.sleep(0.5)
    assert hidden.got("status") == []


@contextmanager
def pair(
    template: Path, instance: Path, redis_url: str | None
) -> Iterator[tuple[RunningSchool, RunningSchool, People]]:
    shutil.copy(template, instance / "elearn.db")
    app = create_app(settings_for(instance))
    settings = settings_for(instance, redis_url=redis_url)
    with app.app_context(), servers.running(app, settings) as first, servers.running(app, settings) as second:
        yield first, second, people.arrive()
        db.session.remove()


@pytest.mark.redis
def test_over_redis_another_process_hears_at_once(sqlite_template: Path, tmp_path: Path, app: Any) -> None:
    with services_for_tests.own_redis(tmp_path) as url, pair(sqlite_template, tmp_path, url) as (first, second, school):
        course = make.course(school.ada)
        with listening(second, school.ada) as ada:
            waits = []
            for person in [make.person() for _ in range(4)]:
                visitor = Api(first, person)
                began = time.monotonic()
                visitor.post(f"courses/{course.id}/enrol/")
                ada.wait("notification", lambda told, person=person: person.full_name in told["message"])
                waits.append(time.monotonic() - began)
            assert min(waits) < 0.7
            assert len(ada.got("notification")) == 4


def test_without_redis_another_process_hears_within_two_seconds(
    sqlite_template: Path, tmp_path: Path, app: Any
) -> None:
    with pair(sqlite_template, tmp_path, None) as (first, second, school):
        course = make.course(school.ada)
        with listening(second, school.ada) as there, listening(first, school.ada) as here:
            Api(first, school.ben).post(f"courses/{course.id}/enrol/")
            for tab in (here, there):
                tab.wait("notification", lambda told: "Ben Kowalski enrolled" in told["message"], seconds=BY_LOOKING)
                tab.wait("unread", lambda unread: unread["count"] == 1)


def test_a_round_asks_the_same_however_many_are_here(school: People, app: Flask) -> None:
    namespace = NotificationsNamespace(app, Budgets())
    costs = []
    for number in (2, 20):
        for _ in range(number):
            person = make.person()
            opened = make.sign_in(person)
            sid = f"sid-{person.id}"
            namespace.connections[sid] = Connection(sid, person.id, opened.id, person.full_name)
            namespace.note_arrival(person.id)
        namespace.look()
        with counted() as quiet:
            namespace.look()
        tell(
            *db.session.scalars(
                db.select(User).where(User.id.in_([one.user_id for one in namespace.connections.values()]))
            )
        )
        with counted() as busy:
            namespace.look()
        costs.append((len(quiet), len(busy)))
    assert costs == [(2, 4), (2, 4)]
