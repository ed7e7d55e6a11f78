"""Pushing: after the commit and in its order, at once where it passes, and between two processes over Redis."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask

from elearn.extensions import socketio
from elearn.integrations import realtime
from elearn.transaction import transactional
from tests.integrations.raw_client import Raw, running
from tests.services_for_tests import free_port, missing, own_redis, wait_until

NAMESPACE = "/classroom"


class Changed(Exception):  # noqa: N818 - a reason to roll back, not a failure
    """Rolls a transaction back."""


@pytest.fixture
def sent(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keep the names of the events that leave, in their order."""
    names: list[str] = []
    monkeypatch.setattr(socketio, "emit", lambda event, *_args, **_options: names.append(event))
    return names


@transactional
def act(*events: str, then: Callable[[], None] = lambda: None) -> None:
    for event in events:
        realtime.publish(NAMESPACE, "room", event, {})
    then()


def test_what_is_published_leaves_after_the_commit(sent: list[str]) -> None:
    seen_inside: list[list[str]] = []
    act("first", "second", then=lambda: seen_inside.append(list(sent)))
    assert seen_inside == [[]]
    assert sent == ["first", "second"]


def test_a_rolled_back_action_sends_nothing(sent: list[str]) -> None:
    def fail() -> None:
        raise Changed

    with pytest.raises(Changed):
        act("never", then=fail)
    act("later")
    assert sent == ["later"]


def test_outside_a_transaction_it_leaves_at_once(sent: list[str]) -> None:
    realtime.publish(NAMESPACE, "room", "now", {})
    assert sent == ["now"]


def test_a_listener_to_control_that_fails_does_not_stop_the_others(app: Flask) -> None:
    heard: list[dict[str, Any]] = []

    def fail(_message: dict[str, Any]) -> None:
        raise Changed

    realtime.on_control(fail)
    realtime.on_control(heard.append)
    realtime.control({"recheck": "room", "id": "1"})
    assert heard == [{"recheck": "room", "id": "1"}]


# Two processes


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with own_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="module")
def ports(redis_url: str) -> Iterator[tuple[int, int]]:
    with running(redis_url) as one, running(redis_url) as other:
        yield one, other


@pytest.fixture(autouse=True)
def _everybody_leaves() -> Iterator[None]:
    yield
    Raw.close_all()


def relays(speaker: Raw, listener: Raw, seconds: float = 8.0) -> bool:
    """Tell whether a passing event of one reaches the other before long."""
    end = time.monotonic() + seconds
    probes = 0
    while time.monotonic() < end:
        probes += 1
        speaker.call("relay", "r", f"probe {probes}")
        time.sleep(0.1)
        if listener.frames_waiting():
            name, _ = listener.event()
            if name == "passing":
                while listener.frames_waiting():
                    listener.event()
                return True
    return False


@pytest.mark.redis
def test_passing_events_reach_the_other_process_unchanged(ports: tuple[int, int]) -> None:
    speaker, near, far = Raw(ports[0]), Raw(ports[0]), Raw(ports[1])
    assert relays(speaker, far)
    blob = bytes(range(256)) * 4
    speaker.ws.send('452-/t,["relay","r",{"note":"ü"},{"_placeholder":true,"num":0},7,{"_placeholder":true,"num":1}]')
    speaker.ws.send_binary(blob)
    speaker.ws.send_binary(b"")
    for listener in (near, far):
        while (event := listener.event())[1][0] != {"note": "ü"}:
            assert event[0] == "passing"
        assert event == ("passing", [{"note": "ü"}, blob, 7, b""])
    assert not speaker.frames_waiting()


@pytest.mark.redis
def test_lasting_events_reach_the_other_process_once(ports: tuple[int, int]) -> None:
    speaker, far = Raw(ports[0]), Raw(ports[1])
    for number in range(20):
        speaker.call("lasting", "r", number)
    assert [args[0] for args in far.events("lasting", 20)] == list(range(20))
    time.sleep(0.2)
    assert not far.frames_waiting()


@pytest.mark.redis
def test_control_reaches_the_other_process(ports: tuple[int, int]) -> None:
    near, far = Raw(ports[0]), Raw(ports[1])
    near.call("control", {"recheck": "person", "id": "7"})
    assert wait_until(lambda: {"recheck": "person", "id": "7"} in far.call("state")["heard"])
    assert near.call("state")["heard"].count({"recheck": "person", "id": "7"}) == 1


@pytest.mark.redis
def test_a_room_in_one_process_hardly_troubles_redis(ports: tuple[int, int], redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        speaker, near = Raw(ports[0]), Raw(ports[0])
        quiet = "elearn:relay:r"
        assert wait_until(lambda: client.pubsub_numsub(quiet)[0][1] == 1, 15)  # the other process has let the room go
        sent = []
        for _ in range(3):  # on a busy machine Redis may answer late, and what came meanwhile was sent too
            before = client.info("commandstats")["cmdstat_publish"]["calls"]
            for number in range(100):
                speaker.call("relay", "r", number)
            assert [args[0] for args in near.events("passing", 100)] == list(range(100))
            sent.append(client.info("commandstats")["cmdstat_publish"]["calls"] - before)
        assert min(sent) < 20, sent


@pytest.mark.redis
def test_without_redis_everything_here_goes_on_and_it_is_found_again(tmp_path: Path) -> None:
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"

    def start() -> subprocess.Popen[bytes]:
        try:
            process = subprocess.Popen(
                ["redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path)],  # noqa: S607
                stdout=subprocess.DEVNULL,
            )
        except FileNotFoundError:
            missing("Redis", "redis-server")
        assert wait_until(lambda: redis.Redis.from_url(url).ping())
        return process

    store = start()
    try:
        with running(url) as one, running(url) as other:
            speaker, near, far = Raw(one), Raw(one), Raw(other)
            assert relays(speaker, far)
            store.kill()
            store.wait(10)
            began = time.monotonic()
            for number in range(50):
                assert speaker.call("relay", "r", "alone", number) == "sent"
                assert speaker.call("control", {"number": number}) == "sent"
            assert time.monotonic() - began < 5
            while (event := near.event())[1] != ["alone", 49]:
                assert event[0] == "passing"
            store = start()
            assert relays(speaker, far, 15)
    finally:
        store.kill()
        store.wait(10)
