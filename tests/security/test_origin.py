"""SE-03: sockets open from our own pages and from those that are named, whatever a request says about its host."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import websocket
from flask import Flask

from config import Settings
from elearn.sockets.origins import allowed_by, origin_of
from tests import servers
from tests.conftest import settings_for
from tests.people import People
from tests.servers import RunningSchool

PARTNER = "https://partner.example"
EVIL = "https://evil.example"
FORGED = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
Status = Callable[..., tuple[int, int]]


@pytest.fixture
def with_partner(app: Flask, settings: Settings) -> Iterator[RunningSchool]:
    with servers.running(app, settings, ALLOWED_ORIGINS=f"{PARTNER}/, https://friend.example:443") as running:
        yield running


def statuses(server: RunningSchool, cookie: str, origin: str, **forwarded: str) -> tuple[int, int]:
    """Return how both transports answer: a poll, and a websocket that is open at once (101 counts as 200)."""
    headers = {"Cookie": f"session={cookie}", **forwarded}
    address = f"{server.url}/socket.io/?EIO=4&transport="
    polled = requests.get(f"{address}polling", headers={"Origin": origin, **headers}, timeout=10)
    assert ("Access-Control-Allow-Origin" in polled.headers) == (polled.status_code == 200)
    try:
        opened = websocket.create_connection(
            address.replace("http", "ws", 1) + "websocket", origin=origin, header=headers, timeout=10
        )
    except websocket.WebSocketBadStatusException as refused:
        return polled.status_code, refused.status_code
    opened.close()
    return polled.status_code, 200


def test_own_pages_and_partners_come_in_and_nobody_else(with_partner: RunningSchool, school: People) -> None:
    cookie = with_partner.cookie(school.ben)
    for origin in (with_partner.url, PARTNER, "https://friend.example"):
        assert statuses(with_partner, cookie, origin) == (200, 200), origin
    for origin in (
        EVIL, "null", "https://partner.example.evil", "http://partner.example", f"{PARTNER}:8443",
        "https://evil.example/https://partner.example", with_partner.url.replace("http:", "https:"),
    ):  # fmt: skip
        assert statuses(with_partner, cookie, origin) == (400, 400), origin
    assert statuses(with_partner, cookie, EVIL, **FORGED) == (400, 400), "no proxy is trusted"
    assert statuses(with_partner, cookie, PARTNER, **FORGED) == (200, 200)


def asked(host: str, scheme: str = "http", **headers: str) -> dict[str, Any]:
    named = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    return {"wsgi.url_scheme": scheme, "HTTP_HOST": host, "REMOTE_ADDR": "127.0.0.1"} | named


def may_open(settings: Settings, origin: str | None, environ: dict[str, Any]) -> bool:
    return allowed_by(settings)(origin, environ)


def test_the_address_of_the_school_decides_where_it_is_set(settings: Settings) -> None:
    set_up = settings_for(settings.instance_path, base_url="https://School.example:443/", trusted_proxies=1)
    for host in ("school.example", "127.0.0.1:5000", "evil.example"):
        environ = asked(host, x_forwarded_host=host, x_forwarded_proto="https")
        assert may_open(set_up, "https://school.example", environ)
        for origin in ("http://school.example", "https://evil.example", "https://school.example:8443", "null", None):
            assert not may_open(set_up, origin, environ), origin


@pytest.mark.parametrize(("proxies", "own"), [(0, "http://school.example"), (1, "https://outside.example")])
def test_without_an_address_proxies_count_as_far_as_they_are_trusted(
    settings: Settings, proxies: int, own: str
) -> None:
    unset = settings_for(settings.instance_path, trusted_proxies=proxies)
    environ = asked("school.example:80", x_forwarded_host="outside.example", x_forwarded_proto="https")
    assert may_open(unset, own, environ)
    for origin in {"http://school.example", "https://outside.example", "https://school.example"} - {own}:
        assert not may_open(unset, origin, environ), origin


def test_hosts_that_make_no_sense_let_nobody_in(settings: Settings) -> None:
    for host in ("", "[", "a b", "é.example", "x" * 5000, "..", "evil.example@school.example"):
        assert not may_open(settings, EVIL, asked(host)), host
    assert not may_open(settings, EVIL, {})


def test_origins_are_written_as_browsers_do() -> None:
    assert origin_of("HTTPS://School.Example:443/path?x") == "https://school.example"
    assert origin_of("http://school.example:8080") == "http://school.example:8080"
    assert origin_of("http://[::1]:5000/") == "http://[::1]:5000"
    assert origin_of("https://müllerschule.example") == "https://xn--mllerschule-thb.example"
