"""What runs beside the events: a second look at every seat, and the beat that lets clients notice a loss."""

from collections.abc import Callable
from uuid import UUID

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from elearn.extensions import db, socketio
from elearn.integrations import realtime
from elearn.integrations.presence import Presence
from elearn.models import parse_id
from elearn.services import board, classrooms
from elearn.sockets.audio import AudioNamespace
from elearn.sockets.classroom import ClassroomNamespace
from elearn.sockets.namespace import Connection, RoomNamespace
from elearn.sockets.whiteboard import WhiteboardNamespace

log = structlog.get_logger(__name__)

RECHECK_EVERY = 1.5  # with the look itself, who loses a right elsewhere is out within 2 s
BEAT_EVERY = 10.0

Taken = tuple[RoomNamespace, Connection, UUID]


class Upkeep:
    """Look after the seats of this process."""

    def __init__(
        self, app: Flask, classroom: ClassroomNamespace, whiteboard: WhiteboardNamespace, audio: AudioNamespace
    ) -> None:
        self._app = app
        self._classroom = classroom
        self._audio = audio
        self._namespaces: tuple[RoomNamespace, ...] = (classroom, whiteboard, audio)
        self._presence: Presence = app.extensions["presence"]
        self._running = False
        realtime.on_control(self._hear)

    def start(self) -> None:
        """Start the loops, once, when the first socket connects: commands and workers have none."""
        if not self._running:
            self._running = True
            socketio.start_background_task(self._every, RECHECK_EVERY, self.recheck)
            socketio.start_background_task(self._every, BEAT_EVERY, self.beat)

    def _every(self, seconds: float, task: Callable[[], None]) -> None:
        while True:
            socketio.sleep(seconds)
            with self._app.app_context():
                try:
                    task()
                except SQLAlchemyError:
                    # The database is away for a moment: nobody gains a right by that, the next round looks again.
                    db.session.rollback()
                    log.warning("upkeep_without_database", task=task.__name__)
                except Exception:
                    # Whatever it was: one bad round must not end the looks that put people out.
                    db.session.rollback()
                    log.exception("upkeep_failed", task=task.__name__)

    def _hear(self, message: dict[str, object]) -> None:
        """Look at once at the seats that a message names: somebody's, or everybody's in a room."""
        named = parse_id(message.get("id"))
        if named is None or message.get("recheck") not in {"person", "room"}:
            return
        with self._app.app_context():
            if message["recheck"] == "person":
                self.recheck(lambda taken: taken[1].user_id == named)
                self._close_dead(named)
            else:
                self.recheck(lambda taken: taken[2] == named)

    def recheck(self, concerned: Callable[[Taken], bool] = lambda _: True) -> None:
        """Put out whoever lost the right to be where they are, and refresh what the others may do."""
        taken = [
            place
            for namespace in self._namespaces
            for connection in list(namespace.connections.values())
            for room_id in list(connection.seats)
            if concerned(place := (namespace, connection, room_id))
        ]
        if not taken:
            return
        verdicts = classrooms.still_allowed({(connection.sign_in_id, room_id) for _, connection, room_id in taken})
        for namespace, connection, room_id in taken:
            verdict = verdicts[connection.sign_in_id, room_id]
            seat = connection.seats.get(room_id)
            if seat is None:
                continue  # left while we looked
            if verdict.reason is not None:
                namespace.put_out(connection, room_id, verdict.reason)
                continue
            seat.rights = frozenset(verdict.rights)
            if namespace is self._audio and "speak" not in seat.rights:
                self._audio.fall_silent(connection, room_id)

    def _close_dead(self, user_id: UUID) -> None:
        """Close the sockets of somebody who was signed out or blocked and sits in no room."""
        mine = [
            (namespace, connection)
            for namespace in self._namespaces
            for connection in list(namespace.connections.values())
            if connection.user_id == user_id and not connection.seats
        ]
        alive = classrooms.open_sign_ins({connection.sign_in_id for _, connection in mine})
        for namespace, connection in mine:
            if connection.sign_in_id not in alive:
                namespace.close_soon(connection.sid)

    def beat(self) -> None:
        """Tell each room the latest numbers, so that whoever missed something asks for it."""
        self._presence.beat()
        seats = {room_id for connection in list(self._classroom.connections.values()) for room_id in connection.seats}
        for room_id in seats:
            payload = board.beat(room_id)
            if payload is not None:
                socketio.server.emit(
                    "beat", payload, to=str(room_id), namespace=self._classroom.namespace, ignore_queue=True
                )
