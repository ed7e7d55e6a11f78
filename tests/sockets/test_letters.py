"""What is written at the same moment travels together; two real processes on both databases, and the line by itself."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from elearn import create_app
from elearn.errors import Forbidden, Unavailable
from elearn.extensions import db
from elearn.models import Classroom, Message, uuid7
from elearn.services.chat import Answer, Letter
from elearn.sockets import letters
from elearn.sockets.letters import Letterbox, Place
from tests import make, people, servers, services_for_tests
from tests.conftest import settings_for
from tests.servers import RunningSchool
from tests.sockets_client import RoomClient

ROOM = "/classroom"
NOBODY, ANYWHERE = uuid7(), uuid7()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def letter(text: str) -> Letter:
    return Letter(ANYWHERE, text, uuid4().hex)


@dataclass
class Carrier:
    """Note the groups, and hold up the first one until it is let go."""

    go: threading.Event = field(default_factory=threading.Event)
    groups: list[list[str]] = field(default_factory=list)
    answer: Callable[[str], Answer] = lambda text: {"text": text}

    def __call__(self, group: Sequence[tuple[UUID, Letter]]) -> list[Answer]:
        self.groups.append([letter.text for _, letter in group])
        if len(self.groups) == 1:
            self.go.wait(10)
        return [self.answer(letter.text) for _, letter in group]


def line_up(box: Letterbox, carrier: Carrier, pool: ThreadPoolExecutor, number: int) -> list["Future[object]"]:
    """Send one letter, and so many more while it is on its way; let them go once all stand in line."""
    sent = [pool.submit(box.send, NOBODY, letter("first"))]
    until(lambda: carrier.groups == [["first"]])
    for index in range(number):
        sent.append(pool.submit(box.send, NOBODY, letter(f"{index}")))
        until(lambda index=index: len(box._line) == index + 1)
    carrier.go.set()
    return sent


def test_who_waits_travels_with_the_next_group_in_the_order_of_coming() -> None:
    carrier = Carrier()
    with ThreadPoolExecutor(101) as pool:
        sent = line_up(Letterbox(carrier), carrier, pool, 100)
        answers = [future.result(10) for future in sent]
    assert answers == [{"text": "first"}, *({"text": f"{index}"} for index in range(100))]
    in_line = [f"{index}" for index in range(100)]
    assert carrier.groups == [["first"], in_line[: letters.MOST], in_line[letters.MOST :]]


def test_one_refusal_is_for_its_sender_alone() -> None:
    carrier = Carrier(answer=lambda text: Forbidden() if text == "3" else {"text": text})
    with ThreadPoolExecutor(11) as pool:
        sent = line_up(Letterbox(carrier), carrier, pool, 10)
        errors = {index: type(error) for index, future in enumerate(sent) if (error := future.exception(10))}
    assert errors == {4: Forbidden}


def test_a_crash_reaches_everybody_in_the_group_and_nobody_else() -> None:
    def crash(text: str) -> Answer:
        if text == "3":
            raise ZeroDivisionError
        return {"text": text}

    carrier = Carrier(answer=crash)
    box = Letterbox(carrier)
    with ThreadPoolExecutor(101) as pool:
        sent = line_up(box, carrier, pool, 100)
        errors = [type(future.exception(10)) for future in sent]
    inside = errors[1 : letters.MOST + 1]
    assert sorted(kind.__name__ for kind in inside) == ["Unavailable"] * (letters.MOST - 1) + ["ZeroDivisionError"]
    assert {*errors[:1], *errors[letters.MOST + 1 :]} == {type(None)}
    assert box.send(NOBODY, letter("And on it goes")) == {"text": "And on it goes"}


def test_a_line_moves_on_when_whoever_was_called_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "SECOND_LOOK", 0.05)
    carrier = Carrier()
    box = Letterbox(carrier)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(box.send, NOBODY, letter("first"))
        until(lambda: len(carrier.groups) == 1)
        box._line.append(Place(NOBODY, letter("of somebody who is gone")))
        second = pool.submit(box.send, NOBODY, letter("second"))
        until(lambda: len(box._line) == 2)
        carrier.go.set()
        assert [first.result(10), second.result(10)] == [{"text": "first"}, {"text": "second"}]
    assert carrier.groups[1] == ["of somebody who is gone", "second"]


@dataclass
class Twins:
    """Two processes over one database and one Redis, and five people in a room."""

    processes: tuple[RunningSchool, RunningSchool]
    cookies: list[str]
    room: Classroom


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def twins(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path) -> Iterator[Twins]:
    database = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    shutil.copy(sqlite_template, tmp_path / "elearn.db")
    app = create_app(settings_for(tmp_path, database_url=database))
    with services_for_tests.own_redis(tmp_path) as redis, app.app_context():
        if database:
            make.all_empty()
        settings = settings_for(tmp_path, database_url=database, redis_url=redis)
        with servers.running(app, settings) as first, servers.running(app, settings) as second:
            school = people.arrive()
            course = make.course(school.ada)
            members = [school.ben, school.eve, make.person(), make.person()]
            for person in members:
                make.enrol(person, course)
            room = make.room(course)
            db.session.expunge(room)
            yield Twins((first, second), [first.cookie(person) for person in (school.ada, *members)], room)
        db.session.remove()
        db.engine.dispose()


@pytest.mark.redis
def test_fifty_at_once_over_two_processes_leave_no_gap_and_get_one_answer_each(twins: Twins) -> None:
    here = {"room": str(twins.room.id)}
    clients = [RoomClient(process.url, cookie=cookie) for cookie in twins.cookies for process in twins.processes]
    try:
        for client in clients[:2]:
            assert client.call(ROOM, "join", here)["ok"]

        def write(index: int) -> dict[str, object]:
            payload = {**here, "text": f"Text {index}", "nonce": f"nonce-{index:04}"}
            return clients[index % len(clients)].call(ROOM, "message", payload)

        with ThreadPoolExecutor(50) as pool:
            acks = list(pool.map(write, range(50)))
        assert [ack["message"]["text"] for ack in acks] == [f"Text {index}" for index in range(50)]
        db.session.rollback()
        stored = db.session.query(Message.seq, Message.text).order_by(Message.seq).all()
        assert [seq for seq, _ in stored] == list(range(1, len(stored) + 1))
        texts = {words: seq for seq, words in stored if words.startswith("Text")}
        assert texts == {ack["message"]["text"]: ack["message"]["seq"] for ack in acks}
        for client in clients[:2]:
            until(lambda client=client: len(texts_of(client)) >= 50)
            assert sorted(texts_of(client)) == sorted(texts)
    finally:
        for client in clients:
            client.close()


def texts_of(client: RoomClient) -> list[str]:
    return [message["text"] for message in client.got("message") if message["kind"] == "text"]


def test_no_answer_is_ever_kept_from_its_sender() -> None:
    """The proof that the tests above can fail: a carrier without answers leaves everybody with an error."""
    box = Letterbox(lambda _: [])
    with pytest.raises(Unavailable):
        box.send(NOBODY, letter("Hello"))
