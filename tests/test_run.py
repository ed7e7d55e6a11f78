"""The start story: one process that serves, its worker, and how both end."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import socketio as socketio_client

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 40.0  # two cores may be busy with other tests
Start = Callable[..., "Server"]
# A production makes no demo school, which is most of the time that a first start takes.
PRODUCTION = {
    "ELEARN_ENV": "production", "SECRET_KEY": "x" * 48, "BASE_URL": "http://school.example", "ALLOW_HTTP": "true",
}  # fmt: skip


class Server:
    """One `python wsgi.py` in a process of its own."""

    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        self.port = int(settings.pop("PORT", "") or free_port())
        self.output = folder / f"output-{self.port}-{time.monotonic_ns()}"
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment = inherited | {
            "INSTANCE_PATH": str(folder / "instance"),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
        }
        with self.output.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "wsgi.py", *arguments],
                cwd=ROOT,
                env=environment | settings,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.output.read_text(errors="replace")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> int:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", path)
            return connection.getresponse().status

    def until_it_serves(self) -> "Server":
        wait_until(lambda: "elearn is on" in self.said or self.process.poll() is not None)
        assert self.process.poll() is None, self.said
        return self

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def workers(self) -> list[int]:
        return children_of(self.process.pid)


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ps(*arguments: str) -> str:
    listing = subprocess.run(["ps", *arguments], capture_output=True, text=True, check=False)  # noqa: S607
    return listing.stdout


def children_of(parent: int) -> list[int]:
    pairs = (line.split() for line in ps("-A", "-o", "pid=,ppid=").splitlines())
    return [int(pid) for pid, ppid in pairs if int(ppid) == parent]


def is_running(pid: int) -> bool:
    state = ps("-o", "stat=", "-p", str(pid)).strip()
    return bool(state) and not state.startswith("Z")


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    servers: list[Server] = []

    def begin(*arguments: str, **settings: str) -> Server:
        servers.append(Server(tmp_path, *arguments, **settings))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def test_first_start_makes_a_school_and_the_second_keeps_it(start: Start, tmp_path: Path) -> None:
    first = start().until_it_serves()
    assert first.get("/readyz") == 200
    assert first.end() == 0
    assert "Sign in as one of these people" in first.said
    secret = tmp_path / "instance" / "secret_key"
    assert secret.stat().st_mode & 0o077 == 0
    kept = secret.read_text()

    second = start().until_it_serves()
    assert second.get("/readyz") == 200
    assert second.end() == 0
    assert "Sign in as one of these people" not in second.said
    assert secret.read_text() == kept


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_server_and_worker_without_a_traceback(start: Start, number: int) -> None:
    server = start(**PRODUCTION).until_it_serves()
    (worker,) = server.workers()
    assert is_running(worker)
    assert server.end(number) == 0
    assert not is_running(worker)
    assert "Traceback" not in server.said
    assert server.said.rstrip().endswith("Stopped.")


def test_a_killed_server_takes_its_worker_along(start: Start) -> None:
    server = start(**PRODUCTION).until_it_serves()
    (worker,) = server.workers()
    server.process.kill()
    server.process.wait()
    wait_until(lambda: not is_running(worker))


def test_a_worker_that_dies_is_started_again(start: Start) -> None:
    server = start(**PRODUCTION).until_it_serves()
    (worker,) = server.workers()
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: server.workers() not in ([], [worker]))
    assert server.get("/healthz") == 200
    (replacement,) = server.workers()
    assert server.end() == 0
    assert not is_running(replacement)


def test_a_taken_port_is_told_in_one_sentence_and_touches_nothing(start: Start, tmp_path: Path) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        server = start(PORT=str(port))
        assert server.process.wait(PATIENCE) == 1
    assert server.said.strip() == (
        f"Port {port} is taken, perhaps by elearn itself. Take another: PORT={port + 1} make run"
    )
    assert not (tmp_path / "instance" / "elearn.db").exists()


def test_a_foreign_address_is_told_in_one_sentence(start: Start) -> None:
    server = start(HOST="192.0.2.1")
    assert server.process.wait(PATIENCE) == 1
    assert server.said.strip() == "HOST is 192.0.2.1, which is not an address of this machine."


def test_an_unsafe_production_does_not_start(start: Start) -> None:
    server = start(**PRODUCTION | {"SECRET_KEY": "short"})
    assert server.process.wait(PATIENCE) == 1
    assert "SECRET_KEY must have 32 characters" in server.said
    assert "Traceback" not in server.said


def test_a_setting_that_does_not_fit_is_named(start: Start) -> None:
    server = start(WHITEBOARD_MAX_OBJECTS="many")
    assert server.process.wait(PATIENCE) == 1
    assert "WHITEBOARD_MAX_OBJECTS: " in server.said
    assert "Traceback" not in server.said


def test_a_production_gets_no_demo_people(start: Start) -> None:
    server = start(**PRODUCTION).until_it_serves()
    assert server.end() == 0
    assert "Sign in as" not in server.said


def test_a_request_in_flight_is_finished_while_new_ones_are_refused(start: Start) -> None:
    """A body that arrives slowly keeps its request open across the signal."""
    server = start(**PRODUCTION).until_it_serves()
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=20)) as slow:
        head = (
            "POST /api/auth/login/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{"
        )
        slow.sendall(head.encode())
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "Stopping" in server.said)
        wait_until(lambda: refuses(server.port))
        slow.sendall(b"}")
        answer = slow.recv(65536)
        assert answer.startswith(b"HTTP/1.1 ")
        assert b" 500 " not in answer.split(b"\r\n")[0]
    assert server.process.wait(PATIENCE) == 0


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return True
    return False


def test_live_sockets_do_not_hold_the_server_up(start: Start) -> None:
    server = start("web").until_it_serves()
    ended: list[str] = []
    engine = socketio_client.Client(reconnection=False).eio
    engine.on("disconnect", ended.append)
    engine.connect(server.url, transports=["websocket"], engineio_path="socket.io")
    began = time.monotonic()
    assert server.end() == 0
    assert time.monotonic() - began < 20
    wait_until(lambda: bool(ended))


def test_a_web_process_has_no_worker_and_makes_no_school(start: Start) -> None:
    server = start("web").until_it_serves()
    assert server.workers() == []
    assert server.end() == 0
    assert "Sign in as" not in server.said


def test_unknown_arguments_are_answered_with_the_usage(start: Start) -> None:
    server = start("sideways")
    assert server.process.wait(PATIENCE) == 1
    assert server.said.startswith("Usage: python wsgi.py")
