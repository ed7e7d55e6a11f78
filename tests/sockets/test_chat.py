from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import socketio
from sqlalchemy.orm import Query

from elearn.extensions import db
from elearn.models import Classroom, Course, EnrolmentState, Message
from tests import make
from tests.people import People
from tests.servers import RunningSchool
from tests.sockets_client import RoomClient

Connect = Callable[..., RoomClient]
ROOM = "/classroom"


def say(client: RoomClient, room: Classroom, text: str, nonce: str | None = None) -> dict[str, object]:
    return client.call(ROOM, "message", {"room": str(room.id), "text": text, "nonce": nonce or uuid4().hex})


def messages(room: Classroom) -> Query[Message]:
    """Read what is stored now, whatever this test read before."""
    db.session.rollback()
    return db.session.query(Message).filter_by(classroom_id=room.id)


def test_both_write_and_both_read_in_the_same_order(connect: Connect, school: People, room: Classroom) -> None:
    ada, ben = connect(school.ada), connect(school.ben)
    for client in (ada, ben):
        assert client.call(ROOM, "join", {"room": str(room.id)})["ok"]
    assert say(ada, room, "Good morning")["ok"]
    assert say(ben, room, "Is Polaris the brightest star?")["ok"]
    texts = ["Good morning", "Is Polaris the brightest star?"]
    for client in (ada, ben):
        client.wait("message", lambda message: message["text"] == texts[1])
        messages = [message for message in client.got("message") if message["kind"] == "text"]
        assert [message["text"] for message in messages] == texts
        assert messages[1]["seq"] == messages[0]["seq"] + 1


def test_join_answers_with_the_state(connect: Connect, school: People, room: Classroom) -> None:
    ada = connect(school.ada)
    ada.call(ROOM, "join", {"room": str(room.id)})
    say(ada, room, "First")
    ben = connect(school.ben)
    answer = ben.call(ROOM, "join", {"room": str(room.id)})
    assert answer["room"]["course"]["title"] == "Observing the Night Sky"
    assert answer["you"]["role"] == "student"
    assert answer["you"]["can"] == ["write", "hand"]
    assert {person["name"] for person in answer["people"]} == {"Ada Novak", "Ben Kowalski"}
    assert "First" in [message["text"] for message in answer["messages"]]
    assert answer["messages"][-1]["seq"] <= answer["seq"]
    ada.wait("people", lambda news: "Ben Kowalski" in [person["name"] for person in news["joined"]])
    ada.wait("message", lambda message: message["kind"] == "system" and message["text"] == "Ben Kowalski joined")


def test_after_brings_exactly_what_was_missed(connect: Connect, school: People, room: Classroom) -> None:
    ada, ben = connect(school.ada), connect(school.ben)
    seen = ben.call(ROOM, "join", {"room": str(room.id)})["seq"]
    ben.close()
    ada.call(ROOM, "join", {"room": str(room.id)})
    for number in range(7):
        say(ada, room, f"Number {number}")
    again = connect(school.ben).call(ROOM, "join", {"room": str(room.id), "after": seen})
    seqs = [message["seq"] for message in again["messages"]]
    assert seqs == list(range(seen + 1, seen + 1 + len(seqs)))
    assert [m["text"] for m in again["messages"] if m["kind"] == "text"] == [f"Number {n}" for n in range(7)]
    page = ada.call(ROOM, "history", {"room": str(room.id), "after": seen, "limit": 3})
    assert [message["seq"] for message in page["messages"]] == [seen + 1, seen + 2, seen + 3]
    assert page["more"]


def test_the_same_nonce_is_the_same_message(connect: Connect, school: People, room: Classroom) -> None:
    ada = connect(school.ada)
    ada.call(ROOM, "join", {"room": str(room.id)})
    nonce = uuid4().hex
    first = say(ada, room, "Once", nonce)
    assert say(ada, room, "Once", nonce)["message"] == first["message"]
    refused = say(ada, room, "Another text", nonce)
    assert refused["error"]["code"] == "nonce_reused"
    ben = connect(school.ben)
    assert say(ben, room, "Of somebody else", nonce)["ok"]
    assert messages(room).filter_by(text="Once").count() == 1


def test_ten_resends_at_once_are_one_message(connect: Connect, school: People, room: Classroom) -> None:
    clients = [connect(school.ben) for _ in range(5)]
    nonce = uuid4().hex
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda client: say(client, room, "At once", nonce), clients * 2))
    assert len({answer["message"]["id"] for answer in answers}) == 1
    assert messages(room).filter_by(text="At once").count() == 1


def test_many_writers_leave_no_gap_and_no_double(connect: Connect, school: People, room: Classroom) -> None:
    clients = [connect(school.ada), connect(school.ben), connect(school.ben)]
    clients[0].call(ROOM, "join", {"room": str(room.id)})

    def write(index: int) -> dict[str, object]:
        return say(clients[index % 3], room, f"Text {index}")

    with ThreadPoolExecutor(3) as pool:
        acks = list(pool.map(write, range(30)))
    assert all(ack["ok"] for ack in acks)
    stored = [row.seq for row in messages(room).order_by(Message.seq)]
    assert stored == list(range(1, len(stored) + 1))
    clients[0].wait("message", lambda message: message["seq"] == stored[-1])
    heard = [message["seq"] for message in clients[0].got("message")]
    assert heard == sorted(set(heard)) == list(range(heard[0], stored[-1] + 1))


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"text": "  "}, "invalid"),
        ({"text": "x" * 5001}, "invalid"),
        ({"text": "x" * 1_000_000}, "invalid"),
        ({"text": 7}, "invalid"),
        ({"text": ["a"]}, "invalid"),
        ({"text": None}, "invalid"),
        ({"nonce": ""}, "invalid"),
        ({"nonce": 5}, "invalid"),
        ({"extra": 1}, "invalid"),
        ({"room": "1"}, "invalid"),
        ({"room": None}, "invalid"),
        ({"room": str(uuid4())}, "not_found"),
        ({"room": "{" + str(uuid4()) + "}"}, "invalid"),
        ({"text": "a\x00b"}, "invalid"),
        ({"text": "half \ud800"}, "invalid"),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(
    connect: Connect, school: People, room: Classroom, payload: dict[str, object], code: str
) -> None:
    ada = connect(school.ada)
    full = {"room": str(room.id), "text": "Hello", "nonce": uuid4().hex} | payload
    answer = ada.call(ROOM, "message", full)
    assert answer["ok"] is False
    assert answer["error"]["code"] == code
    assert len(answer["error"]["message"]) > 10
    assert messages(room).count() == 0
    assert say(ada, room, "And the room still works")["ok"]


@pytest.mark.parametrize("payload", [None, 5, "text", [], [[]], {"room": {}}])
def test_a_payload_of_the_wrong_shape_is_refused(
    connect: Connect, school: People, room: Classroom, payload: object
) -> None:
    ada = connect(school.ada)
    for event in ("join", "message", "history", "grant", "hand"):
        assert ada.call(ROOM, event, payload)["error"]["code"] == "invalid"
    assert ada.call(ROOM, "no_such_event", {})["error"]["code"] == "unknown_event"


def test_who_does_not_belong_learns_nothing(connect: Connect, school: People, room: Classroom, course: Course) -> None:
    ada, eve = connect(school.ada), connect(school.eve)
    ada.call(ROOM, "join", {"room": str(room.id)})
    for event, extra in (
        ("join", {}),
        ("message", {"text": "Let me in", "nonce": uuid4().hex}),
        ("history", {}),
        ("hand", {"raised": True}),
    ):
        assert eve.call(ROOM, event, {"room": str(room.id), **extra})["error"]["code"] == "forbidden"
    say(ada, room, "A secret")
    ada.wait("message", lambda message: message["text"] == "A secret")
    assert eve.events == []
    make.enrol(school.eve, course, EnrolmentState.BLOCKED)
    assert eve.call(ROOM, "join", {"room": str(room.id)})["error"]["code"] == "not_found"


def test_a_message_is_deleted_by_its_writer_or_a_teacher_only(
    connect: Connect, school: People, room: Classroom, course: Course
) -> None:
    make.enrol(school.eve, course)
    ada, ben, eve = connect(school.ada), connect(school.ben), connect(school.eve)
    ada.call(ROOM, "join", {"room": str(room.id)})
    message = say(ben, room, "Oh no")["message"]
    delete = {"room": str(room.id), "id": message["id"]}
    assert eve.call(ROOM, "delete_message", delete)["error"]["code"] == "forbidden"
    assert ben.call(ROOM, "delete_message", delete)["ok"]
    assert ada.wait("message_deleted", lambda event: event["id"] == message["id"])["deletions"] == 1
    assert ben.call(ROOM, "delete_message", delete)["ok"]  # once more changes nothing
    history = ada.call(ROOM, "history", {"room": str(room.id)})
    assert [entry["text"] for entry in history["messages"] if entry["id"] == message["id"]] == [""]
    assert history["deletions"] == 1
    other = say(ben, room, "Again")["message"]
    assert ada.call(ROOM, "delete_message", {"room": str(room.id), "id": other["id"]})["ok"]
    assert ben.call(ROOM, "join", {"room": str(room.id), "after": 1})["deletions"] == 2


def test_a_flood_is_slowed_down(connect: Connect, school: People, room: Classroom) -> None:
    ben = connect(school.ben)
    codes = {say(ben, room, f"Flood {n}").get("error", {}).get("code") for n in range(40)}
    assert codes == {None, "rate_limited"}


def test_typing_reaches_the_others_and_is_not_stored(connect: Connect, school: People, room: Classroom) -> None:
    ada, ben = connect(school.ada), connect(school.ben)
    for client in (ada, ben):
        client.call(ROOM, "join", {"room": str(room.id)})
    before = messages(room).filter_by(kind="text").count()
    ben.send(ROOM, "typing", {"room": str(room.id)})
    assert ada.wait("typing")["user"] == str(school.ben.id)
    assert ben.got("typing") == []
    assert messages(room).filter_by(kind="text").count() == before == 0


def test_nobody_comes_in_without_a_sign_in(server: RunningSchool, school: People) -> None:
    for credentials in ({}, {"cookie": "forged"}, {"token": "forged"}, {"token": "eyJhbGciOiJub25lIn0.e30."}):
        with pytest.raises(socketio.exceptions.ConnectionError):
            RoomClient(server.url, **credentials)
