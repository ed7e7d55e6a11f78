"""What waits for one live socket: while its client polls a bounded queue, with a WebSocket the way to its wire.

A `SocketQueue` takes the place of the queue of an Engine.IO socket. Once the client has a WebSocket, the writer
greenlet of the library, which parks in `SocketQueue.get`, becomes the writer of the `Wire` of the socket.
"""

import socket
from collections import deque
from typing import Any

import eventlet
import eventlet.queue

from elearn.integrations import wires
from elearn.integrations.wires import Keeper, Parcel, Wire, frame_of

LOOK_SECONDS = 0.02


class Waiting:
    """A packet that waits for somebody who polls."""

    __slots__ = ("packet", "parcel", "size")

    def __init__(self, packet: Any, parcel: Parcel, size: int) -> None:
        self.packet = packet
        self.parcel = parcel
        self.size = size


class SocketQueue(eventlet.queue.LightQueue):
    """The queue of one Engine.IO socket under eventlet."""

    queue: deque[Waiting | None]

    def __init__(self, keeper: Keeper) -> None:
        super().__init__()
        self.wire: Wire | None = None
        self._keeper = keeper
        self._size = 0
        self._is_closing = False
        self._websocket: Any = None
        self._owner: Any = None

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Take a packet for this socket alone, or None for the end."""
        if self.wire is not None:
            if item is None:
                self.wire.end()
            else:
                self.wire.say(frame_of(item))
        elif item is None:
            super().put(None, block, timeout)
        else:
            self.push(Parcel((item,), ephemeral=False))

    def push(self, parcel: Parcel) -> None:
        """Let the parcel wait until the client polls or has its WebSocket; beyond the bound skip it or close."""
        if self.wire is not None:
            self.wire.push(parcel)
            return
        if self._is_closing:
            return
        if not self._has_room_for(parcel):
            if parcel.ephemeral:
                return
            self._drop_ephemeral()
            if not self._has_room_for(parcel):
                self._fall_behind()
                return
        for packet in parcel.packets:
            super().put(Waiting(packet, parcel, len(parcel.frame) // len(parcel.packets)))

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Return the next packet for somebody who polls; for a WebSocket write all that comes, until the end."""
        if self._websocket is None or not self._owner.upgraded:
            return super().get(block, timeout)
        wire = self.wire or self._go_live()
        wire.run()
        return None

    def task_done(self) -> None:
        """Count nothing: `join` looks at what waits."""

    def join(self) -> None:
        """Wait until nothing waits, but not for a client that takes nothing."""
        with eventlet.Timeout(wires.STALL_SECONDS, exception=False):
            while self.queue or (self.wire is not None and self.wire.is_waiting):
                eventlet.sleep(LOOK_SECONDS)

    def attach(self, owner: Any, websocket: Any) -> None:
        """Take over this WebSocket once its writer greenlet asks for the first packet.

        An encrypted socket is not a plain descriptor: it keeps the writer of the library.
        """
        fd = getattr(websocket.socket, "fd", None)
        if not isinstance(fd, socket.SocketType) or hasattr(fd, "cipher"):
            return
        fd.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fd.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, wires.KERNEL_BYTES)
        self._owner = owner
        self._websocket = websocket

    def _go_live(self) -> Wire:
        """Carry over what waits, and become the only writer to the WebSocket."""
        wire = Wire(self._keeper, self._owner, self._websocket.socket.fd)
        lock = self._websocket._sendlock  # noqa: SLF001 - whoever writes just now finishes first
        lock.acquire()
        try:
            self._websocket._send = wire.say_last  # noqa: SLF001 - closing frames and pongs go in line, too
            last: Parcel | None = None
            for entry in self.queue:
                if entry is None:
                    wire.end()
                elif entry.parcel is not last:
                    last = entry.parcel
                    wire.push(last)
            self.queue.clear()
            self._size = 0
            self.wire = wire
        finally:
            lock.release()
        return wire

    def _put(self, item: Waiting | None) -> None:
        self._size += item.size if item else 0
        super()._put(item)

    def _get(self) -> Any:
        item = super()._get()
        self._size -= item.size if item else 0
        return item.packet if item else None

    def _has_room_for(self, parcel: Parcel) -> bool:
        return not self.queue or (
            len(self.queue) + len(parcel.packets) <= self._keeper.max_packets
            and self._size + len(parcel.frame) <= self._keeper.max_bytes
        )

    def _drop_ephemeral(self) -> None:
        self.queue = deque(entry for entry in self.queue if entry is None or not entry.parcel.ephemeral)
        self._size = sum(entry.size for entry in self.queue if entry)

    def _fall_behind(self) -> None:
        self._is_closing = True
        self.queue.clear()
        self._size = 0
        for packet in self._keeper.part_with(self._owner or self._keeper.owner_of(self)):
            super().put(Waiting(packet, Parcel((packet,), ephemeral=False), 0))
