"""Who is in which room, and who speaks there: in memory for one process, shared through Redis for several.

Presence is a convenience, never a right: when Redis is away each process knows its own people, and nothing breaks.
"""

import json
import os
import secrets
import time
from collections import defaultdict
from typing import Any, Protocol

import redis
import structlog
from flask import current_app
from redis.exceptions import RedisError

from config import Settings

log = structlog.get_logger(__name__)

STREAMS_MAX = 255
PROCESS_TTL = 15  # seconds after which the people of a process that died are gone
BEAT_SECONDS = 5


class Presence(Protocol):
    """Count connections, and tell people: one person with two tabs is one person."""

    def enter(self, room: str, person: str, connection: str) -> bool:
        """Add a connection; tell whether it is the person's first in the room."""

    def leave(self, room: str, person: str, connection: str) -> bool:
        """Take a connection away; tell whether it was the person's last in the room."""

    def people(self, room: str) -> list[str]:
        """Return the ids of the people in the room, in the order in which they came."""

    def counts(self, rooms: list[str]) -> dict[str, int]:
        """Return how many people are in each room."""

    def open_stream(self, room: str, info: dict[str, Any]) -> int | None:
        """Return a free number (0..254) for a voice; none when too many speak."""

    def close_stream(self, room: str, stream: int) -> bool:
        """End a voice; tell whether it was open."""

    def streams(self, room: str) -> dict[int, dict[str, Any]]:
        """Return the open voices of the room."""

    def beat(self) -> None:
        """Say that this process lives."""


class MemoryPresence:
    """Keep presence in this process."""

    def __init__(self) -> None:
        self._people: dict[str, dict[str, set[str]]] = defaultdict(dict)
        self._streams: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)

    def enter(self, room: str, person: str, connection: str) -> bool:
        connections = self._people[room].setdefault(person, set())
        connections.add(connection)
        return len(connections) == 1

    def leave(self, room: str, person: str, connection: str) -> bool:
        people = self._people.get(room, {})
        connections = people.get(person, set())
        if connection not in connections:
            return False
        connections.discard(connection)
        if connections:
            return False
        del people[person]
        if not people:
            self._people.pop(room, None)
        return True

    def people(self, room: str) -> list[str]:
        return list(self._people.get(room, ()))

    def counts(self, rooms: list[str]) -> dict[str, int]:
        return {room: len(self._people.get(room, ())) for room in rooms}

    def open_stream(self, room: str, info: dict[str, Any]) -> int | None:
        taken = self._streams[room]
        # A number that was just freed would be taken for the old voice by late packets: go on, not back to the lowest.
        start = secrets.randbelow(STREAMS_MAX)
        for offset in range(STREAMS_MAX):
            number = (start + offset) % STREAMS_MAX
            if number not in taken:
                taken[number] = info
                return number
        return None

    def close_stream(self, room: str, stream: int) -> bool:
        closed = self._streams.get(room, {}).pop(stream, None) is not None
        if not self._streams.get(room):
            self._streams.pop(room, None)
        return closed

    def streams(self, room: str) -> dict[int, dict[str, Any]]:
        return dict(self._streams.get(room, {}))

    def beat(self) -> None:
        return


class _Tolerant:
    """Go on without Redis: the block ends where it failed, and what stands after it answers for this process."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, RedisError | OSError):
            return False
        log.warning("presence_not_shared", error=type(error).__name__)
        return True


class RedisPresence:
    """Share presence between processes; what this process knows is the floor when Redis is away."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_connect_timeout=1, socket_timeout=1, decode_responses=True, protocol=2
        )
        self._process = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._here = MemoryPresence()
        self._connections: set[tuple[str, str]] = set()
        self._beat_at = 0.0

    def _members(self, room: str) -> dict[str, float]:
        """Return person -> time of arrival, of all processes that live."""
        rows: dict[str, str] = self._redis.hgetall(f"elearn:room:{room}:people")  # type: ignore[assignment]
        alive = self._alive({field.split("|")[1] for field in rows})
        arrived: dict[str, float] = {}
        for field, at in rows.items():
            person, process, _connection = field.split("|", 2)
            if process in alive:
                arrived[person] = min(float(at), arrived.get(person, float("inf")))
            else:
                self._redis.hdel(f"elearn:room:{room}:people", field)
        return arrived

    def _alive(self, processes: set[str]) -> set[str]:
        others = sorted(processes - {self._process})
        beats = self._redis.mget([f"elearn:process:{name}" for name in others]) if others else []
        return {name for name, beat in zip(others, beats, strict=True) if beat} | {self._process}

    def enter(self, room: str, person: str, connection: str) -> bool:
        first = self._here.enter(room, person, connection)
        field = f"{person}|{self._process}|{connection}"
        self.beat()
        self._connections.add((room, field))
        with _Tolerant():
            known = person in self._members(room)
            self._redis.hset(f"elearn:room:{room}:people", field, str(time.time()))
            return first and not known
        return first

    def leave(self, room: str, person: str, connection: str) -> bool:
        last = self._here.leave(room, person, connection)
        field = f"{person}|{self._process}|{connection}"
        if (room, field) not in self._connections:
            return False
        self._connections.discard((room, field))
        with _Tolerant():
            self._redis.hdel(f"elearn:room:{room}:people", field)
            return last and person not in self._members(room)
        return last

    def people(self, room: str) -> list[str]:
        with _Tolerant():
            members = self._members(room)
            return sorted(members, key=lambda person: members[person])
        return self._here.people(room)

    def counts(self, rooms: list[str]) -> dict[str, int]:
        with _Tolerant():
            return {room: len(self._members(room)) for room in rooms}
        return self._here.counts(rooms)

    def open_stream(self, room: str, info: dict[str, Any]) -> int | None:
        value = json.dumps(info | {"process": self._process})
        with _Tolerant():
            start = secrets.randbelow(STREAMS_MAX)
            for offset in range(STREAMS_MAX):
                number = (start + offset) % STREAMS_MAX
                if self._redis.hsetnx(f"elearn:room:{room}:streams", str(number), value):
                    return number
            return None
        return self._here.open_stream(room, info)

    def close_stream(self, room: str, stream: int) -> bool:
        here = self._here.close_stream(room, stream)
        with _Tolerant():
            return bool(self._redis.hdel(f"elearn:room:{room}:streams", str(stream))) or here
        return here

    def streams(self, room: str) -> dict[int, dict[str, Any]]:
        with _Tolerant():
            rows: dict[str, str] = self._redis.hgetall(f"elearn:room:{room}:streams")  # type: ignore[assignment]
            found = {int(number): json.loads(value) for number, value in rows.items()}
            alive = self._alive({info["process"] for info in found.values()})
            for number in [number for number, info in found.items() if info["process"] not in alive]:
                self._redis.hdel(f"elearn:room:{room}:streams", str(number))
                del found[number]
            return found | self._here.streams(room)
        return self._here.streams(room)

    def beat(self) -> None:
        """Say that this process lives; after an outage, say again who is here."""
        if time.monotonic() - self._beat_at < BEAT_SECONDS:
            return
        with _Tolerant():
            fresh = self._redis.set(f"elearn:process:{self._process}", "1", ex=PROCESS_TTL, nx=True)
            if fresh and self._connections:
                with self._redis.pipeline() as pipe:
                    for room, field in self._connections:
                        pipe.hset(f"elearn:room:{room}:people", field, str(time.time()))
                    pipe.execute()
            self._redis.expire(f"elearn:process:{self._process}", PROCESS_TTL)
            self._beat_at = time.monotonic()


def current_presence() -> Presence:
    """Return the presence of the application that we run in."""
    presence: Presence = current_app.extensions["presence"]
    return presence


def make_presence(settings: Settings) -> Presence:
    """Choose the adapter that the settings ask for."""
    return RedisPresence(settings.redis_url) if settings.redis_url else MemoryPresence()
