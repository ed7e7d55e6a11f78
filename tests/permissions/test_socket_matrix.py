"""Every event of the live room, sent by everybody: the acks are those of the matrix, and a refusal changes nothing."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask_socketio import SocketIOTestClient

from elearn.extensions import db, socketio
from elearn.sockets.protocol import AUDIO, CLASSROOM, CLIENT_EVENTS, NOTIFICATIONS, WHITEBOARD
from tests.permissions.socket_matrix import EVENTS, VOICE, Event
from tests.permissions.world import COLUMNS, Visitor, World, cells

REFUSALS = {"unauthenticated": "s", "forbidden": "f", "not_joined": "f", "not_started": "f", "not_found": "h"}


@pytest.fixture(autouse=True)
def nothing_runs_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is told a moment later out of the comparison."""
    monkeypatch.setattr(socketio, "start_background_task", lambda *_, **__: None)


def test_every_event_has_its_row() -> None:
    known = {" ".join(key.split(" ")[:2]) for key in EVENTS}
    assert known == {f"{namespace} {event}" for namespace, events in CLIENT_EVENTS.items() for event in events}


@contextmanager
def connected(world: World, visitor: Visitor, namespace: str) -> Iterator[SocketIOTestClient | None]:
    """Yield a socket of somebody who was let in, or nothing."""
    auth = {"token": visitor.tokens["access_token"]} if visitor.tokens else None
    client = socketio.test_client(world.app, namespace=namespace, auth=auth)
    try:
        yield client if client.is_connected(namespace) else None
    finally:
        if client.is_connected(namespace):
            client.disconnect(namespace)


def send(client: SocketIOTestClient, namespace: str, event: str, payload: Any) -> dict[str, Any]:
    ack: dict[str, Any] = client.emit(event, payload, namespace=namespace, callback=True)
    db.session.remove()  # the test looks afresh at what the event has changed
    return ack


def packet(stream: int) -> bytes:
    return struct.pack(">BBHIH", 1 << 4, stream, 0, 0, 3) + b"abc"


def asked(world: World, visitor: Visitor, key: str, row: Event) -> tuple[str, bool]:
    """Return the letter of the ack, and whether any row changed."""
    namespace, event = key.split(" ")[:2]
    room = {"room": str(visitor.place.room_id)}
    with connected(world, visitor, namespace) as client:
        if client is None:
            return "s", False
        started = {}
        for name in row.first:
            started = send(client, namespace, name, room | (VOICE if name == "start" else {}))
        before = world.rows()
        payload: Any = packet(started.get("stream", 7)) if event == "frame" else room | row.payload(visitor)
        ack = send(client, namespace, event, payload)
        is_changed = world.rows() != before
    return "+" if ack["ok"] else REFUSALS.get(ack["error"]["code"], ack["error"]["code"]), is_changed


@pytest.mark.parametrize("key", EVENTS)
def test_everybody_gets_what_the_matrix_says(world: World, key: str) -> None:
    row = EVENTS[key]
    expected, found, broken = cells(row.cells), {}, []
    for column in COLUMNS:
        visitor = world.visitors[column]
        world.prepare(row.given, visitor)
        found[column], is_changed = asked(world, visitor, key, row)
        if found[column] != "+" and is_changed:
            broken.append(f"{column}: refused, and rows changed")
        if found[column] == "+" and row.leaves_rows and not is_changed:
            broken.append(f"{column}: said to be done, and no row changed")
    differ = {column: (expected[column], found[column]) for column in COLUMNS if expected[column] != found[column]}
    assert not differ, f"expected and found: {differ}"
    assert not broken


@pytest.mark.parametrize("namespace", [CLASSROOM, WHITEBOARD, AUDIO, NOTIFICATIONS])
def test_a_cookie_lets_in_as_a_token_does(world: World, namespace: str) -> None:
    world.prepare()
    for column in COLUMNS:
        browser = world.browser(world.visitors[column])
        client = socketio.test_client(world.app, namespace=namespace, flask_test_client=browser)
        is_in = client.is_connected(namespace)
        assert is_in == (not column.startswith(("anonymous", "blocked"))), column
        if is_in:
            client.disconnect(namespace)


@pytest.mark.parametrize("namespace", [CLASSROOM, WHITEBOARD, AUDIO, NOTIFICATIONS])
@pytest.mark.parametrize("token", ["", "none", "a.b.c", None, 7, ["x"]])
def test_a_token_that_is_none_lets_nobody_in(world: World, namespace: str, token: Any) -> None:
    # Not even with a cookie beside it: whoever shows a token means the token.
    browser = world.browser(world.visitors["admin own"])
    client = socketio.test_client(world.app, namespace=namespace, auth={"token": token}, flask_test_client=browser)
    assert not client.is_connected(namespace)


@pytest.mark.parametrize("namespace", [CLASSROOM, WHITEBOARD, AUDIO, NOTIFICATIONS])
def test_what_is_no_event_is_refused(world: World, namespace: str) -> None:
    with connected(world, world.visitors["admin own"], namespace) as client:
        assert client is not None
        for event in ("unknown", "stand_up", "sit_down", "put_out", "on_join", "trigger_event", "close_soon", ""):
            assert send(client, namespace, event, {})["error"]["code"] == "unknown_event"


def test_a_refresh_token_is_no_key_to_the_room(world: World) -> None:
    refresh = world.visitors["admin own"].tokens["refresh_token"]
    assert not socketio.test_client(world.app, namespace=CLASSROOM, auth={"token": refresh}).is_connected(CLASSROOM)
