"""`/whiteboard`: pages, numbered operations, strokes in progress and cursors."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from flask import Flask

from elearn.errors import Forbidden, Invalid
from elearn.extensions import socketio
from elearn.integrations import realtime
from elearn.languages import _
from elearn.models import Background, User
from elearn.services import board, board_objects, classrooms
from elearn.sockets import protocol
from elearn.sockets.budgets import Budgets
from elearn.sockets.namespace import Connection, RoomNamespace, Seat

# Cursors are told together: 20 times a second in a small room, 5 times in a large one.
CURSORS_EVERY, CURSORS_SLOWEST, CURSORS_PER_PERSON = 0.05, 0.2, 0.001


class WhiteboardNamespace(RoomNamespace):
    """Answer the events of `/whiteboard`."""

    def __init__(self, app: Flask, budgets: Budgets) -> None:
        super().__init__(protocol.WHITEBOARD, app, budgets)
        self._cursors: dict[UUID, dict[UUID, tuple[str, str, int, int]]] = defaultdict(dict)

    def on_join(self, connection: Connection, actor: User, room_id: UUID) -> dict[str, Any]:
        room = classrooms.get(actor, room_id)
        self.sit_down(connection, room_id, classrooms.rights(actor, room))
        return board.snapshot(actor, room_id)

    def on_open(
        self,
        connection: Connection,
        actor: User,
        room_id: UUID,
        page: UUID,
        after: int | None,
    ) -> dict[str, Any]:
        return board.open_page(actor, room_id, page, after=after).as_dict()

    def on_ops(
        self,
        connection: Connection,
        actor: User,
        room_id: UUID,
        page: UUID,
        cid: str,
        ops: list[dict[str, Any]],
    ) -> dict[str, Any]:
        return {"rev": board.apply(actor, room_id, page, cid=cid, ops=ops)}

    def on_live(
        self,
        connection: Connection,
        seat: Seat,
        room_id: UUID,
        page: UUID,
        id: str,
        style: Any,
        points: Any,
    ) -> None:
        _require_drawing(seat)
        if not board_objects.NAME.fullmatch(id):
            raise Invalid("invalid", _("The board does not know this: %(what)s.", what="id"))
        board_objects.clean_live(style, points)
        stroke = {"room": str(room_id), "page": str(page), "id": id, "by": str(connection.user_id), "points": points}
        if style is not None:
            stroke["style"] = style
        realtime.relay(self.namespace, str(room_id), "live", stroke, skip_sid=connection.sid)

    def on_cursor(self, connection: Connection, seat: Seat, room_id: UUID, page: UUID, x: int, y: int) -> None:
        _require_drawing(seat)
        waiting = room_id in self._cursors
        self._cursors[room_id][connection.user_id] = (connection.name, str(page), x, y)
        if not waiting:
            socketio.start_background_task(self._tell_cursors, room_id)

    def _tell_cursors(self, room_id: UUID) -> None:
        listeners = sum(room_id in connection.seats for connection in self.connections.values())
        socketio.sleep(min(CURSORS_SLOWEST, CURSORS_EVERY + listeners * CURSORS_PER_PERSON))
        by_page: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for user_id, (name, page, x, y) in self._cursors.pop(room_id, {}).items():
            by_page[page].append({"user": str(user_id), "name": name, "x": x, "y": y})
        for page, cursors in by_page.items():
            payload = {"room": str(room_id), "page": page, "cursors": cursors}
            realtime.relay(self.namespace, str(room_id), "cursors", payload)

    def on_add_page(
        self,
        connection: Connection,
        actor: User,
        room_id: UUID,
        background: Background,
    ) -> dict[str, Any]:
        return {"page": board.add_page(actor, room_id, background=background)}

    def on_remove_page(self, connection: Connection, actor: User, room_id: UUID, page: UUID) -> None:
        board.remove_page(actor, room_id, page)

    def on_turn(self, connection: Connection, actor: User, room_id: UUID, page: UUID) -> None:
        board.turn(actor, room_id, page)


def _require_drawing(seat: Seat) -> None:
    if "draw" not in seat.rights:
        raise Forbidden(_("A teacher has to let you draw first."))
