"""Clients that speak Engine.IO by hand, so that a test sees every frame, and may read as slowly as it wants."""

import contextlib
import json
import math
import os
import queue
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import websocket

from tests.services_for_tests import free_port, wait_until

SERVER = Path(__file__).with_name("fanout_server.py")
NAMESPACE = "/t"
TEXT, BINARY = websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY


@contextlib.contextmanager
def running(redis_url: str | None = None, **extra: str) -> Iterator[int]:
    """Run the small server on a free port; yield the port."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", str(SERVER), str(port), *([redis_url] if redis_url else [])],
        env={**os.environ, **extra},
        stdin=subprocess.DEVNULL,
    )
    try:
        assert wait_until(lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None, 30)
        yield port
    finally:
        process.kill()
        process.wait(10)


class Raw:
    """One raw WebSocket client in the namespace, in room `r`.

    It reads all the time, as a browser does; with a `window` it reads only when the test does, through that few bytes.
    """

    opened: ClassVar[list["Raw"]] = []

    def __init__(self, port: int, *, window: int | None = None, sid: str | None = None) -> None:
        self.opened.append(self)
        self._frames: queue.Queue[tuple[int, Any]] | None = None
        options = [(socket.SOL_SOCKET, socket.SO_RCVBUF, window)] if window else []
        query = "&sid=" + sid if sid else ""
        self.ws = websocket.create_connection(
            f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket{query}",
            timeout=20,
            sockopt=options,
            header={"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"},
        )
        self.sid = ""
        if sid is None:
            if not window:
                self.read_ahead()
            assert self._next()[1].startswith(b"0{")
            self.ws.send(f"40{NAMESPACE},")
            self.until("40")
            self.sid = self.call("join", "r")

    def read_ahead(self) -> None:
        """Read in a thread from now on."""
        frames = self._frames = queue.Queue()

        def read() -> None:
            with contextlib.suppress(websocket.WebSocketException, OSError, AttributeError):
                while True:
                    frames.put(self.ws.recv_data())
            frames.put((websocket.ABNF.OPCODE_CLOSE, b""))

        threading.Thread(target=read, daemon=True).start()

    def _next(self) -> tuple[int, Any]:
        return self._frames.get(timeout=20) if self._frames else self.ws.recv_data()

    def frame(self) -> tuple[int, Any]:
        """Return the next frame that is not a ping, with its opcode."""
        while True:
            opcode, data = self._next()
            if opcode == TEXT:
                data = data.decode()
            if data == "2":
                self.ws.send("3")
            else:
                return opcode, data

    def frames_waiting(self) -> bool:
        """Tell whether something other than a ping has come that nobody looked at."""
        frames = self._frames
        return frames is not None and any(data != b"2" for _, data in list(frames.queue))

    def until(self, start: str) -> str:
        while True:
            opcode, data = self.frame()
            if opcode not in {TEXT, BINARY}:
                raise ConnectionError(f"The connection ended before {start} came.")
            if opcode == TEXT and data.startswith(start):
                return str(data)

    def send(self, event: str, *args: Any) -> None:
        self.ws.send(f"42{NAMESPACE},{json.dumps([event, *args])}")

    def call(self, event: str, *args: Any) -> Any:
        self.ws.send(f"42{NAMESPACE},5{json.dumps([event, *args])}")
        start = f"43{NAMESPACE},5"
        return json.loads(self.until(start).removeprefix(start))[0]

    def event(self) -> tuple[str, list[Any]]:
        """Return the next event; fail when its binary part does not follow at once."""
        while True:
            opcode, data = self.frame()
            assert opcode == TEXT, f"a {opcode} frame without its head: {data[:60]!r}"
            if data.startswith("45"):
                name, *args = json.loads(data.split(",", 1)[1])
                for index, arg in enumerate(args):
                    if isinstance(arg, dict) and arg.get("_placeholder"):
                        opcode, args[index] = self.frame()
                        assert opcode == BINARY
                return name, args
            if data.startswith("42"):
                name, *args = json.loads(data.split(",", 1)[1])
                return name, args
            if data == "1":
                return "end", []

    def events(self, name: str, count: int) -> list[list[Any]]:
        """Return the arguments of the next so many events of this name."""
        found: list[list[Any]] = []
        while len(found) < count:
            event, args = self.event()
            assert event != "end"
            if event == name:
                found.append(args)
        return found

    @classmethod
    def close_all(cls) -> None:
        while cls.opened:
            with contextlib.suppress(OSError, AttributeError):
                cls.opened.pop().ws.sock.shutdown(socket.SHUT_RDWR)  # a thread may be reading: close would wait for it

    def cut(self) -> None:
        """Go away without a word, as a phone does that loses its network."""
        self.ws.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.ws.sock.close()


class Polling:
    """One client that polls, in room `r`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling"
        self.seen: float = 0  # events so far; without end once the WebSocket takes them
        self.sid = json.loads(self.get()[0][1:])["sid"]
        self.url += "&sid=" + self.sid
        self.post(f"40{NAMESPACE},")
        self.post(f'42{NAMESPACE},5["join","r"]')
        packets: list[str] = []
        while not any(packet.startswith(f"43{NAMESPACE},5") for packet in packets):
            packets = self.get()

    def get(self) -> list[str]:
        with urllib.request.urlopen(self.url, timeout=10) as answer:  # noqa: S310 - our own server
            packets = answer.read().decode().split("\x1e")
        if "2" in packets:
            self.post("3")
        self.seen += sum(packet.startswith("42") for packet in packets)
        return [packet for packet in packets if packet != "2"]

    def post(self, packet: str) -> None:
        with urllib.request.urlopen(self.url, packet.encode(), timeout=10) as answer:  # noqa: S310
            assert answer.status == 200

    def upgrade(self) -> tuple[Raw, list[str]]:
        """Change to a WebSocket the way browsers do; return it with what still came by polling."""
        raw = Raw(self.port, sid=self.sid)
        raw.ws.send("2probe")
        assert raw.ws.recv() == "3probe"
        packets: list[str] = []
        while "6" not in packets:
            packets += self.get()
        time.sleep(0.05)  # whatever is sent now has to wait for the end of the upgrade
        raw.ws.send("5")
        raw.read_ahead()
        self.seen = math.inf
        return raw, packets
