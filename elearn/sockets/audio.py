"""`/audio`: voices pass through; the right, the size and the rate are checked, the sound is never decoded."""

from typing import Any
from uuid import UUID

from flask import Flask

from elearn.errors import Conflict, Forbidden, Invalid
from elearn.extensions import socketio
from elearn.integrations import realtime
from elearn.languages import _
from elearn.models import User
from elearn.services import classrooms, voice
from elearn.sockets import protocol
from elearn.sockets.budgets import Budgets
from elearn.sockets.namespace import Connection, RoomNamespace

HEADER = 8  # u8 version and flags, u8 stream, u16 sequence, u32 timestamp
VERSION = 1
FRAMES_MAX, FRAME_BYTES = 5, 1500


def sound_of(room_id: UUID) -> str:
    """Name the part of the room that hears the voices; the others only learn who speaks."""
    return f"{room_id}:sound"


class AudioNamespace(RoomNamespace):
    """Answer the events of `/audio`."""

    def __init__(self, app: Flask, budgets: Budgets) -> None:
        super().__init__(protocol.AUDIO, app, budgets)

    def on_listen(self, connection: Connection, actor: User, room_id: UUID, *, on: bool) -> dict[str, Any]:
        room = classrooms.get(actor, room_id)
        self.sit_down(connection, room_id, classrooms.rights(actor, room))
        move = socketio.server.enter_room if on else socketio.server.leave_room
        move(connection.sid, sound_of(room_id), namespace=self.namespace)
        return {"streams": voice.streams(actor, room_id)}

    def on_start(
        self, connection: Connection, actor: User, room_id: UUID, codec: str, rate: int, frame_ms: int
    ) -> dict[str, Any]:
        room = classrooms.get(actor, room_id)
        seat = self.sit_down(connection, room_id, classrooms.rights(actor, room))
        if seat.stream is not None:
            raise Conflict("speaking", _("This connection speaks already."))
        seat.stream = voice.start(actor, room_id, codec=codec, rate=rate, frame_ms=frame_ms)
        return {"stream": seat.stream}

    def on_frame(self, connection: Connection, packet: Any) -> None:
        if not is_packet(packet):
            raise Invalid("invalid", _("This is not a packet of sound."))
        stream = packet[1]
        for room_id, seat in connection.seats.items():
            if seat.stream == stream:
                if "speak" not in seat.rights:
                    raise Forbidden(_("A teacher has to let you speak first."))
                realtime.relay(self.namespace, sound_of(room_id), "frame", packet, skip_sid=connection.sid)
                return
        raise Forbidden(_("Start a voice first."), code="not_started")

    def on_stop(self, connection: Connection, actor: User, room_id: UUID) -> None:
        self.fall_silent(connection, room_id)

    def fall_silent(self, connection: Connection, room_id: UUID) -> None:
        """End the voice of this connection in the room, if it has one."""
        seat = connection.seats.get(room_id)
        if seat is not None and seat.stream is not None:
            stream, seat.stream = seat.stream, None
            voice.stop(room_id, stream)

    def stand_up(self, connection: Connection, room_id: UUID) -> None:
        self.fall_silent(connection, room_id)
        if connection.sid in self.connections:
            socketio.server.leave_room(connection.sid, sound_of(room_id), namespace=self.namespace)
        super().stand_up(connection, room_id)


def is_packet(packet: Any) -> bool:
    """Tell whether the bytes have the shape of docs/realtime.md: a header and one to five frames that fill it."""
    if not isinstance(packet, bytes) or not HEADER < len(packet) <= protocol.PACKET_BYTES or packet[0] >> 4 != VERSION:
        return False
    at = HEADER
    for _frame in range(FRAMES_MAX):
        if at + 2 > len(packet):
            return False
        length = int.from_bytes(packet[at : at + 2], "big")
        if not 1 <= length <= FRAME_BYTES:
            return False
        at += 2 + length
        if at == len(packet):
            return True
    return False
