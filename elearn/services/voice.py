"""Voices in a room: who speaks, by which codec. The sound itself passes through and is never decoded or kept."""

from typing import Any
from uuid import UUID

from elearn.errors import Conflict
from elearn.integrations import realtime
from elearn.integrations.presence import current_presence
from elearn.languages import _
from elearn.models import User
from elearn.permissions import Action
from elearn.services import classrooms

NAMESPACE = "/audio"


def start(actor: User, room_id: UUID, *, codec: str, rate: int, frame_ms: int) -> int:
    """Open a voice in the room and return its number; needs the right to speak."""
    room = classrooms.get(actor, room_id, Action.SPEAK)
    info = {"user": str(actor.id), "codec": codec, "rate": rate, "frame_ms": frame_ms}
    stream = current_presence().open_stream(str(room.id), info)
    if stream is None:
        raise Conflict("full", _("Too many people speak in this room at once."))
    realtime.publish(NAMESPACE, str(room.id), "started", {"room": str(room.id), "stream": stream, **info})
    return stream


def stop(room_id: UUID, stream: int) -> None:
    """Close a voice; whoever held it may have lost every right already."""
    if current_presence().close_stream(str(room_id), stream):
        realtime.publish(NAMESPACE, str(room_id), "stopped", {"room": str(room_id), "stream": stream})


def streams(actor: User, room_id: UUID) -> list[dict[str, Any]]:
    """Return the voices that can be heard in the room now."""
    room = classrooms.get(actor, room_id)
    return [
        {"stream": number, "user": info["user"], "codec": info["codec"], "rate": info["rate"]}
        for number, info in sorted(current_presence().streams(str(room.id)).items())
    ]
