"""`/notifications`: tells open pages what their people are told, wherever it was written.

The truth is in the database. This process looks there for the people who are connected to it: at once when it hears
that somebody was told something, and every 1.5 s for what it did not hear, such as the worker's writing without Redis.
So there is one way in which a page learns of anything, and it needs no other process.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from flask import Flask
from socketio.exceptions import ConnectionRefusedError as Refused
from sqlalchemy.exc import SQLAlchemyError

from elearn import clock
from elearn.extensions import socketio
from elearn.integrations import realtime
from elearn.models import User, parse_id
from elearn.permissions import Action, can
from elearn.services import notification_centre as centre
from elearn.sockets import protocol
from elearn.sockets.budgets import Budgets
from elearn.sockets.namespace import Connection, RoomNamespace

log = structlog.get_logger(__name__)

LOOK_EVERY = 1.5  # with the look itself, whoever was signed out elsewhere is out within 2 s
GATHER = 0.05  # what happens in one moment is looked at together
RECENT = timedelta(seconds=60)  # older news needs no toast; the count tells of them
TOASTS = 5  # at once for one person
FEED = "feed"
NOTHING = (0, "")


def room_of(user_id: UUID) -> str:
    """Name the room of one person: all their open pages."""
    return f"person:{user_id}"


class NotificationsNamespace(RoomNamespace):
    """Let signed-in people listen; nothing is asked of this namespace, all is done over the API."""

    def __init__(self, app: Flask, budgets: Budgets) -> None:
        super().__init__(protocol.NOTIFICATIONS, app, budgets)
        self._running = False
        self._marks: dict[UUID, tuple[int, str]] = {}
        # Since when somebody is here, and what they were shown since then.
        self._here_since: dict[UUID, UUID] = {}
        self._shown: dict[UUID, set[UUID]] = {}
        self._named: set[UUID] = set()
        self._wake = threading.Event()
        realtime.on_control(self._hear)

    def _connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        person = self._person(environ, auth)
        if person is None or person.sign_in_id is None:
            raise Refused("unauthenticated")
        self.connections[sid] = Connection(sid, person.id, person.sign_in_id, person.full_name)
        self.note_arrival(person.id)
        self._enter_rooms(sid, person)
        self._start()
        # A new page is told how many are unread, as soon as somebody looks.
        self._marks.pop(person.id, None)
        self._look_soon([person.id])

    def note_arrival(self, user_id: UUID) -> None:
        """Remember since when this person is here, and so what is new to them."""
        if user_id not in self._here_since:
            self._here_since[user_id], self._shown[user_id] = centre.first_id_of(clock.now()), set()

    def _enter_rooms(self, sid: str, person: User) -> None:
        socketio.server.enter_room(sid, room_of(person.id), namespace=self.namespace)
        if can(person, Action.SEE_FEED):
            socketio.server.enter_room(sid, FEED, namespace=self.namespace)

    def _hear(self, message: dict[str, Any]) -> None:
        """Look soon at the people whom a message names: told something, or perhaps signed out."""
        named = message.get("told") or ([message.get("id")] if message.get("recheck") == "person" else [])
        self._look_soon(person for one in named if (person := parse_id(one)) is not None)

    def _look_soon(self, people: Iterable[UUID]) -> None:
        here = {connection.user_id for connection in list(self.connections.values())}
        named = here.intersection(people)
        if named:
            self._named |= named
            self._wake.set()

    # Looking

    def _start(self) -> None:
        if not self._running:
            self._running = True
            socketio.start_background_task(self._keep_looking)

    def _keep_looking(self) -> None:
        next_round = time.monotonic()
        while True:
            is_woken = self._wake.wait(max(next_round - time.monotonic(), 0))
            if is_woken:
                socketio.sleep(GATHER)
            named, self._named = self._named, set()
            self._wake.clear()
            is_round = time.monotonic() >= next_round
            if is_round:
                next_round = time.monotonic() + LOOK_EVERY
            try:
                with self.app.app_context():
                    self.look(None if is_round else named)
            except SQLAlchemyError:
                # The database is away for a moment; the next round looks again.
                log.warning("notifications_without_database")
            except Exception:
                # Whatever it was: one bad round must not end the looks, for everybody and for good.
                log.exception("notifications_failed")

    def look(self, people: set[UUID] | None = None) -> None:
        """Close the sockets of whoever is not signed in any more, and tell the others what is new; `None` is all."""
        here = [one for one in list(self.connections.values()) if people is None or one.user_id in people]
        if people is None:
            self._forget_who_left()
        if not here:
            return
        alive = centre.open_sign_ins({one.sign_in_id for one in here})
        for connection in here:
            if connection.sign_in_id not in alive:
                self._put_out(connection)
        self._tell({one.user_id for one in here if one.sign_in_id in alive})

    def _put_out(self, connection: Connection) -> None:
        """Close a socket; nothing more reaches it from now on."""
        self.connections.pop(connection.sid, None)
        for room in (room_of(connection.user_id), FEED):
            socketio.server.leave_room(connection.sid, room, namespace=self.namespace)
        self.close_soon(connection.sid)

    def _forget_who_left(self) -> None:
        here = {connection.user_id for connection in list(self.connections.values())}
        for gone in self._here_since.keys() - here:
            del self._here_since[gone]
            self._marks.pop(gone, None)
            self._shown.pop(gone, None)

    def _tell(self, people: set[UUID]) -> None:
        """Send what changed since the last look at these people."""
        marks = centre.marks(people)
        changed = {one for one in people if self._marks.get(one) != marks.get(one, NOTHING)}
        if not changed:
            return
        counts = centre.unread_counts(changed)
        self._marks.update({one: marks.get(one, NOTHING) for one in changed})
        for user_id, payload in self._new_for(changed):
            self._send("notification", payload, user_id)
        for user_id in changed:
            self._send("unread", {"count": counts.get(user_id, 0)}, user_id)

    def _new_for(self, people: set[UUID]) -> Iterator[tuple[UUID, dict[str, Any]]]:
        """Return the newest that these people were told since they came and that was not shown yet."""
        recent = centre.first_id_of(clock.now() - RECENT)
        known = people & self._here_since.keys()
        found = defaultdict(list)
        for push in centre.pushes(known, recent) if known else ():
            if push.id > self._here_since[push.user_id] and push.id not in self._shown[push.user_id]:
                found[push.user_id].append(push)
        for user_id, new in found.items():
            kept = {one for one in self._shown[user_id] if one > recent}
            self._shown[user_id] = kept | {push.id for push in new}
            for push in new[-TOASTS:]:
                yield user_id, push.payload

    def _send(self, event: str, payload: dict[str, Any], user_id: UUID) -> None:
        socketio.server.emit(event, payload, to=room_of(user_id), namespace=self.namespace, ignore_queue=True)
