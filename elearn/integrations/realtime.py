"""Push to open sockets, in this process and in every other: what lasts after the commit, what passes at once.

Without Redis there is one process, and this is all. With it, what lasts travels over the message queue of Socket.IO,
what passes and the control messages over `elearn.integrations.relays`.
"""

from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask
from flask_socketio import SocketIO

from elearn.extensions import socketio
from elearn.integrations import fanout
from elearn.integrations.relays import Relays
from elearn.transaction import after_commit

log = structlog.get_logger(__name__)

Control = dict[str, Any]


class _Doors:
    """Who listens to control messages here, and the way to other processes."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Control], None]] = []
        self.relays: Relays | None = None


_doors = _Doors()


def start(app: Flask, live: SocketIO) -> None:
    """Install the fan-out, and prepare the channels to other processes; they open with the first socket."""
    settings = app.extensions["settings"]
    fanout.install(live, max_packets=settings.socket_queue_packets, max_bytes=settings.socket_queue_bytes)
    app.wsgi_app = fanout.without_deflate(app.wsgi_app)  # type: ignore[assignment, method-assign]
    _doors.listeners.clear()
    _doors.relays = Relays(live, settings.redis_url, _deliver, _hear) if settings.redis_url else None
    if _doors.relays is not None:
        _watch_rooms(live.server.manager, _doors.relays)


def publish(namespace: str, room: str, event: str, payload: dict[str, Any], *, skip_sid: str | None = None) -> None:
    """Send a lasting event to the room in all processes once the open transaction is committed.

    The events of two transactions leave in the order of their commits.
    """
    after_commit(lambda: socketio.emit(event, payload, namespace=namespace, to=room, skip_sid=skip_sid))


def relay(namespace: str, room: str, event: str, *args: Any, skip_sid: str | None = None) -> None:
    """Send a passing event to the room at once; a listener who does not keep up never sees it."""
    _deliver(namespace, room, event, args, skip_sid)
    if _doors.relays is not None:
        _doors.relays.relay(namespace, room, event, args)


def control(message: Control) -> None:
    """Tell every process something: this one at once, the others as soon as Redis carries it there."""
    _hear(message)
    if _doors.relays is not None:
        _doors.relays.control(message)


def on_control(call: Callable[[Control], None]) -> None:
    """Call this function with every control message."""
    _doors.listeners.append(call)


def _deliver(namespace: str, room: str, event: str, args: tuple[Any, ...], skip_sid: str | None = None) -> None:
    with fanout.ephemeral():
        socketio.server.emit(event, args, to=room, namespace=namespace, skip_sid=skip_sid, ignore_queue=True)


def _hear(message: Control) -> None:
    for call in list(_doors.listeners):
        try:
            call(message)
        except Exception:
            # Whoever sent it has done their part; the recheck of every socket finds what this listener missed.
            log.exception("control_failed")


def _watch_rooms(manager: Any, relays: Relays) -> None:
    """Start the channels with the first socket, and listen for each room that somebody enters."""
    enter = manager.basic_enter_room

    def entered(sid: str, namespace: str, room: str | None, eio_sid: str | None = None) -> Any:
        enter(sid, namespace, room, eio_sid=eio_sid)
        relays.start()
        if room is not None and room != sid:
            relays.entered(room)

    manager.basic_enter_room = entered
