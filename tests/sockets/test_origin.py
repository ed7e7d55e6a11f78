"""Only pages of our own origin may open sockets with somebody's cookie."""

import pytest
import requests
import websocket

from tests.people import People
from tests.servers import RunningSchool

EVIL = [
    "https://evil.example",
    "null",
    "http://127.0.0.1.evil.example",
    "http://evil.example/127.0.0.1",
    "file://",
    "http://127.0.0.1:1",
    "https://sub.127.0.0.1",
]


def handshake(server: RunningSchool, school: People, origin: str) -> websocket.WebSocket:
    return websocket.create_connection(
        server.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket",
        origin=origin,
        cookie=f"session={server.cookie(school.ben)}",
        timeout=10,
    )


@pytest.mark.parametrize("origin", EVIL)
def test_a_foreign_origin_is_refused_on_both_transports(server: RunningSchool, school: People, origin: str) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException):
        handshake(server, school, origin)
    answer = requests.get(
        f"{server.url}/socket.io/?EIO=4&transport=polling",
        headers={"Origin": origin, "Cookie": f"session={server.cookie(school.ben)}"},
        timeout=10,
    )
    assert answer.status_code == 400
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_our_own_origin_comes_in_without_compression(server: RunningSchool, school: People) -> None:
    own = server.url
    connection = handshake(server, school, own)
    try:
        assert connection.recv().startswith("0{")  # type: ignore[union-attr]
        headers = {name.lower() for name in connection.getheaders() or {}}
        assert "sec-websocket-extensions" not in headers
    finally:
        connection.close()


def test_the_api_answers_no_foreign_preflight(server: RunningSchool) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = requests.options(f"{server.url}/api/courses/", headers=headers, timeout=10)
    assert "Access-Control-Allow-Origin" not in answer.headers
