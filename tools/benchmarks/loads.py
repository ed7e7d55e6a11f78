"""The three kinds of traffic in a room: what a client sends, with the time of sending in it."""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass

from tools.benchmarks.wire import BINARY, frame

MARK = "zq%014dqz"  # microseconds
PATTERN = rb"zq(\d{14})qz"
TEXT_LENGTH = 60  # of a chat message; what the server makes of it is about 250 bytes
POINTS = [5000, 5000] + [12, -7] * 19  # a stroke of 20 points, about 190 bytes with its names
OPUS_FRAME = 60  # bytes; three of 20 ms make a bundle of about 200


@dataclass(frozen=True)
class Place:
    """Where the traffic goes: ids as the server knows them, and the number of each speaker's stream."""

    room: str
    page: str
    streams: list[int]


@dataclass(frozen=True)
class Load:
    """One kind of traffic: what senders say, in the words of elearn and as a plain frame of so many bytes."""

    name: str
    words: str
    senders: int
    echo: bool  # the sender hears it too
    elearn: Callable[[Place, int, int], bytes]
    plain: Callable[[int, int], bytes]


def _chat(place: Place, sender: int, now: int) -> bytes:
    text = (MARK % now).ljust(TEXT_LENGTH, "x")
    payload = json.dumps(["message", {"room": place.room, "text": text, "nonce": f"n{now:014d}-{sender}"}])
    return frame(f"42/classroom,8{payload}".encode())


def _board(place: Place, _sender: int, now: int) -> bytes:
    stroke = {"room": place.room, "page": place.page, "id": MARK % now, "points": POINTS}
    return frame(f"42/whiteboard,{json.dumps(['live', stroke], separators=(',', ':'))}".encode())


def _audio(place: Place, sender: int, now: int) -> bytes:
    header = struct.pack("!BBHI", 0x10, place.streams[sender], now & 0xFFFF, now & 0xFFFFFFFF)
    event = frame(b'451-/audio,["frame",{"_placeholder":true,"num":0}]')
    one = (MARK % now).encode().ljust(OPUS_FRAME, b"\0")
    sounds = (one, bytes(OPUS_FRAME), bytes(OPUS_FRAME))
    return event + frame(header + b"".join(struct.pack("!H", len(sound)) + sound for sound in sounds), BINARY)


def _plain_text(now: int, size: int) -> bytes:
    return frame((MARK % now).encode().ljust(size, b"x"))


def _plain_bytes(now: int, size: int) -> bytes:
    return frame((MARK % now).encode().ljust(size, b"\0"), BINARY)


LOADS = {
    load.name: load
    for load in (
        Load("chat", "numbered message", 200, echo=True, elearn=_chat, plain=_plain_text),
        Load("board", "stroke of 20 points", 40, echo=False, elearn=_board, plain=_plain_text),
        Load("audio", "Opus, 60 ms", 20, echo=False, elearn=_audio, plain=_plain_bytes),
    )
}
