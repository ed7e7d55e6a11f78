"""The protocol of the live room is the same in the browser's modules and in `elearn/sockets/protocol.py`."""

import re

import pytest

from elearn.sockets.audio import AudioNamespace
from elearn.sockets.classroom import ClassroomNamespace
from elearn.sockets.namespace import RoomNamespace
from elearn.sockets.notifications import NotificationsNamespace
from elearn.sockets.protocol import AUDIO, CLASSROOM, CLIENT_EVENTS, NOTIFICATIONS, SERVER_EVENTS, WHITEBOARD
from elearn.sockets.whiteboard import WhiteboardNamespace
from tests import sockets_client
from tests.architecture.sources import files, name_of

# `this.#ask("grant", ...)` emits what it is given; `link.on` and `this.link.on` listen.
SENT = re.compile(r"""(?:\.emit|\.send|\.sendBinary|#ask)\(\s*["'](\w+)["']""")
HEARD = re.compile(r"""\.on\(\s*["'](\w+)["']""")
OF_THE_LIBRARY = {"connect", "connect_error", "disconnect"}
NAMESPACES: dict[str, type[RoomNamespace]] = {
    CLASSROOM: ClassroomNamespace,
    WHITEBOARD: WhiteboardNamespace,
    AUDIO: AudioNamespace,
    NOTIFICATIONS: NotificationsNamespace,
}

# A client may do this; our pages have no need of it.
NOT_SENT_BY_US: dict[tuple[str, str], str] = {}
# Every namespace may close a seat or fall behind. The page listens to all of them in one loop.
EVERYWHERE = {"closed", "resync"}


def namespace_of(name: str) -> str:
    """Tell which link a module holds: each part of the room has one, and so has the bell."""
    if name.startswith("static/js/notifications/"):
        return NOTIFICATIONS
    if name.startswith(("static/js/classroom/board/", "static/js/classroom/board.js")):
        return WHITEBOARD
    return AUDIO if "/voice" in name else CLASSROOM


def events(pattern: re.Pattern[str]) -> set[tuple[str, str]]:
    return {
        (namespace_of(name_of(file)), event)
        for folder in ("static/js/classroom", "static/js/notifications")
        for file in files(folder, suffix=".js")
        for event in pattern.findall(file.read_text())
    } - {(namespace, event) for namespace in NAMESPACES for event in OF_THE_LIBRARY}


def test_what_the_browser_sends_exists() -> None:
    known = {(namespace, event) for namespace, found in CLIENT_EVENTS.items() for event in found}
    assert events(SENT) - known == set()
    assert known - events(SENT) == set(NOT_SENT_BY_US)


def test_what_the_server_sends_is_heard() -> None:
    told = {(namespace, event) for namespace, found in SERVER_EVENTS.items() for event in found}
    assert {one for one in events(HEARD) - told if one[1] not in EVERYWHERE} == set()
    assert {one for one in told - events(HEARD) if one[1] not in EVERYWHERE} == set()
    room = next(file for file in files("static/js/classroom", suffix=".js") if file.name == "room.js").read_text()
    for event in EVERYWHERE:
        assert re.search(rf"for \(const link of [^)]*\)[^}}]*\.on\(\"{event}\"", room, re.DOTALL)


def test_what_the_server_sends_is_in_the_protocol() -> None:
    sent = {
        event
        for file in [*files("sockets"), *files("services"), *files("integrations/realtime.py")]
        for event in re.findall(
            r"""(?:publish|relay|\.emit|self\._send)\(\s*(?:[\w.]+,\s*)*(?:str\([\w.]+\),\s*|sound_of\(\w+\),\s*|room,\s*)?["'](\w+)["']""",
            file.read_text(),
        )
    }
    known = {event for found in SERVER_EVENTS.values() for event in found}
    assert 'data=["resync", ' in files("integrations/fanout.py")[0].read_text()  # made by hand, for a full queue
    assert 'NAMESPACE, ROOM, EVENT = "/notifications", "feed", "status"' in files("services/statuses.py")[0].read_text()
    assert sent | {"resync", "status"} == known


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_event_has_its_handler(namespace: str) -> None:
    kind = NAMESPACES[namespace]
    handlers = {name.removeprefix("on_") for name in vars(kind) if name.startswith("on_")}
    assert handlers == set(CLIENT_EVENTS[namespace])


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_the_client_of_the_tests_hears_all(namespace: str) -> None:
    assert set(sockets_client.EVENTS[namespace]) == SERVER_EVENTS[namespace]
