"""Write to live WebSockets in order, bounded, at once where that is possible.

A `Wire` hands frames straight to the kernel; what the kernel does not take waits there, and the socket's own writer
greenlet sends it when there is room again. Before the client has a WebSocket, its packets wait in `socket_queue`.
"""

import socket
import struct
from collections import deque
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Protocol

import eventlet
import eventlet.event
import eventlet.queue
from eventlet.hubs import trampoline

TEXT, BINARY = 0x81, 0x82  # the first byte of a WebSocket frame: final, and its kind
SMALL, MEDIUM = 125, 65535  # largest payloads whose length takes one byte, and three
CHUNK = 65536  # bytes handed to the kernel in one write
TRAIN = 64  # frames that may wait to ride in one write
STALL_SECONDS = 10.0  # a client that takes nothing for so long, while something waits, is closed
KERNEL_BYTES = 65536  # the kernel doubles it; on its own it would hold megabytes for a client that never reads

is_ephemeral: ContextVar[bool] = ContextVar("is_ephemeral", default=False)


class Keeper(Protocol):
    """Whoever looks after the sockets: their bounds, the joint writing, and the end of those who fell behind."""

    max_packets: int
    max_bytes: int
    corked: bool  # frames wait for the next joint write
    writes: int

    def board(self, wire: "Wire") -> None:
        """Write what waits for this wire with the next joint write."""

    def part_with(self, owner: Any) -> list[Any]:
        """Close the socket soon; return the packets that tell its client."""

    def owner_of(self, queue: Any) -> Any:
        """Find the Engine.IO socket of a queue."""


def frame_of(packet: Any) -> bytes:
    """Build the WebSocket frame of an Engine.IO packet.

    Bytes are not taken from `encode()`: its cache may hold the base64 that was made for somebody who polls.
    """
    first, payload = (BINARY, bytes(packet.data)) if packet.binary else (TEXT, packet.encode().encode())
    length = len(payload)
    if length <= SMALL:
        return struct.pack("!BB", first, length) + payload
    if length <= MEDIUM:
        return struct.pack("!BBH", first, 126, length) + payload
    return struct.pack("!BBQ", first, 127, length) + payload


class Parcel:
    """One event with its attachments: its frames are built once and shared by every socket that it goes to."""

    __slots__ = ("ephemeral", "frame", "packets")

    def __init__(self, packets: tuple[Any, ...], *, ephemeral: bool) -> None:
        self.packets = packets
        self.ephemeral = ephemeral
        self.frame = b"".join(map(frame_of, packets))


class Wire:
    """Write frames to one WebSocket without ever waiting, but for its own writer greenlet."""

    __slots__ = (
        "_begun",
        "_bell",
        "_blocked",
        "_closing",
        "_dead",
        "_ended",
        "_fd",
        "_frames",
        "_keeper",
        "_owner",
        "_size"
    )  # fmt: skip

    def __init__(self, keeper: Keeper, owner: Any, fd: Any) -> None:
        self._keeper = keeper
        self._owner = owner
        self._fd = fd
        self._frames: deque[tuple[bytes, bool]] = deque()  # each with a mark on what is ephemeral
        self._size = 0
        self._begun = False  # the first frame is the rest of one that was partly written: it can no longer be dropped
        self._blocked = False  # the kernel is full, the writer greenlet waits for room
        self._closing = False  # what waits is the last
        self._ended = False  # the writer greenlet ends once nothing waits
        self._dead = False
        self._bell: Any = None

    @property
    def is_waiting(self) -> bool:
        return bool(self._frames)

    def push(self, parcel: Parcel) -> None:
        """Write the parcel if nothing waits, else let it wait or skip it."""
        frame = parcel.frame
        if self._frames or self._dead or self._closing or self._keeper.corked:
            self._queue(frame, parcel.ephemeral)
            return
        self._keeper.writes += 1
        try:
            sent = self._fd.send(frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._die()
            return
        if sent != len(frame):
            self._frames.append((frame[sent:], parcel.ephemeral and not sent))
            self._size = len(frame) - sent
            self._begun = bool(sent)
            self._block()

    def say(self, frame: bytes) -> None:
        """Write a frame for this socket alone (an ack, a ping) behind what waits, and do not wait for others."""
        self._queue(frame, ephemeral=False)
        self.flush()

    def say_last(self, frame: bytes) -> None:
        """Write what the library says when it closes, if the kernel takes it; nobody waits for that any more."""
        if self._ended and not self._frames and not self._dead:
            with suppress(OSError):
                self._fd.send(frame)
        elif not self._ended:
            self.say(frame)

    def flush(self) -> None:
        """Write what waits, unless the writer greenlet is at it."""
        if not self._blocked and not self._dead:
            self._write()

    def end(self) -> None:
        """Let the writer greenlet end once nothing waits."""
        self._ended = True
        self._ring()

    def run(self) -> None:
        """Be the writer greenlet: write what the kernel did not take at once, until the end."""
        while not self._dead:
            if self._blocked:
                try:
                    trampoline(self._fd, write=True, timeout=STALL_SECONDS, timeout_exc=TimeoutError())
                except OSError:
                    self._abort()
                else:
                    self._write()
            elif self._frames:
                self._write()
            elif self._ended:
                break
            else:
                self._bell = eventlet.event.Event()
                self._bell.wait()
        self._ended = True
        if self._closing:
            with suppress(OSError):  # the reader greenlet must not wait for what this client may still say
                self._fd.shutdown(socket.SHUT_RD)

    def _queue(self, frame: bytes, ephemeral: bool) -> None:
        if self._closing or self._dead:
            return
        if not self._blocked:
            if len(self._frames) >= TRAIN or self._size + len(frame) > CHUNK:
                self._write()
            if not self._frames:
                self._keeper.board(self)
        if self._blocked:
            if not ephemeral:
                self._drop_ephemeral()  # it must not wait in line before what lasts
            if not self._has_room_for(frame):
                if not ephemeral:
                    self._fall_behind()
                return
        self._frames.append((frame, ephemeral))
        self._size += len(frame)

    def _has_room_for(self, frame: bytes) -> bool:
        """Tell whether the frame may wait; one alone always may, or somebody could never fetch a large answer."""
        return len(self._frames) <= self._begun or (
            len(self._frames) < self._keeper.max_packets and self._size + len(frame) <= self._keeper.max_bytes
        )

    def _drop_ephemeral(self) -> None:
        frames = [entry for entry in self._frames if not entry[1]]
        if len(frames) < len(self._frames):
            self._frames = deque(frames)
            self._size = sum(len(frame) for frame, _ in frames)

    def _write(self) -> None:
        """Hand what waits to the kernel, as much as it takes."""
        frames = self._frames
        while frames:
            data = frames[0][0] if len(frames) == 1 else self._next_chunk()
            self._keeper.writes += 1
            try:
                sent = self._fd.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                self._die()
                return
            self._forget(sent)
            if sent < len(data):
                self._block()
                return
        self._blocked = False

    def _next_chunk(self) -> bytes:
        if self._size <= CHUNK:
            return b"".join([frame for frame, _ in self._frames])
        chunk: list[bytes] = []
        size = 0
        for frame, _ in self._frames:
            chunk.append(frame)
            size += len(frame)
            if size >= CHUNK:
                break
        return b"".join(chunk)

    def _forget(self, sent: int) -> None:
        """Drop so many bytes from the front, keeping the rest of a frame that was partly written."""
        frames = self._frames
        self._size -= sent
        if not self._size:
            frames.clear()
            self._begun = False
            return
        while sent:
            frame, _ = frames[0]
            if sent < len(frame):
                frames[0] = (frame[sent:], False)
                self._begun = True
                return
            frames.popleft()
            self._begun = False
            sent -= len(frame)

    def _fall_behind(self) -> None:
        """Drop what waits and say goodbye: the client comes back and fetches what it missed by its numbers."""
        self._closing = True
        if self._begun:
            self._frames = deque([self._frames[0]])
        else:
            self._frames = deque()
        self._frames.extend((frame_of(packet), False) for packet in self._keeper.part_with(self._owner))
        self._size = sum(len(frame) for frame, _ in self._frames)

    def _block(self) -> None:
        self._blocked = True
        self._ring()

    def _abort(self) -> None:
        """Cut the connection, and what the kernel still holds for it."""
        with suppress(OSError):
            self._fd.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._fd.shutdown(socket.SHUT_RDWR)  # wakes the reader greenlet, which ends the Engine.IO socket
        self._die()

    def _die(self) -> None:
        self._dead = True
        self._frames.clear()
        self._ring()

    def _ring(self) -> None:
        if self._bell is not None:
            bell, self._bell = self._bell, None
            bell.send()
