import struct
from collections.abc import Callable

import pytest

from elearn.models import Classroom
from elearn.sockets.audio import is_packet
from tests.people import People
from tests.sockets_client import RoomClient

Connect = Callable[..., RoomClient]
AUDIO = "/audio"
OPUS = {"codec": "opus", "rate": 48000, "frame_ms": 20}


def packet(stream: int, *frames: bytes, sequence: int = 0, version: int = 1) -> bytes:
    head = struct.pack(">BBHI", version << 4, stream, sequence, sequence * 960)
    return head + b"".join(struct.pack(">H", len(frame)) + frame for frame in frames)


def listen(client: RoomClient, room: Classroom, *, on: bool = True) -> dict[str, object]:
    return client.call(AUDIO, "listen", {"room": str(room.id), "on": on})


def test_a_voice_passes_through_unchanged(connect: Connect, school: People, room: Classroom) -> None:
    ada, ben, deaf = connect(school.ada), connect(school.ben), connect(school.ben)
    assert listen(ben, room)["streams"] == []
    listen(deaf, room, on=False)
    listen(ada, room)
    stream = ada.call(AUDIO, "start", {"room": str(room.id), **OPUS})["stream"]
    started = ben.wait("started")
    assert (started["stream"], started["user"], started["codec"]) == (stream, str(school.ada.id), "opus")
    deaf.wait("started")
    sent = [packet(stream, b"abc" * 20, b"def" * 20, sequence=number) for number in range(10)]
    for data in sent:
        ada.send(AUDIO, "frame", data)
    ben.wait("frame", lambda data: data == sent[-1])
    assert ben.got("frame") == sent
    assert ada.got("frame") == deaf.got("frame") == []
    late = connect(school.ben)
    assert [entry["stream"] for entry in listen(late, room)["streams"]] == [stream]
    assert ada.call(AUDIO, "stop", {"room": str(room.id)})["ok"]
    assert ben.wait("stopped")["stream"] == stream


def test_a_line_that_breaks_ends_the_voice(connect: Connect, school: People, room: Classroom) -> None:
    ada, ben = connect(school.ada), connect(school.ben)
    listen(ben, room)
    stream = ada.call(AUDIO, "start", {"room": str(room.id), **OPUS})["stream"]
    ada.close()
    assert ben.wait("stopped")["stream"] == stream
    assert listen(ben, room)["streams"] == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"x" * 100,
        packet(0),
        packet(0, b""),
        packet(0, b"abc", version=2),
        packet(0, *[b"a"] * 6),
        packet(0, b"a" * 1501),
        packet(0, b"abc")[:-1],
        packet(0, b"abc") + b"x",
        "text",
        None,
        5,
        {"a": 1},
    ],
)
def test_what_is_no_packet_is_not_passed_on(data: object) -> None:
    assert not is_packet(data)


def test_nobody_sends_into_the_voice_of_another(connect: Connect, school: People, room: Classroom) -> None:
    ada, ben = connect(school.ada), connect(school.ben)
    listen(ada, room)
    stream = ada.call(AUDIO, "start", {"room": str(room.id), **OPUS})["stream"]
    listen(ben, room)
    assert ben.call(AUDIO, "frame", packet(stream, b"abc"))["error"]["code"] == "not_started"
    assert ada.call(AUDIO, "frame", packet((stream + 1) % 255, b"abc"))["error"]["code"] == "not_started"
    assert connect(school.eve).call(AUDIO, "listen", {"room": str(room.id), "on": True})["error"]["code"] == "forbidden"


@pytest.mark.parametrize("change", [{"codec": "mp3"}, {"rate": 1}, {"rate": "48000"}, {"frame_ms": 0}, {"x": 1}])
def test_a_voice_that_nobody_can_play_is_refused(
    connect: Connect, school: People, room: Classroom, change: dict[str, object]
) -> None:
    ada = connect(school.ada)
    assert ada.call(AUDIO, "start", {"room": str(room.id), **OPUS, **change})["error"]["code"] == "invalid"


def test_a_flood_of_sound_is_cut(connect: Connect, school: People, room: Classroom) -> None:
    ada, ben = connect(school.ada), connect(school.ben)
    listen(ben, room)
    stream = ada.call(AUDIO, "start", {"room": str(room.id), **OPUS})["stream"]
    for number in range(600):
        ada.send(AUDIO, "frame", packet(stream, b"a" * 60, sequence=number))
    assert ada.call(AUDIO, "stop", {"room": str(room.id)})["ok"]
    ben.wait("stopped")
    assert 0 < len(ben.got("frame")) < 500
