"""A small Socket.IO server with the fan-out, for its tests: `python fanout_server.py PORT [REDIS_URL]`."""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from types import SimpleNamespace  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from flask import Flask, request  # noqa: E402
from flask_socketio import join_room, leave_room  # noqa: E402

from elearn.extensions import socketio  # noqa: E402
from elearn.integrations import realtime, wires  # noqa: E402

MAX_PACKETS, MAX_BYTES = 64, 200_000

app = Flask(__name__)
url = sys.argv[2] if len(sys.argv) > 2 else None
app.extensions["settings"] = SimpleNamespace(
    socket_queue_packets=MAX_PACKETS, socket_queue_bytes=MAX_BYTES, redis_url=url
)
wires.STALL_SECONDS = float(os.environ.get("STALL_SECONDS", "10"))
socketio.init_app(
    app,
    async_mode="eventlet",
    async_handlers=False,
    message_queue=url,
    channel="test",
    ping_interval=1,
    ping_timeout=30,
)
realtime.start(app, socketio)
heard: list[dict[str, object]] = []
gone: list[str] = []
realtime.on_control(heard.append)


@socketio.on("join", namespace="/t")
def join(room: str) -> str:
    join_room(room)
    return request.sid  # type: ignore[attr-defined, no-any-return]


@socketio.on("leave", namespace="/t")
def leave(room: str) -> None:
    leave_room(room)


@socketio.on("disconnect", namespace="/t")
def disconnect(_reason: str) -> None:
    gone.append(request.sid)  # type: ignore[attr-defined]


@socketio.on("lasting", namespace="/t")
def lasting(room: str, payload: object) -> str:
    socketio.emit("lasting", payload, to=room, namespace="/t")
    return "sent"


@socketio.on("many", namespace="/t")
def many(room: str, first: int, count: int, size: int, kind: str) -> int:
    """Send so many numbered events in one go."""
    for number in range(first, first + count):
        if kind == "binary":
            realtime.relay("/t", room, "passing", number, bytes([number % 256]) * size)
        elif kind == "passing":
            realtime.relay("/t", room, "passing", number, "x" * size)
        else:
            socketio.emit("lasting", (number, "x" * size), to=room, namespace="/t")
    return count


@socketio.on("relay", namespace="/t")
def relay(room: str, *args: object) -> str:
    realtime.relay("/t", room, "passing", *args, skip_sid=request.sid)  # type: ignore[attr-defined]
    return "sent"


@socketio.on("control", namespace="/t")
def control(message: dict[str, object]) -> str:
    realtime.control(message)
    return "sent"


@socketio.on("state", namespace="/t")
def state() -> dict[str, object]:
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    return {"heard": heard, "gone": gone, "memory": memory, "sockets": len(socketio.server.eio.sockets)}


if __name__ == "__main__":
    socketio.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_output=False, max_size=20_000)
