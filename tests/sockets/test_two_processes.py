"""Two web processes and Redis between them are one room."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from elearn import create_app
from elearn.extensions import db
from elearn.models import Classroom, Enrolment, EnrolmentState, Right
from elearn.transaction import writing
from tests import make, people, servers, services_for_tests
from tests.conftest import settings_for
from tests.people import People
from tests.servers import RunningSchool
from tests.sockets.test_audio import OPUS, packet
from tests.sockets.test_rights import LOSSES, OUT_WITHIN, comes_back, everywhere
from tests.sockets.test_whiteboard import Drawing, line
from tests.sockets_client import RoomClient

pytestmark = pytest.mark.redis
ROOM, BOARD, AUDIO = "/classroom", "/whiteboard", "/audio"


@dataclass
class Pair:
    first: RunningSchool
    second: RunningSchool
    school: People
    room: Classroom


@pytest.fixture(scope="module")
def pair(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    instance = tmp_path_factory.mktemp("pair")
    shutil.copy(sqlite_template, instance / "elearn.db")
    with services_for_tests.own_redis(instance) as url:
        settings = settings_for(instance, redis_url=url)
        app = create_app(settings_for(instance))
        with app.app_context(), servers.running(app, settings) as first, servers.running(app, settings) as second:
            school = people.arrive()
            course = make.course(school.ada)
            make.enrol(school.ben, course)
            room = make.room(course)
            yield Pair(first, second, school, room)
            db.session.remove()


def test_what_happens_in_one_reaches_the_other(pair: Pair) -> None:
    here = {"room": str(pair.room.id)}
    ada = everywhere(RoomClient(pair.first.url, cookie=pair.first.cookie(pair.school.ada)), pair.room)
    ben = everywhere(RoomClient(pair.second.url, cookie=pair.second.cookie(pair.school.ben)), pair.room)
    try:
        ada.wait("people", lambda news: "Ben Kowalski" in [person["name"] for person in news["joined"]])
        people_there = ben.call(ROOM, "join", here)["people"]
        assert {person["name"] for person in people_there} == {"Ada Novak", "Ben Kowalski"}
        for number, (writer, reader) in enumerate([(ada, ben), (ben, ada)] * 5):
            text = f"Number {number}"
            assert writer.call(ROOM, "message", {**here, "text": text, "nonce": uuid4().hex})["ok"]
            reader.wait("message", lambda message, text=text: message["text"] == text)
        for client in (ada, ben):
            seqs = [message["seq"] for message in client.got("message")]
            assert sorted(seqs) == list(range(min(seqs), max(seqs) + 1))
        board = Drawing(ada, pair.room)
        board.add(line())
        ben.wait("ops", lambda batch: batch["rev"] == 1)
        ada.send(BOARD, "live", {**here, "page": board.page, "id": uuid4().hex, "points": [1, 1, 2, 2]})
        assert ben.wait("live")["points"] == [1, 1, 2, 2]
        stream = ada.call(AUDIO, "start", {**here, **OPUS})["stream"]
        ben.wait("started")
        sound = packet(stream, bytes(range(256)), sequence=7)
        ada.send(AUDIO, "frame", sound)
        assert ben.wait("frame") == sound
        assert ada.got("frame") == []
    finally:
        ada.close()
        ben.close()


def test_a_right_taken_in_one_ends_the_seat_in_the_other(pair: Pair) -> None:
    here = {"room": str(pair.room.id)}
    ada = everywhere(RoomClient(pair.first.url, cookie=pair.first.cookie(pair.school.ada)), pair.room)
    ben = everywhere(RoomClient(pair.second.url, cookie=pair.second.cookie(pair.school.ben)), pair.room)
    try:
        grant = {**here, "user": str(pair.school.ben.id), "right": Right.DRAW.value, "on": True}
        assert ada.call(ROOM, "grant", grant)["ok"]
        assert "draw" in ben.wait("rights")["can"]
        with writing(db.session()):
            row = db.session.get(Enrolment, (pair.room.course_id, pair.school.ben.id))
            assert row is not None
            row.state = EnrolmentState.BLOCKED
        ben.wait("closed", seconds=OUT_WITHIN)
        ben.forget()
        assert ada.call(ROOM, "message", {**here, "text": "A canary", "nonce": uuid4().hex})["ok"]
        time.sleep(0.5)
        assert [event for event in ben.events if event[1] != "closed"] == []
    finally:
        ada.close()
        ben.close()


@pytest.mark.parametrize(("loss", "said"), [("blocked in the school", "refused"), ("course deleted", "not_found")])
def test_who_loses_the_right_comes_back_in_neither(pair: Pair, loss: str, said: str) -> None:
    carl = make.person()
    course = make.course(pair.school.ada)
    make.enrol(carl, course)
    room = make.room(course)
    room_id, cookie = str(room.id), pair.first.cookie(carl)
    clients: list[RoomClient] = []

    def came(to: RunningSchool) -> RoomClient:
        clients.append(RoomClient(to.url, cookie=cookie))
        return clients[-1]

    try:
        for running in (pair.first, pair.second):
            everywhere(came(running), room)
        LOSSES[loss](carl, course)
        began = time.monotonic()
        for client in tuple(clients):
            for namespace in (ROOM, BOARD, AUDIO):
                client.wait("closed", seconds=max(0.1, OUT_WITHIN - (time.monotonic() - began)), namespace=namespace)
        for running in (pair.first, pair.second):
            assert comes_back(lambda to=running: came(to), room_id) == said
    finally:
        for client in clients:
            client.close()
