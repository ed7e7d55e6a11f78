"""Rights are checked at every event; who loses one is out within two seconds and hears nothing more."""

import time
from collections.abc import Callable
from uuid import uuid4

import pytest
from socketio.exceptions import ConnectionError as Refused

from elearn.extensions import db
from elearn.models import Classroom, Course, CourseState, Enrolment, EnrolmentState, Right, Role, User
from elearn.permissions import OPERATOR
from elearn.services import accounts, courses, credentials, erasure, people
from elearn.sockets.classroom import LEAVE_GRACE
from elearn.transaction import writing
from tests import make
from tests.people import People
from tests.servers import RunningSchool
from tests.sockets_client import RoomClient

Connect = Callable[..., RoomClient]
ROOM, BOARD, AUDIO = "/classroom", "/whiteboard", "/audio"
# The promise is 2 s; a look takes its time as well on a busy machine.
OUT_WITHIN = 3.0


def everywhere(client: RoomClient, room: Classroom) -> RoomClient:
    """Sit down in all three namespaces."""
    assert client.call(ROOM, "join", {"room": str(room.id)})["ok"]
    assert client.call(BOARD, "join", {"room": str(room.id)})["ok"]
    assert client.call(AUDIO, "listen", {"room": str(room.id), "on": True})["ok"]
    return client


def block_in_course(ben: User, course: Course) -> None:
    with writing(db.session()):
        db.session.get(Enrolment, (course.id, ben.id)).state = EnrolmentState.BLOCKED


def unenrol(ben: User, course: Course) -> None:
    with writing(db.session()):
        db.session.get(Enrolment, (course.id, ben.id)).state = EnrolmentState.LEFT


def archive(_ben: User, course: Course) -> None:
    with writing(db.session()):
        db.session.get(Course, course.id).state = CourseState.ARCHIVED


# Done in this process, straight in the database: the server is told nothing and must notice by itself.
LOSSES: dict[str, Callable[[User, Course], object]] = {
    "blocked in the school": lambda ben, _: people.block(OPERATOR, ben.id),
    "blocked in the course": block_in_course,
    "left the course": unenrol,
    "course archived": archive,
    "course deleted": lambda _, course: courses.delete(OPERATOR, course.id),
    "password reset": lambda ben, _: people.reset_password(OPERATOR, ben.id, "a quite different phrase"),
    "deleted the account": lambda ben, _: erasure.erase(ben, make.PASSWORD),
    "signed out everywhere": lambda ben, _: accounts.sign_out_everywhere(ben),
    "another role": lambda ben, _: people.set_role(OPERATOR, ben.id, Role.TEACHER),
    "own password changed": lambda ben, _: credentials.change_password(
        ben, old_password=make.PASSWORD, password="a quite different phrase"
    ),
}


# What stays: the sign-in, so that the socket opens and the room does not. All others end the sign-in.
SIGNED_IN_STILL = {"blocked in the course", "left the course", "course archived", "course deleted"}


def comes_back(connect: Callable[[], RoomClient], room_id: str) -> str:
    """Try to come in as before; return what is said to it."""
    try:
        answer = connect().call(ROOM, "join", {"room": room_id})
    except Refused:
        return "refused"
    return "joined" if answer["ok"] else str(answer["error"]["code"])


@pytest.mark.parametrize("loss", LOSSES)
def test_who_loses_the_right_is_out_and_hears_nothing_more(
    connect: Connect, server: RunningSchool, school: People, course: Course, room: Classroom, loss: str
) -> None:
    ada = everywhere(connect(school.ada), room)
    cookie, room_id = server.cookie(school.ben), str(room.id)
    tabs = [everywhere(connect(school.ben, cookie=cookie), room), everywhere(connect(school.ben), room)]
    LOSSES[loss](school.ben, course)
    began = time.monotonic()
    for tab in tabs:
        for namespace in (ROOM, BOARD, AUDIO):
            tab.wait("closed", seconds=max(0.1, OUT_WITHIN - (time.monotonic() - began)), namespace=namespace)
    for tab in tabs:
        tab.forget()
    if loss not in {"course archived", "course deleted"}:
        payload = {"room": room_id, "text": "A canary", "nonce": uuid4().hex}
        assert ada.call(ROOM, "message", payload)["ok"]
        ada.wait("message", lambda message: message["text"] == "A canary")
    time.sleep(0.5)
    assert [event for tab in tabs for event in tab.events if event[1] != "closed"] == []
    for tab in tabs:
        if tab.connected:
            answer = tab.client.call("message", {"room": room_id, "text": "x", "nonce": uuid4().hex}, ROOM, timeout=5)
            assert answer["error"]["code"] in {"forbidden", "not_found", "unauthenticated"}
    said = comes_back(lambda: connect(school.ben, cookie=cookie), room_id)
    assert said in ({"forbidden", "not_found"} if loss in SIGNED_IN_STILL else {"refused"})


def test_who_signs_out_on_one_device_stays_on_the_others(connect: Connect, school: People, room: Classroom) -> None:
    ada = everywhere(connect(school.ada), room)
    phone = everywhere(connect(school.ben), room)
    on_phone = school.ben.sign_in_id
    laptop = everywhere(connect(school.ben), room)
    accounts.sign_out(accounts.by_sign_in(on_phone))
    began = time.monotonic()
    for namespace in (ROOM, BOARD, AUDIO):
        phone.wait("closed", seconds=max(0.1, OUT_WITHIN - (time.monotonic() - began)), namespace=namespace)
    phone.forget()
    payload = {"room": str(room.id), "text": "A canary", "nonce": uuid4().hex}
    assert ada.call(ROOM, "message", payload)["ok"]
    laptop.wait("message", lambda message: message["text"] == "A canary")
    assert laptop.call(ROOM, "message", payload | {"text": "Still here", "nonce": uuid4().hex})["ok"]
    ada.wait("message", lambda message: message["text"] == "Still here")
    assert laptop.got("closed") == []
    assert [event for event in phone.events if event[1] != "closed"] == []


def test_a_demoted_manager_is_out_of_rooms_that_they_oversaw(connect: Connect, school: People, room: Classroom) -> None:
    boss = make.person(f"boss{school.ben.username}", Role.MANAGER)
    there = everywhere(connect(boss), room)
    people.set_role(OPERATOR, boss.id, Role.TEACHER)
    began = time.monotonic()
    for namespace in (ROOM, BOARD, AUDIO):
        there.wait("closed", seconds=max(0.1, OUT_WITHIN - (time.monotonic() - began)), namespace=namespace)
    again = connect(boss)
    assert again.call(ROOM, "join", {"room": str(room.id)})["error"]["code"] in {"forbidden", "not_found"}


def test_a_demoted_teacher_leads_no_more(connect: Connect, school: People, room: Classroom) -> None:
    ada = everywhere(connect(school.ada), room)
    people.set_role(OPERATOR, school.ada.id, Role.STUDENT)
    answer = ada.call(ROOM, "start_lesson", {"room": str(room.id), "title": "x"})
    assert answer["error"]["code"] == "unauthenticated"
    ada.wait("closed", seconds=OUT_WITHIN)


def test_drawing_and_speaking_need_a_grant(connect: Connect, school: People, room: Classroom) -> None:
    ada, ben = everywhere(connect(school.ada), room), everywhere(connect(school.ben), room)
    here = {"room": str(room.id)}
    start = {**here, "codec": "opus", "rate": 48000, "frame_ms": 20}
    assert ben.call(AUDIO, "start", start)["error"]["code"] == "forbidden"
    assert ben.call(ROOM, "grant", {**here, "user": str(school.ben.id), "right": "speak", "on": True})["ok"] is False
    assert ada.call(ROOM, "grant", {**here, "user": str(school.ben.id), "right": "speak", "on": True})["ok"]
    assert "speak" in ben.wait("rights", lambda event: event["user"] == str(school.ben.id))["can"]
    assert isinstance(ben.call(AUDIO, "start", start)["stream"], int)
    ben.forget()
    assert ada.call(ROOM, "grant", {**here, "user": "*", "right": "speak", "on": False})["ok"]
    assert "speak" not in ben.wait("rights", lambda event: event["user"] == str(school.ben.id))["can"]
    ada.wait("stopped", seconds=OUT_WITHIN)
    ben.forget()
    assert ada.call(ROOM, "grant", {**here, "user": "*", "right": "draw", "on": True})["ok"]
    assert "draw" in ben.wait("rights", lambda event: event["user"] == str(school.ben.id))["can"]
    assert ada.call(ROOM, "grant", {**here, "user": "*", "right": "speak", "on": True})["error"]["code"] == "invalid"
    assert ada.call(ROOM, "grant", {**here, "user": str(school.eve.id), "right": "draw", "on": True})["ok"] is False


def test_hands_stand_in_the_order_of_raising(connect: Connect, school: People, course: Course, room: Classroom) -> None:
    make.enrol(school.eve, course)
    ada, ben, eve = (everywhere(connect(who), room) for who in (school.ada, school.ben, school.eve))
    here = {"room": str(room.id)}
    assert ada.call(ROOM, "hand", {**here, "raised": True})["error"]["code"] == "forbidden"
    assert ben.call(ROOM, "hand", {**here, "raised": True})["ok"]
    queue = eve.call(ROOM, "hand", {**here, "raised": True})["queue"]
    assert [hand["name"] for hand in queue] == ["Ben Kowalski", "Eve Outsider"]
    assert eve.call(ROOM, "hand", {**here, "raised": True})["queue"] == queue
    assert ada.call(ROOM, "grant", {**here, "user": str(school.ben.id), "right": "speak", "on": True})["ok"]
    ada.wait("hands", lambda event: [hand["name"] for hand in event["queue"]] == ["Eve Outsider"])
    eve.close()
    ada.wait("hands", lambda event: event["queue"] == [], seconds=LEAVE_GRACE + 5)


def test_who_is_shown_out_stays_out_until_the_lesson_is_over(connect: Connect, school: People, room: Classroom) -> None:
    ada, ben = everywhere(connect(school.ada), room), everywhere(connect(school.ben), room)
    here = {"room": str(room.id)}
    assert ada.call(ROOM, "start_lesson", {**here, "title": "Reading a star chart"})["lesson"]["title"]
    assert ben.wait("lesson")["lesson"]["title"] == "Reading a star chart"
    assert ada.call(ROOM, "start_lesson", {**here, "title": "Twice"})["error"]["code"] == "going_on"
    assert ben.call(ROOM, "remove", {**here, "user": str(school.ada.id)})["error"]["code"] == "forbidden"
    assert ada.call(ROOM, "remove", {**here, "user": str(school.ben.id)})["ok"]
    ben.wait("closed", lambda event: event["reason"] == "shown_out", OUT_WITHIN)
    again = connect(school.ben)
    assert again.call(ROOM, "join", here)["error"]["code"] == "forbidden"
    assert ada.call(ROOM, "end_lesson", here)["ok"]
    assert again.call(ROOM, "join", here)["ok"]


def test_every_server_loop_recheck_keeps_who_may_stay(connect: Connect, school: People, room: Classroom) -> None:
    ben = everywhere(connect(school.ben), room)
    time.sleep(2.5)
    assert ben.got("closed") == []
    make.grant(school.ben, room, Right.DRAW)
    time.sleep(2.5)
    page = ben.call(BOARD, "join", {"room": str(room.id)})["page"]
    assert ben.call(BOARD, "cursor", {"room": str(room.id), "page": page, "x": 1, "y": 1})["ok"]
