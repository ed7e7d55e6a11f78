"""Who may send what over the socket: every event of the protocol, with the letters and groups of matrix.py."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from elearn.sockets.protocol import AUDIO, CLASSROOM, WHITEBOARD
from tests.permissions.matrix import (
    ARCHIVED,
    DRAFT,
    EVERYONE_DRAWS,
    LEADERS,
    NO_LESSON,
    OWN_MESSAGE,
    ROOM,
    ROOM_OF_ARCHIVE,
    ROOM_OF_DRAFT,
    SHOWN_OUT,
    drawing,
)
from tests.permissions.world import Visitor

Payload = Callable[[Visitor], dict[str, Any]]

# Whoever has no seat in the room is told to join first, whether they may know of it or not.
SEATED = "s f+ff ++f + + s"
ANYBODY = "s + + + + s"
MEMBERS = "s f+fh f+f f+f f+f s"
EVERYONE_SPEAKS = """insert into standings (classroom_id, user_id, draws, speaks)
    select classrooms.id, users.id, 0, 1 from classrooms, users where users.username like '%_same'"""
VOICE = {"codec": "opus", "rate": 48000, "frame_ms": 20}


@dataclass(frozen=True)
class Event:
    """One line of the matrix: what is sent, and which events come before it."""

    cells: str
    payload: Payload = field(default=lambda _: {})
    given: str = ""
    first: tuple[str, ...] = ()
    # Passing events and reading leave no row; `+` means the positive answer alone.
    leaves_rows: bool = True


def at_page(visitor: Visitor) -> dict[str, Any]:
    return {"page": str(visitor.place.page_id)}


def second_page(visitor: Visitor) -> dict[str, Any]:
    return {"page": str(visitor.place.second_page_id)}


def classmate(visitor: Visitor) -> dict[str, Any]:
    return {"user": str(visitor.place.classmate_id)}


def message(_: Visitor) -> dict[str, Any]:
    return {"text": "Hello", "nonce": "nonce-0022"}


def stroke(visitor: Visitor) -> dict[str, Any]:
    return at_page(visitor) | {"id": "stroke-0001", "points": [10, 10, 5, 5]}


EVENTS: dict[str, Event] = {
    # Coming and going; the chat tells of it, but not of everybody
    f"{CLASSROOM} join": Event(ROOM, leaves_rows=False),
    f"{CLASSROOM} join of a draft": Event(ROOM_OF_DRAFT, given=DRAFT, leaves_rows=False),
    f"{CLASSROOM} join of the archive": Event(ROOM_OF_ARCHIVE, given=ARCHIVED, leaves_rows=False),
    f"{CLASSROOM} join once shown out": Event(LEADERS, given=SHOWN_OUT, leaves_rows=False),
    f"{CLASSROOM} leave": Event(ANYBODY, leaves_rows=False),
    # Chat
    f"{CLASSROOM} message": Event(ROOM, message),
    f"{CLASSROOM} message in the archive": Event(ROOM_OF_ARCHIVE, message, given=ARCHIVED),
    f"{CLASSROOM} message once shown out": Event(LEADERS, message, given=SHOWN_OUT),
    f"{CLASSROOM} history": Event(ROOM, leaves_rows=False),
    f"{CLASSROOM} history of a draft": Event(ROOM_OF_DRAFT, given=DRAFT, leaves_rows=False),
    f"{CLASSROOM} delete_message": Event(LEADERS, lambda visitor: {"id": str(visitor.place.message_id)}),
    f"{CLASSROOM} delete_message of one's own": Event(
        ROOM, lambda visitor: {"id": str(visitor.place.message_id)}, given=OWN_MESSAGE
    ),
    f"{CLASSROOM} typing": Event(SEATED, first=("join",), leaves_rows=False),
    # Hands, rights and lessons
    f"{CLASSROOM} hand": Event(MEMBERS, lambda _: {"raised": True}),
    f"{CLASSROOM} grant": Event(LEADERS, lambda visitor: classmate(visitor) | {"right": "speak", "on": True}),
    f"{CLASSROOM} grant everyone": Event(LEADERS, lambda _: {"user": "*", "right": "draw", "on": True}),
    f"{CLASSROOM} remove": Event(LEADERS, classmate),
    f"{CLASSROOM} start_lesson": Event(LEADERS, given=NO_LESSON),
    f"{CLASSROOM} end_lesson": Event(LEADERS),
    # The board
    f"{WHITEBOARD} join": Event(ROOM, leaves_rows=False),
    f"{WHITEBOARD} join of a draft": Event(ROOM_OF_DRAFT, given=DRAFT, leaves_rows=False),
    f"{WHITEBOARD} open": Event(ROOM, at_page, leaves_rows=False),
    f"{WHITEBOARD} ops": Event(LEADERS, lambda visitor: at_page(visitor) | drawing(visitor)),
    f"{WHITEBOARD} ops where everyone may": Event(
        ROOM, lambda visitor: at_page(visitor) | drawing(visitor), given=EVERYONE_DRAWS
    ),
    f"{WHITEBOARD} live": Event("s f +ff + + s", stroke, first=("join",), leaves_rows=False),
    f"{WHITEBOARD} live where everyone may": Event(
        SEATED, stroke, given=EVERYONE_DRAWS, first=("join",), leaves_rows=False
    ),
    f"{WHITEBOARD} cursor": Event(
        "s f +ff + + s", lambda visitor: at_page(visitor) | {"x": 1, "y": 1}, first=("join",), leaves_rows=False
    ),
    f"{WHITEBOARD} add_page": Event(LEADERS),
    f"{WHITEBOARD} remove_page": Event(LEADERS, second_page),
    f"{WHITEBOARD} turn": Event(LEADERS, second_page),
    # Voices
    f"{AUDIO} listen": Event(ROOM, lambda _: {"on": True}, leaves_rows=False),
    f"{AUDIO} listen in a draft": Event(ROOM_OF_DRAFT, lambda _: {"on": True}, given=DRAFT, leaves_rows=False),
    f"{AUDIO} start": Event(LEADERS, lambda _: VOICE, leaves_rows=False),
    f"{AUDIO} start where one may": Event(ROOM, lambda _: VOICE, given=EVERYONE_SPEAKS, leaves_rows=False),
    f"{AUDIO} frame": Event("s f +ff + + s", first=("start",), leaves_rows=False),
    f"{AUDIO} stop": Event(ANYBODY, first=("start",), leaves_rows=False),
}
