"""Carry passing events and control messages between the processes of one school, over Redis.

One channel for each room, subscribed to only while somebody of this process is in the room; one channel for control
messages. Nothing here waits for Redis and nothing fails without it: what cannot be carried now is lost, which is what
these messages allow. Both greenlets start with the first socket, so commands and workers have none.
"""

import json
import struct
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

import redis
import structlog
from flask_socketio import SocketIO
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger(__name__)

ROOM, CONTROL, WAKE = "elearn:relay:", "elearn:control", "elearn:wake:"
WAITING_MAX = 1000  # messages that may wait for Redis; the oldest go first
QUIET_SECONDS = 1.0  # how long nothing is sent to a room that no other process heard, or while Redis is away
AGAIN_SECONDS = 1.0
SWEEP_SECONDS = 5.0
SEND_TIMEOUT = 2.0

Deliver = Callable[[str, str, str, tuple[Any, ...]], None]  # namespace, room, event, arguments
Hear = Callable[[dict[str, Any]], None]


class Relays:
    """The channels of one process."""

    def __init__(self, live: SocketIO, url: str, deliver: Deliver, hear: Hear) -> None:
        self._live = live
        self._url = url
        self._deliver = deliver
        self._hear = hear
        self._process = uuid.uuid4().hex
        self._redis = redis.Redis.from_url(
            url, socket_connect_timeout=SEND_TIMEOUT, socket_timeout=SEND_TIMEOUT, retry=Retry(NoBackoff(), 1)
        )
        self._started = False
        self._news = threading.Event()
        self._passing: deque[tuple[str, bytes]] = deque(maxlen=WAITING_MAX)
        self._lasting: deque[tuple[str, bytes]] = deque(maxlen=WAITING_MAX)
        self._quiet: dict[str, float] = {}  # channel: until when nobody else is expected to hear it
        self._away_until = 0.0
        self._subscribed: set[str] = set()

    def start(self) -> None:
        """Start both greenlets, once."""
        if not self._started:
            self._started = True
            self._live.start_background_task(self._send_all)
            self._live.start_background_task(self._listen)

    def relay(self, namespace: str, room: str, event: str, args: tuple[Any, ...]) -> None:
        """Send a passing event to the listeners in other processes, if there are any."""
        channel = ROOM + room
        if self._quiet.get(channel, self._away_until) < time.monotonic():
            self._passing.append((channel, pack(self._process, namespace, event, args)))
            self._news.set()

    def control(self, message: dict[str, Any]) -> None:
        """Send a control message to the other processes; a command sends it before it ends."""
        self._lasting.append((CONTROL, json.dumps([self._process, message]).encode()))
        if self._started:
            self._news.set()
        else:
            self._send_waiting()

    def entered(self, room: str) -> None:
        """Listen for a room that somebody of this process entered."""
        if ROOM + room not in self._subscribed:
            self._lasting.append((WAKE + self._process, b""))
            self._news.set()

    # -- sending ----------------------------------------------------------------------------------------------------

    def _send_all(self) -> None:
        while True:
            self._news.wait()
            self._news.clear()
            self._send_waiting()

    def _send_waiting(self) -> None:
        while batch := [*self._lasting, *self._passing]:
            self._lasting.clear()
            self._passing.clear()
            try:
                with self._redis.pipeline(transaction=False) as pipe:
                    for channel, message in batch:
                        pipe.publish(channel, message)
                    heard = pipe.execute()
            except (RedisError, OSError) as error:
                self._away_until = time.monotonic() + QUIET_SECONDS
                self._quiet.clear()
                log.warning("relay_without_redis", lost=len(batch), reason=type(error).__name__)
                return
            for (channel, _), count in zip(batch, heard, strict=True):
                self._note(channel, count)

    def _note(self, channel: str, heard: int) -> None:
        """Remember how many heard it: a room that is all in this process costs Redis one message a second."""
        if heard <= (channel in self._subscribed):
            self._quiet[channel] = time.monotonic() + QUIET_SECONDS
        else:
            self._quiet.pop(channel, None)

    # -- listening --------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        while True:
            try:
                self._listen_once()
            except (RedisError, OSError) as error:
                log.warning("relay_not_listening", reason=type(error).__name__)
            self._subscribed = set()
            self._live.sleep(AGAIN_SECONDS)

    def _listen_once(self) -> None:
        client: Any = redis.Redis.from_url(
            self._url, socket_connect_timeout=SEND_TIMEOUT, socket_keepalive=True, health_check_interval=SWEEP_SECONDS
        )
        with client, client.pubsub(ignore_subscribe_messages=True) as channels:
            channels.subscribe(CONTROL, WAKE + self._process)
            self._follow_rooms(channels)
            swept = time.monotonic()
            while True:
                message = channels.get_message(timeout=SWEEP_SECONDS)
                now = time.monotonic()
                if message is not None:
                    self._receive(channels, message["channel"].decode(), message["data"])
                if message is None or now - swept > SWEEP_SECONDS:
                    self._follow_rooms(channels)
                    swept = now

    def _receive(self, channels: Any, channel: str, data: bytes) -> None:
        try:
            if channel == CONTROL:
                process, content = json.loads(data)
                if process != self._process:
                    self._hear(content)
            elif channel.startswith(ROOM):
                process, namespace, event, args = unpack(data)
                if process != self._process:
                    self._deliver(namespace, channel.removeprefix(ROOM), event, args)
            else:
                self._follow_rooms(channels)
        except (ValueError, TypeError, struct.error):
            log.warning("relay_unreadable", channel=channel)

    def _follow_rooms(self, channels: Any) -> None:
        """Subscribe to the rooms that somebody of this process is in, and to no others."""
        here = {ROOM + room for room in self._rooms_here()}
        known = self._subscribed
        self._subscribed = here
        if gone := known - here:
            channels.unsubscribe(*gone)
        if new := here - known:
            channels.subscribe(*new)

    def _rooms_here(self) -> set[str]:
        """Return the names of the rooms, without the one that each socket has for itself."""
        namespaces = list(self._live.server.manager.rooms.values())
        return {room for rooms in namespaces for room in list(rooms) if room is not None and room not in rooms[None]}


def pack(process: str, namespace: str, event: str, args: tuple[Any, ...]) -> bytes:
    """Write an event as bytes: a JSON header, then the arguments that are bytes as they are."""
    blobs = [arg for arg in args if isinstance(arg, bytes)]
    plain = [None if isinstance(arg, bytes) else arg for arg in args]
    places = [[index, len(arg)] for index, arg in enumerate(args) if isinstance(arg, bytes)]
    header = json.dumps([process, namespace, event, plain, places], separators=(",", ":")).encode()
    return b"".join((struct.pack("!I", len(header)), header, *blobs))


def unpack(data: bytes) -> tuple[str, str, str, tuple[Any, ...]]:
    """Read what `pack` wrote."""
    at = 4 + struct.unpack_from("!I", data)[0]
    process, namespace, event, args, places = json.loads(data[4:at])
    for index, length in places:
        args[index] = data[at : at + length]
        at += length
    return process, namespace, event, tuple(args)
