"""Flask-SocketIO with our fan-out and nothing else: what sending alone costs, without sign-in, rights and database."""

import eventlet

eventlet.monkey_patch()

import sys  # noqa: E402 - the patch comes before every other import
from itertools import count  # noqa: E402
from typing import Any  # noqa: E402

from flask import Flask, request  # noqa: E402
from flask_socketio import SocketIO, join_room  # noqa: E402

from elearn.integrations import fanout  # noqa: E402

app = Flask(__name__)
live = SocketIO(app, async_mode="eventlet", async_handlers=False, ping_interval=20, ping_timeout=20)
numbers = count(1)


def install() -> None:
    """Take the place of the application: three namespaces, and nobody is asked who they are."""
    if not fanout.install(live, max_packets=256, max_bytes=1_000_000):
        sys.exit("The fan-out is not installed.")
    app.wsgi_app = fanout.without_deflate(app.wsgi_app)  # type: ignore[assignment, method-assign]
    for namespace in ("/classroom", "/whiteboard", "/audio"):
        live.on_event("join", join, namespace=namespace)
    live.on_event("message", on_message, namespace="/classroom")
    live.on_event("live", on_live, namespace="/whiteboard")
    live.on_event("frame", on_frame, namespace="/audio")


def join(_data: Any) -> dict[str, Any]:
    join_room("room")
    return {"ok": True}


def on_message(data: dict[str, Any]) -> dict[str, Any]:
    message = {"room": data["room"], "seq": next(numbers), "text": data["text"], "nonce": data["nonce"]}
    message |= {"kind": "text", "at": "2026-01-01T10:00:00Z", "sender": {"id": "1", "name": "Somebody", "photo": None}}
    live.emit("message", message, to="room", namespace="/classroom")
    return {"ok": True, "message": message}


def on_live(data: dict[str, Any]) -> None:
    with fanout.ephemeral():
        live.emit("live", data, to="room", namespace="/whiteboard", skip_sid=request.sid)  # type: ignore[attr-defined]


def on_frame(packet: bytes) -> None:
    with fanout.ephemeral():
        live.emit("frame", packet, to="room", namespace="/audio", skip_sid=request.sid)  # type: ignore[attr-defined]


if __name__ == "__main__":
    install()
    live.run(app, port=int(sys.argv[1]), log_output=False, max_size=20_000)
