"""Every event of the live room by name, with the shape of what a client sends and how much of it.

The browser's side is in `static/js/classroom/`; a test compares the two. docs/realtime.md explains the events.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from elearn.errors import Invalid
from elearn.languages import _
from elearn.models import Background, Right, parse_id

CLASSROOM, WHITEBOARD, AUDIO = "/classroom", "/whiteboard", "/audio"
NOTIFICATIONS = "/notifications"
EVERYONE = "*"
PACKET_BYTES = 8192
SEQ_MAX = 2**31 - 1


class IdField(fields.Field[Any]):
    """Read one canonical UUID; nothing that merely looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        parsed = parse_id(value)
        if parsed is None:
            raise ValidationError(_("This is not an id."))
        return parsed


class PersonField(IdField):
    """Read an id, or `*` for everyone."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return EVERYONE if value == EVERYONE else super()._deserialize(value, attr, data, **kwargs)


class Payload(Schema):
    """Refuse what is not named; no coercion from text to number, from number to truth."""

    class Meta:
        unknown = RAISE

    room = IdField(required=True)


def _number(low: int, high: int, *, required: bool = False) -> fields.Integer:
    extra: dict[str, Any] = {"required": True} if required else {"load_default": None, "allow_none": True}
    return fields.Integer(strict=True, validate=validate.Range(low, high), **extra)


def _truth() -> fields.Boolean:
    return fields.Boolean(required=True, truthy={True}, falsy={False})


def _text(low: int, high: int) -> fields.String:
    # Longer text goes on to the service, whose sentence says how long it may be.
    return fields.String(required=True, validate=validate.Length(low, high))


class Join(Payload):
    after = _number(0, SEQ_MAX)


class Message(Payload):
    text = fields.String(required=True)
    nonce = fields.String(required=True)


class History(Payload):
    before = _number(0, SEQ_MAX)
    after = _number(0, SEQ_MAX)
    limit = fields.Integer(strict=True, load_default=100, validate=validate.Range(1, 500))


class DeleteMessage(Payload):
    id = IdField(required=True)


class Hand(Payload):
    raised = _truth()


class Grant(Payload):
    user = PersonField(required=True)
    right = fields.Enum(Right, by_value=True, required=True)
    on = _truth()


class Remove(Payload):
    user = IdField(required=True)


class StartLesson(Payload):
    title = fields.String(load_default="")


class OpenPage(Payload):
    page = IdField(required=True)
    after = _number(0, SEQ_MAX)


class Ops(Payload):
    page = IdField(required=True)
    cid = fields.String(required=True)
    ops = fields.List(fields.Dict(), required=True)


class Live(Payload):
    page = IdField(required=True)
    id = _text(8, 36)
    style = fields.Dict(load_default=None, allow_none=True)
    points = fields.Raw(required=True)


class Cursor(Payload):
    page = IdField(required=True)
    x = _number(-2000, 12000, required=True)
    y = _number(-2000, 12000, required=True)


class AddPage(Payload):
    background = fields.Enum(Background, by_value=True, load_default=Background.WHITE)


class PageName(Payload):
    page = IdField(required=True)


class StartVoice(Payload):
    codec = fields.String(required=True, validate=validate.OneOf(["opus", "pcm16"]))
    rate = fields.Integer(strict=True, required=True, validate=validate.OneOf([8000, 16000, 24000, 48000]))
    frame_ms = fields.Integer(strict=True, required=True, validate=validate.OneOf([10, 20, 40, 60]))


class Listen(Payload):
    on = _truth()


@dataclass(frozen=True)
class Pace:
    """Say how many a second, and how many at once."""

    per_second: float
    burst: int


@dataclass(frozen=True)
class ClientEvent:
    """Describe what a client may send: its schema and its budget for each person (so many a second, so many at once).

    An ephemeral event is never stored; its right is the one that the seat in the room holds, rechecked every 1.5 s.
    A gathered one shares a transaction with others of its moment, in which the sign-ins of all are read together.
    With `counted`, the things in that list have a pace of their own, for each person; `in_room` is the pace of all the
    people of a room together.
    """

    schema: type[Payload] | None
    per_second: float
    burst: int
    ephemeral: bool = False
    gathered: bool = False
    counted: str = ""
    each: Pace | None = None
    in_room: Pace | None = None


# A class of 200 may all write twice at once, and then each of them every fourth second.
CHAT_PACE = Pace(50, 400)
# Forty may draw five strokes a second. A full page of 500 can be cleared, brought back and moved in one go.
BOARD_PACE = Pace(200, 3000)

CLIENT_EVENTS: dict[str, dict[str, ClientEvent]] = {
    CLASSROOM: {
        "join": ClientEvent(Join, 1, 20),
        "leave": ClientEvent(Payload, 1, 20),
        "message": ClientEvent(Message, 2, 20, gathered=True, in_room=CHAT_PACE),
        "history": ClientEvent(History, 5, 30),
        "delete_message": ClientEvent(DeleteMessage, 2, 20),
        "typing": ClientEvent(Payload, 1, 5, ephemeral=True),
        "hand": ClientEvent(Hand, 1, 5),
        "grant": ClientEvent(Grant, 5, 40),
        "remove": ClientEvent(Remove, 2, 10),
        "start_lesson": ClientEvent(StartLesson, 0.5, 5),
        "end_lesson": ClientEvent(Payload, 0.5, 5),
    },
    WHITEBOARD: {
        "join": ClientEvent(Payload, 1, 20),
        "open": ClientEvent(OpenPage, 10, 60),
        "ops": ClientEvent(Ops, 20, 100, counted="ops", each=Pace(50, 1000), in_room=BOARD_PACE),
        "live": ClientEvent(Live, 40, 80, ephemeral=True),
        "cursor": ClientEvent(Cursor, 25, 50, ephemeral=True),
        "add_page": ClientEvent(AddPage, 1, 10),
        "remove_page": ClientEvent(PageName, 1, 10),
        "turn": ClientEvent(PageName, 5, 20),
    },
    AUDIO: {
        "start": ClientEvent(StartVoice, 1, 10),
        "frame": ClientEvent(None, 60, 180, ephemeral=True),
        "stop": ClientEvent(Payload, 2, 10),
        "listen": ClientEvent(Listen, 2, 20),
    },
    NOTIFICATIONS: {},
}

SERVER_EVENTS: dict[str, frozenset[str]] = {
    CLASSROOM: frozenset(
        {
            "message", "message_deleted", "people", "typing", "hands", "rights", "everyone", "lesson", "closed", "beat",
            "resync",
        }
    ),
    WHITEBOARD: frozenset({"ops", "live", "cursors", "pages", "turn", "closed", "resync"}),
    AUDIO: frozenset({"started", "stopped", "frame", "closed", "resync"}),
    NOTIFICATIONS: frozenset({"notification", "unread", "status", "resync"}),
}  # fmt: skip


@cache
def _ready(schema: type[Payload]) -> Payload:
    """Make each schema once: it holds nothing of what it loads, and making it costs as much as loading."""
    return schema()


def load(schema: type[Payload], data: Any) -> dict[str, Any]:
    """Return the payload of an event in Python's types; raises `Invalid` with the first thing that is wrong."""
    if not isinstance(data, dict):
        raise Invalid("invalid", _("Send one object."))
    try:
        loaded: dict[str, Any] = _ready(schema).load(data)
    except ValidationError as error:
        messages: Any = error.messages
        while isinstance(messages, dict | list):
            messages = next(
                iter(messages.values() if isinstance(messages, dict) else messages), _("This does not fit.")
            )
        field = next(iter(error.messages), "") if isinstance(error.messages, dict) else ""
        raise Invalid("invalid", f"{field}: {_(str(messages))}" if field else _(str(messages))) from error
    return loaded
