"""What the three namespaces share: who is connected, one door for every event, and seats in rooms."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import structlog
from flask import Flask
from flask_login import current_user
from flask_socketio import Namespace
from socketio.exceptions import ConnectionRefusedError as Refused
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from elearn.errors import DomainError, Forbidden, Invalid, RateLimited, Unauthenticated, Unavailable
from elearn.extensions import current_settings, db, socketio
from elearn.identity import person_of_token
from elearn.languages import _
from elearn.logging import reference
from elearn.models import User
from elearn.services import accounts
from elearn.sockets import protocol
from elearn.sockets.budgets import Budgets

log = structlog.get_logger(__name__)

SEATS_MAX = 20
Answer = dict[str, Any] | None


@dataclass(slots=True)
class Seat:
    """What a connection may do in one room, as it was last looked up."""

    rights: frozenset[str]
    stream: int | None = None


@dataclass(slots=True)
class Connection:
    """One socket in one namespace, and the rooms that it sits in."""

    sid: str
    user_id: UUID
    sign_in_id: UUID
    name: str
    seats: dict[UUID, Seat] = field(default_factory=dict)


class RoomNamespace(Namespace):
    """Let signed-in people in, check each event's shape, budget and right, and answer every one."""

    def __init__(self, namespace: str, app: Flask, budgets: Budgets) -> None:
        super().__init__(namespace)
        self.app = app
        self.budgets = budgets
        self.events = protocol.CLIENT_EVENTS[namespace]
        self.connections: dict[str, Connection] = {}
        self.on_first_connection: Callable[[], None] = lambda: None

    def trigger_event(self, event: str, sid: str, *args: Any) -> Any:
        """Take every event of the namespace; replaces Flask-SocketIO's, whose request context we do not need.

        That one would also call a failing `connect` again without its token and let the client in.
        """
        with self.app.app_context():
            structlog.contextvars.clear_contextvars()
            if event == "connect":
                return self._connect(sid, args[0], args[1] if len(args) > 1 else None)
            if event == "disconnect":
                return self._disconnect(sid)
            return self._answer(event, sid, args)

    # Coming and going

    def _connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        person = self._person(environ, auth)
        if person is None or person.sign_in_id is None:
            raise Refused("unauthenticated")
        self.connections[sid] = Connection(sid, person.id, person.sign_in_id, person.full_name)
        self.on_first_connection()

    def _person(self, environ: dict[str, Any], auth: Any) -> User | None:
        if auth is not None:
            token = auth.get("token") if isinstance(auth, dict) else None
            return person_of_token(token) if isinstance(token, str) else None
        with self.app.request_context(environ):
            person = current_user._get_current_object()  # noqa: SLF001 - flask-login's proxy must not travel on
            return person if isinstance(person, User) else None

    def _disconnect(self, sid: str) -> None:
        connection = self.connections.pop(sid, None)
        if connection is not None:
            for room_id in list(connection.seats):
                self.stand_up(connection, room_id)

    def sit_down(self, connection: Connection, room_id: UUID, rights: list[str]) -> Seat:
        """Give the connection a seat in the room, so that the room's events reach it."""
        if room_id not in connection.seats and len(connection.seats) >= SEATS_MAX:
            raise Invalid("invalid", _("One connection may be in %(most)s rooms.", most=SEATS_MAX))
        seat = connection.seats.setdefault(room_id, Seat(frozenset(rights)))
        seat.rights = frozenset(rights)
        socketio.server.enter_room(connection.sid, str(room_id), namespace=self.namespace)
        return seat

    def stand_up(self, connection: Connection, room_id: UUID) -> None:
        """Take the seat away; nothing of the room reaches the connection any more."""
        if connection.seats.pop(room_id, None) is not None and connection.sid in self.connections:
            socketio.server.leave_room(connection.sid, str(room_id), namespace=self.namespace)

    def put_out(self, connection: Connection, room_id: UUID, reason: str) -> None:
        """Take a seat away from somebody who lost the right to it, and say why."""
        self.stand_up(connection, room_id)
        socketio.server.emit(
            "closed",
            {"room": str(room_id), "reason": reason},
            to=connection.sid,
            namespace=self.namespace,
            ignore_queue=True,
        )
        if reason == "signed_out":
            self.close_soon(connection.sid)

    def close_soon(self, sid: str) -> None:
        """Close a socket, after the answer that says why had time to leave."""

        def close() -> None:
            socketio.sleep(0.2)
            socketio.server.disconnect(sid, namespace=self.namespace, ignore_queue=True)

        socketio.start_background_task(close)

    # Every event

    def _answer(self, event: str, sid: str, args: tuple[Any, ...]) -> dict[str, Any] | None:
        """Return the ack of an event: the socket door's mapping of the error family."""
        structlog.contextvars.bind_contextvars(ref=reference(), event_name=event)
        spec = self.events.get(event)
        try:
            if spec is None:
                raise Invalid("unknown_event", _("There is no such event."))
            connection = self.connections.get(sid)
            if connection is None:
                raise Unauthenticated
            self.budgets.require((connection.user_id, self.namespace, event), spec.per_second, spec.burst)
            return {"ok": True, **(self._handle(spec, event, connection, args) or {})}
        except DomainError as error:
            if isinstance(error, Unauthenticated):
                self.close_soon(sid)
            return refusal(error)
        except (OperationalError, PoolTimeout):
            log.exception("database_away")
            return refusal(Unavailable())
        except Exception:
            log.exception("socket_event_failed")
            return {"ok": False, "error": {"code": "internal", "message": _("Something broke on our side. Try again.")}}
        finally:
            db.session.remove()

    def _handle(
        self, spec: protocol.ClientEvent, event: str, connection: Connection, args: tuple[Any, ...]
    ) -> dict[str, Any] | None:
        if len(args) != 1:
            raise Invalid("invalid", _("Send one argument."))
        handler = getattr(self, f"on_{event}")
        if spec.schema is None:
            return cast("Answer", handler(connection, args[0]))
        data = protocol.load(spec.schema, args[0])
        room_id = data.pop("room")
        if spec.ephemeral:
            seat = connection.seats.get(room_id)
            if seat is None:
                raise Forbidden(_("Join the room first."), code="not_joined")
            return cast("Answer", handler(connection, seat, room_id, **data))
        with self._paced(spec, (self.namespace, event), connection, room_id, data):
            if spec.gathered:
                return cast("Answer", handler(connection, room_id, **data))
            actor = accounts.by_sign_in(connection.sign_in_id)
            if actor is None:
                raise Unauthenticated(_("This sign-in has ended. Sign in again."), code="unauthenticated")
            return cast("Answer", handler(connection, actor, room_id, **data))

    @contextmanager
    def _paced(
        self,
        spec: protocol.ClientEvent,
        name: tuple[str, str],
        connection: Connection,
        room_id: UUID,
        data: dict[str, Any],
    ) -> Iterator[None]:
        """Keep to the pace of what is counted, and to the room's, which does not pay for what is refused.

        Whoever leads the room is always heard in it.
        """
        number = len(data[spec.counted]) if spec.counted else 1
        if spec.each is not None:
            # More at once than ever fits is for the service to refuse, with its own sentence.
            each = (connection.user_id, *name, spec.counted)
            self.budgets.require(each, spec.each.per_second, spec.each.burst, min(number, spec.each.burst))
        seat = connection.seats.get(room_id)
        if spec.in_room is None or (seat is not None and "lead" in seat.rights):
            yield
            return
        pace, burst = current_settings().room_pace, spec.in_room.burst * current_settings().room_pace
        key, number = (room_id, *name), min(number, burst)
        if not self.budgets.spend(key, spec.in_room.per_second * pace, burst, number):
            raise RateLimited(_("Too much happens in this room at once. Wait a moment."), retry_after=1)
        try:
            yield
        except DomainError:
            self.budgets.give_back(key, number)
            raise


def refusal(error: DomainError) -> dict[str, Any]:
    """Write an error as the negative ack of the protocol."""
    return {"ok": False, "error": {"code": error.code, "message": error.message, **error.data}}
