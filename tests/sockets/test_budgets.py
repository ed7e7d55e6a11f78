"""How much one person and one room may send: enough for a full class, and politely refused beyond."""

import time
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from flask import Flask

from elearn.errors import Forbidden, RateLimited
from elearn.models import Classroom, Course, Right
from elearn.sockets import protocol
from elearn.sockets.budgets import Budgets
from elearn.sockets.classroom import ClassroomNamespace
from elearn.sockets.namespace import Connection, Seat
from tests import make
from tests.people import People
from tests.sockets.test_whiteboard import Drawing, line
from tests.sockets_client import RoomClient

Connect = Callable[..., RoomClient]
MESSAGE = protocol.CLIENT_EVENTS[protocol.CLASSROOM]["message"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time that stands still until a test moves it on."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_tokens_come_back_with_time_and_never_beyond_the_burst(clock: list[float]) -> None:
    budgets = Budgets()
    assert budgets.spend(("ben",), 50, 1000, 1000)
    assert not budgets.spend(("ben",), 50, 1000, 1)
    assert budgets.spend(("eve",), 50, 1000, 1)
    clock[0] += 2
    with pytest.raises(RateLimited) as refused:
        budgets.require(("ben",), 50, 1000, 101)
    assert refused.value.data["retry_after"] == 3
    assert budgets.spend(("ben",), 50, 1000, 100)
    budgets.give_back(("ben",), 5000)
    assert not budgets.spend(("ben",), 50, 1000, 1001)
    assert budgets.spend(("ben",), 50, 1000, 1000)


class Class:
    """200 people who write in one room."""

    def __init__(self, app: Flask) -> None:
        self.namespace = ClassroomNamespace(app, Budgets())
        self.people = [Connection(f"s{number}", uuid4(), uuid4(), "Somebody") for number in range(200)]
        self.room = uuid4()

    def write(self, who: Connection, room: UUID | None = None, error: Exception | None = None) -> None:
        name = (protocol.CLASSROOM, "message")
        with self.namespace._paced(MESSAGE, name, who, room or self.room, {"text": "x"}):
            if error is not None:
                raise error

    def all_write(self) -> None:
        for who in self.people:
            self.write(who)


def test_a_full_class_may_chat_and_only_its_own_room_is_slowed_down(app: Flask, clock: list[float]) -> None:
    lesson = Class(app)
    lesson.all_write()
    lesson.all_write()
    with pytest.raises(RateLimited, match="in this room"):
        lesson.write(lesson.people[0])
    lesson.write(lesson.people[0], room=uuid4())
    leader = lesson.people[1]
    leader.seats[lesson.room] = Seat(frozenset({"write", "lead"}))
    lesson.write(leader)
    for _ in range(5):
        clock[0] += 4
        lesson.all_write()


def test_what_is_refused_costs_the_room_nothing(app: Flask, clock: list[float]) -> None:
    lesson = Class(app)
    for who in lesson.people * 5:
        with pytest.raises(Forbidden):
            lesson.write(who, error=Forbidden())
    lesson.all_write()


def deleted(number: int) -> list[dict[str, str]]:
    return [{"op": "delete", "id": uuid4().hex} for _ in range(number)]


def code(answer: dict[str, dict[str, str]]) -> str:
    return answer["error"]["code"] if "error" in answer else "ok"


def test_a_full_page_is_cleared_and_brought_back_but_no_flood_passes(
    connect: Connect, school: People, room: Classroom
) -> None:
    ada = Drawing(connect(school.ada), room)
    page = [line() for _ in range(500)]
    batches = [page[at : at + 100] for at in range(0, 500, 100)]
    for batch in batches:
        assert ada.ops(*({"op": "add", "object": thing} for thing in batch))["ok"]
    assert ada.ops({"op": "clear"})["ok"]
    for batch in batches[:4]:
        assert ada.ops(*({"op": "add", "object": thing} for thing in batch))["ok"]
    answers = [ada.ops(*deleted(100)) for _ in range(10)]
    refused = [answer["error"] for answer in answers if not answer["ok"]]
    assert refused
    assert {(error["code"], error["retry_after"]) for error in refused} == {("rate_limited", 2)}
    assert len(ada.objects()) == 400


def test_a_room_has_a_pace_whoever_draws(connect: Connect, school: People, room: Classroom, course: Course) -> None:
    students = [school.ben, school.eve, make.person(), make.person()]
    for student in students[1:]:
        make.enrol(student, course)
    for student in students:
        make.grant(student, room, Right.DRAW)
    drawings = [Drawing(connect(student), room) for student in students]
    answers = [drawing.ops(*deleted(100)) for drawing in drawings for _ in range(10)]
    assert {code(answer) for answer in answers[:30]} == {"ok"}
    refused = [answer["error"] for answer in answers[30:] if not answer["ok"]]
    assert {error["code"] for error in refused} == {"rate_limited"}
    assert "in this room" in refused[0]["message"]
    assert Drawing(connect(school.ada), room).ops(*deleted(100))["ok"]
