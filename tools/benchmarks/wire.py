"""Raw WebSocket connections for the load generator: blocking while they are set up, bare descriptors afterwards."""

import base64
import json
import os
import socket
import struct
from typing import Any

# What browsers offer; a server that accepts would compress every frame for every listener.
OFFER = "permessage-deflate; client_max_window_bits"
TEXT, BINARY = 0x81, 0x82
SMALL, MEDIUM = 125, 65535


class Wire:
    """One WebSocket connection that speaks plain frames, and Socket.IO where the server does."""

    def __init__(self, port: int, path: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            (
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                f"Sec-WebSocket-Extensions: {OFFER}\r\n\r\n"
            ).encode()
        )
        self._buffer = b""
        while b"\r\n\r\n" not in self._buffer:
            self._read()
        self.headers, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        if b" 101 " not in self.headers.split(b"\r\n")[0]:
            raise ConnectionError(self.headers.decode(errors="replace"))

    def _read(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("The server closed the connection.")
        self._buffer += data

    def receive(self) -> bytes:
        """Return the payload of the next frame."""
        while True:
            head = self._buffer[:10]
            if len(head) >= 2:  # noqa: PLR2004 - the two bytes that every frame has
                length, start = head[1] & 127, 2
                if length > SMALL:
                    kind, start = ("!H", 4) if length == SMALL + 1 else ("!Q", 10)
                    length = struct.unpack_from(kind, head, 2)[0] if len(head) >= start else len(self._buffer)
                if len(self._buffer) >= start + length:
                    payload = self._buffer[start : start + length]
                    self._buffer = self._buffer[start + length :]
                    return payload
            self._read()

    def send(self, payload: bytes, first: int = TEXT) -> None:
        self.socket.sendall(frame(payload, first))

    # Socket.IO

    def open(self) -> None:
        """Take the greeting of Engine.IO."""
        if not self.receive().startswith(b"0{"):
            raise ConnectionError("No greeting of Engine.IO.")

    def enter(self, namespace: str, token: str | None = None) -> None:
        """Connect to a namespace."""
        self.send(f"40{namespace},{json.dumps({'token': token}) if token else ''}".encode())
        self._await(f"40{namespace},".encode())

    def call(self, namespace: str, event: str, data: Any) -> Any:
        """Send an event and return its ack."""
        self.send(f"42{namespace},7{json.dumps([event, data])}".encode())
        answer = json.loads(self._await(f"43{namespace},7".encode()))[0]
        if not answer["ok"]:
            raise ConnectionError(f"{event}: {answer['error']}")
        return answer

    def _await(self, start: bytes) -> bytes:
        while not (payload := self.receive()).startswith(start):
            if payload == b"2":
                self.send(b"3")
            if payload.startswith(b"44"):
                raise ConnectionError(payload.decode())
        return payload.removeprefix(start)


def frame(payload: bytes, first: int = TEXT) -> bytes:
    """Return a client's frame; a mask of zeros is a mask, and costs the generator nothing."""
    length = len(payload)
    if length <= SMALL:
        head = struct.pack("!BB", first, 128 | length)
    elif length <= MEDIUM:
        head = struct.pack("!BBH", first, 128 | 126, length)
    else:
        head = struct.pack("!BBQ", first, 128 | 127, length)
    return head + b"\0\0\0\0" + payload
