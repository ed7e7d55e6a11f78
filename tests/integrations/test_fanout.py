"""The fan-out against a running server: order, bytes and bounds, for whoever keeps up and whoever does not."""

import base64
import json
import threading
import time
from collections.abc import Iterator

import engineio.socket
import pytest
import socketio
from flask import Flask
from flask_socketio import SocketIO

from elearn.integrations import fanout
from tests.integrations.raw_client import NAMESPACE, Polling, Raw, running

SMALL = 4096  # bytes that a slow client takes before it reads
STALL = 2
ROUND = 10


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(STALL_SECONDS=str(STALL)) as port:
        yield port


@pytest.fixture(autouse=True)
def _everybody_leaves() -> Iterator[None]:
    yield
    Raw.close_all()


def numbers(events: list[list[object]]) -> list[object]:
    return [args[0] for args in events]


def flood(healthy: list[Raw], count: int, size: int, kind: str = "lasting") -> None:
    """Send so many events to the room, no faster than those who read take them, and check that they get each."""
    name = "lasting" if kind == "lasting" else "passing"
    for first in range(0, count, ROUND):
        part = min(ROUND, count - first)
        healthy[0].send("many", "r", first, part, size, kind)
        for client in healthy:
            assert numbers(client.events(name, part)) == list(range(first, first + part))


def wait_for_gone(watcher: Raw, sid: str, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if sid in watcher.call("state")["gone"]:
            return True
        time.sleep(0.1)
    return False


def test_no_compression_is_negotiated(port: int) -> None:
    assert "sec-websocket-extensions" not in Raw(port).ws.getheaders()


def test_partial_writes_keep_order_and_bytes(port: int) -> None:
    slow, quick = Raw(port, window=SMALL), Raw(port)
    flood([quick], 55, 4000)  # more than the kernel holds, less than the bound
    assert slow.events("lasting", 55) == [[number, "x" * 4000] for number in range(55)]


def test_frames_of_every_length_arrive(port: int) -> None:
    client = Raw(port)
    for size in (0, 90, 100, 126, 65_400, 65_536, 150_000):
        client.send("lasting", "r", "ü" * size)
        assert client.events("lasting", 1) == [["ü" * size]]


def test_a_client_that_goes_away_in_the_middle_hurts_nobody(port: int) -> None:
    clients = [Raw(port) for _ in range(4)]
    leaver = Raw(port, window=SMALL)
    cut = threading.Timer(0.05, leaver.cut)
    cut.start()
    flood(clients, 200, 3000)
    cut.join()
    assert wait_for_gone(clients[0], leaver.sid, 5)


def test_a_client_that_never_reads_is_closed_and_costs_a_bounded_amount(port: int) -> None:
    silent, healthy = Raw(port, window=SMALL), Raw(port)
    before = healthy.call("state")["memory"]
    began = time.monotonic()
    flood([healthy], 600, 10_000)
    assert healthy.call("state")["memory"] - before < 4_000_000  # it was sent 6 MB
    assert wait_for_gone(healthy, silent.sid, STALL + 5)
    assert time.monotonic() - began < STALL + 8
    flood([healthy], 3, 10)


def test_a_client_that_takes_nothing_is_closed_even_when_little_waits(port: int) -> None:
    silent, healthy = Raw(port, window=SMALL), Raw(port)
    flood([healthy], 55, 4000)
    assert silent.sid not in healthy.call("state")["gone"]
    assert wait_for_gone(healthy, silent.sid, STALL + 5)


def test_whoever_falls_behind_is_told_before_the_end(port: int) -> None:
    slow, healthy = Raw(port, window=SMALL), Raw(port)
    flood([healthy], 300, 5000)
    got: list[object] = []
    while (event := slow.event())[0] == "lasting":
        got.append(event[1][0])
    assert event == ("resync", [{"reason": "slow"}])
    assert got == list(range(len(got)))
    assert 0 < len(got) < 300
    assert slow.event()[0] == "end"  # Engine.IO's own: clients come back by themselves
    assert wait_for_gone(healthy, slow.sid, 5)


def test_passing_events_are_skipped_and_lasting_ones_are_not(port: int) -> None:
    slow, healthy = Raw(port, window=SMALL), Raw(port)
    flood([healthy], 300, 5000, "passing")
    flood([healthy], 5, 10)
    passing: list[object] = []
    while (event := slow.event())[0] == "passing":
        passing.append(event[1][0])
    assert event == ("lasting", [0, "x" * 10])
    assert numbers(slow.events("lasting", 4)) == [1, 2, 3, 4]
    assert passing == list(range(len(passing)))
    assert len(passing) < 300


@pytest.mark.parametrize("window", [None, SMALL])
def test_a_binary_event_arrives_whole_for_quick_and_for_slow_readers(port: int, window: int | None) -> None:
    listener, speaker = Raw(port, window=window), Raw(port)
    for first in range(0, 200, 20):
        speaker.send("many", "r", first, 20, 2000, "binary")
        speaker.send("many", "r", first // 10, 2, 2000, "lasting")
    names = {"passing": 0, "lasting": 0}
    while names["lasting"] < 20:
        name, args = listener.event()  # fails when an attachment does not follow its head at once
        names[name] += 1
        if name == "passing":
            assert args[1] == bytes([args[0] % 256]) * 2000
    assert names["passing"] > 0


def test_polling_clients_get_everything_too(port: int) -> None:
    poller, quick = Polling(port), Raw(port)
    assert quick.call("lasting", "r", "hello") == "sent"
    quick.send("many", "r", 0, 2, 3, "binary")
    packets: list[str] = []
    while len(packets) < 5:
        packets += poller.get()
    blob = [base64.b64encode(bytes([number]) * 3).decode() for number in range(2)]
    assert packets[0] == f'42{NAMESPACE},["lasting","hello"]'
    assert packets[2::2] == [f"b{text}" for text in blob]
    assert all(head.startswith("451-") for head in packets[1::2])
    # The base64 made for the poller must not reach those with a WebSocket.
    assert quick.events("passing", 2) == [[number, bytes([number]) * 3] for number in range(2)]


def test_a_polling_client_that_stops_polling_is_bounded(port: int) -> None:
    poller, healthy = Polling(port), Raw(port)
    sockets = healthy.call("state")["sockets"]
    flood([healthy], 200, 2000)
    end = time.monotonic() + 5
    while healthy.call("state")["sockets"] >= sockets and time.monotonic() < end:
        with pytest.raises(OSError, match="400"):
            poller.get()
    assert healthy.call("state")["sockets"] < sockets


def test_an_upgrade_from_polling_keeps_order_and_loses_nothing(port: int) -> None:
    poller, speaker = Polling(port), Raw(port)
    count = 300

    def speak() -> None:
        for number in range(count):
            while number > poller.seen + 40:  # what may wait for somebody who polls is bounded
                time.sleep(0.001)
            speaker.send("lasting", "r", number)
            time.sleep(0.001)

    thread = threading.Thread(target=speak)
    thread.start()
    packets: list[str] = []
    while len(packets) < 20:
        packets += poller.get()
    raw, rest = poller.upgrade()
    got = [json.loads(packet.split(",", 1)[1])[1] for packet in packets + rest if packet.startswith("42")]
    got += [args[0] for args in raw.events("lasting", count - len(got))]
    thread.join()
    assert got == list(range(count))


def test_the_library_client_talks_to_it(port: int) -> None:
    client, speaker = socketio.Client(reconnection=False), Raw(port)
    got: list[object] = []
    client.on("passing", lambda *args: got.append(args), namespace=NAMESPACE)
    client.connect(f"http://127.0.0.1:{port}", namespaces=[NAMESPACE])  # polling first, then the upgrade
    client.call("join", "r", namespace=NAMESPACE, timeout=5)
    speaker.send("many", "r", 0, 5, 100, "binary")
    end = time.monotonic() + 5
    while len(got) < 5 and time.monotonic() < end:
        time.sleep(0.02)
    client.disconnect()
    assert got == [(number, bytes([number]) * 100) for number in range(5)]


# The self-check


def live(mode: str) -> SocketIO:
    return SocketIO(Flask("small"), async_mode=mode)


def test_it_is_installed_on_the_pinned_versions() -> None:
    assert fanout.install(live("eventlet"), max_packets=10, max_bytes=10_000)


@pytest.mark.parametrize("change", ["version", "missing", "signature"])
def test_it_leaves_the_library_alone_when_something_is_off(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small = live("eventlet")
    if change == "version":
        monkeypatch.setitem(fanout.PINNED, "eventlet", "0.0.1")
    elif change == "missing":
        monkeypatch.delattr(engineio.socket.Socket, "poll")
    else:
        monkeypatch.setattr(engineio.socket.Socket, "send", lambda self, pkt, more: None)  # noqa: ARG005
    assert not fanout.install(small, max_packets=10, max_bytes=10_000)
    assert "_send_eio_packet" not in vars(small.server)
    assert "create_queue" not in vars(small.server.eio)


def test_in_threads_it_stays_out_of_the_way_but_bounds_the_queue() -> None:
    small = live("threading")
    assert not fanout.install(small, max_packets=10, max_bytes=10_000)
    eio = small.server.eio
    lone = engineio.socket.Socket(eio, "sid")
    eio.sockets["sid"] = lone
    for _ in range(30):
        lone.queue.put(engineio.packet.Packet(engineio.packet.NOOP))
    end = time.monotonic() + 5
    while not lone.closed and time.monotonic() < end:
        time.sleep(0.01)
    assert lone.closed
    assert lone.queue.qsize() <= 11
