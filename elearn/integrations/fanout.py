"""Send one packet to many sockets: its frame is built once and written straight to every socket that keeps up.

The libraries build the WebSocket frame anew for each listener, and pay a queue, a timer and a switch of greenlets for
each; this costs a third of that, and bounds what a slow reader may hold. It leans on internals of the pinned versions,
so `install` looks at everything that it touches first, and leaves the libraries alone when something is not as known.
"""

import inspect
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import engineio.packet
import engineio.server
import engineio.socket
import eventlet
import eventlet.queue
import eventlet.websocket
import flask_socketio
import socketio.packet
import socketio.server
import structlog
from eventlet.hubs import get_hub

from elearn.integrations.socket_queue import SocketQueue
from elearn.integrations.wires import Parcel, Wire, is_ephemeral

log = structlog.get_logger(__name__)

PINNED = {"python-socketio": "5.18.1", "python-engineio": "4.15.1", "eventlet": "0.41.3"}
# What is called or replaced, with the parameters that it must have.
SIGNATURES: tuple[tuple[Any, str, tuple[str, ...]], ...] = (
    (socketio.server.Server, "_send_eio_packet", ("self", "eio_sid", "eio_pkt")),
    (engineio.server.Server, "create_queue", ("self", "args", "kwargs")),
    (engineio.socket.Socket, "poll", ("self",)),
    (engineio.socket.Socket, "send", ("self", "pkt")),
    (engineio.socket.Socket, "close", ("self", "wait", "abort", "reason")),
    (engineio.socket.Socket, "_websocket_handler", ("self", "ws")),
    (engineio.packet.Packet, "encode", ("self", "b64")),
    (eventlet.queue.LightQueue, "_put", ("self", "item")),
    (eventlet.queue.LightQueue, "_get", ("self",)),
    (eventlet.websocket.RFC6455WebSocket, "_send", ("self", "frame")),
)
SMALL_ROOM = 25  # writes that are not worth a pause
PAUSE_PER_WRITE = 0.000_04  # seconds; a few times what a write takes, so that 200 listeners mean 8 ms
LONGEST_PAUSE = 0.02  # seconds; far below what an eye or an ear notices

WSGI = Callable[[Any, Any], Any]


@contextmanager
def ephemeral() -> Iterator[None]:
    """Mark what this greenlet emits inside as ephemeral: skipped for a socket that does not keep up."""
    token = is_ephemeral.set(True)
    try:
        yield
    finally:
        is_ephemeral.reset(token)


def without_deflate(app: WSGI) -> WSGI:
    """Wrap a WSGI application so that no WebSocket extension is negotiated.

    Browsers always offer permessage-deflate and eventlet always accepts, with one compressor for each listener.
    """

    def plain(environ: dict[str, Any], start_response: Any) -> Any:
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return app(environ, start_response)

    return plain


def install(live: flask_socketio.SocketIO, *, max_packets: int, max_bytes: int) -> bool:
    """Put the fan-out and its bounds in place; return False where the libraries' own way of sending stays."""
    eio = live.server.eio
    if eio.async_mode == "threading":
        eio.create_queue = lambda: BoundedQueue(eio, max_packets)
        return False
    reason = f"the async mode is {eio.async_mode}" if eio.async_mode != "eventlet" else what_is_off(live.server)
    if reason:
        log.warning("fan_out_left_to_the_library", reason=reason)
        return False
    fan_out = FanOut(live.server, max_packets, max_bytes)
    # Copies for this server: the libraries share the dictionary between all servers of the process.
    eio._async = {**eio._async, "websocket": _taken_over(eio._async["websocket"])}  # noqa: SLF001
    eio.create_queue = lambda: SocketQueue(fan_out)
    live.server._send_eio_packet = fan_out.send  # noqa: SLF001
    return True


def what_is_off(server: Any) -> str | None:
    """Return what differs from the versions that this module was written for, None if all is as known."""
    for name, pinned in PINNED.items():
        if version(name) != pinned:
            return f"{name} is {version(name)}, not {pinned}"
    for owner, name, parameters in SIGNATURES:
        function = getattr(owner, name, None)
        if function is None or tuple(inspect.signature(function).parameters) != parameters:
            return f"{owner.__module__}.{owner.__name__}.{name} is not as known"
    eio = server.eio
    handler = inspect.signature(eio._async["websocket"].__init__).parameters  # noqa: SLF001
    if tuple(handler) != ("self", "handler", "server"):
        return "the WebSocket class of engineio is not as known"
    if not isinstance(eio.sockets, dict) or not isinstance(server.manager.rooms, dict):
        return "the sockets or the rooms are not in a dictionary"
    if not hasattr(eventlet.websocket.RFC6455WebSocket(None, {}), "_sendlock"):
        return "eventlet's WebSocket has no _sendlock"
    return None


def _taken_over(stock: Any) -> type:
    """Return the library's WebSocket class, whose writing our queue takes over."""

    class TakenOver(stock):
        def __init__(self, handler: Any, server: Any) -> None:
            super().__init__(handler, server)
            owner = handler.__self__

            def handle(websocket: Any) -> Any:
                owner.queue.attach(owner, websocket)
                return handler(websocket)

            self.handler = handle

    return TakenOver


class FanOut:
    """Send packets to sockets, several at once to those who would otherwise be written to again and again.

    The first packet goes out at once. While many sockets are written to, what comes next waits a moment, in proportion
    to that number, and rides in one write. In a small room nothing ever waits.
    """

    def __init__(self, server: Any, max_packets: int, max_bytes: int) -> None:
        self.max_packets = max_packets
        self.max_bytes = max_bytes
        self.corked = False
        self.writes = 0
        self._server = server
        self._eio = server.eio
        # An emit sends the same packets many times: the latest packet that is an event of its own, and its parcel ...
        self._packet: Any = None
        self._parcel: Parcel | None = None
        # ... and the parts so far of an event with attachments, the head of the latest one, and its parcel.
        self._group: list[Any] = []
        self._missing = 0
        self._head: Any = None
        self._head_parcel: Parcel | None = None
        self._boarded: list[Wire] = []
        self._is_timed = False

    def send(self, eio_sid: str, packet: Any) -> None:
        """Send a packet to one socket; takes the place of `Server._send_eio_packet`."""
        parcel = self._parcel if packet is self._packet else self._parcel_of(packet)
        if parcel is None:
            return  # its attachments follow
        live = self._eio.sockets.get(eio_sid)
        if live is None or live.closed:
            return
        queue = live.queue
        (queue.wire or queue).push(parcel)

    def board(self, wire: Wire) -> None:
        self._boarded.append(wire)

    def part_with(self, owner: Any) -> list[Any]:
        log.info("slow_reader_closed")
        eventlet.spawn_n(owner.close, wait=False, abort=True, reason="slow reader")
        return farewell(self._server, owner.sid)

    def owner_of(self, queue: SocketQueue) -> Any:
        return next(live for live in list(self._eio.sockets.values()) if live.queue is queue)

    def _parcel_of(self, packet: Any) -> Parcel | None:
        """Return the parcel that this packet makes or completes; the parts of one event come one after the other."""
        if not self._is_timed:
            self._is_timed = True
            get_hub().schedule_call_global(0, self._look)
        if not packet.binary:
            self._missing = attachments_of(packet)
            if not self._missing:
                self._packet, self._parcel = packet, Parcel((packet,), ephemeral=is_ephemeral.get())
                return self._parcel
            self._group = [packet]
            return None
        self._group.append(packet)
        self._missing -= 1
        if self._missing:
            return None
        if self._group[0] is not self._head:
            self._head = self._group[0]
            self._head_parcel = Parcel(tuple(self._group), ephemeral=is_ephemeral.get())
        return self._head_parcel

    def _look(self) -> None:
        """Decide, once whoever emitted lets others run, whether the next packets wait for a joint write."""
        writes, self.writes = self.writes, 0
        self.corked = writes > SMALL_ROOM
        if self.corked:
            get_hub().schedule_call_global(min(writes * PAUSE_PER_WRITE, LONGEST_PAUSE), self._flush)
        else:
            self._is_timed = False

    def _flush(self) -> None:
        boarded, self._boarded = self._boarded, []
        for wire in boarded:
            wire.flush()
        self._look()


def attachments_of(packet: Any) -> int:
    """Return how many binary packets follow this one (`52-...` is an event with two)."""
    data = packet.data
    return int(data[1 : data.index("-")]) if isinstance(data, str) and data[:1] in {"5", "6"} else 0


def farewell(server: Any, eio_sid: str) -> list[Any]:
    """Return what a client is told that fell behind: `resync` in each namespace, then the end of the connection.

    This end makes Socket.IO clients connect again by themselves; a disconnect of the namespaces would not.
    """
    packets = []
    for namespace in list(server.manager.get_namespaces()):
        if server.manager.sid_from_eio_sid(eio_sid, namespace):
            event = server.packet_class(socketio.packet.EVENT, namespace=namespace, data=["resync", {"reason": "slow"}])
            packets.append(engineio.packet.Packet(engineio.packet.MESSAGE, event.encode()))
    return [*packets, engineio.packet.Packet(engineio.packet.CLOSE)]


class BoundedQueue(queue.Queue[Any]):
    """The queue of one socket in threads (tests and small tools): whoever lets too much wait is closed."""

    def __init__(self, eio: Any, max_packets: int) -> None:
        super().__init__()
        self._eio = eio
        self._max_packets = max_packets
        self._is_closing = False

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        if item is not None and self.qsize() >= self._max_packets:
            if not self._is_closing:
                self._is_closing = True
                owner = next(live for live in list(self._eio.sockets.values()) if live.queue is self)
                threading.Thread(target=owner.close, kwargs={"wait": False, "abort": True}, daemon=True).start()
            return
        super().put(item, block, timeout)
