"""A room full of listeners in one process, and a child process that speaks through their connections."""

import json
import os
import re
import select
import socket
import time
from contextlib import suppress
from dataclasses import dataclass

from tools.benchmarks.loads import LOADS, PATTERN, Load, Place
from tools.benchmarks.wire import Wire, frame

TICK = 0.003  # seconds between two rounds of reading: the generator must cost less than the servers
PATIENCE = 1.5  # seconds after the last message until what has not come is lost
MARK_LENGTH = 18
DRAIN_MOST = 15.0
DISTURBED = 0.15
ENGINE_PING, ENGINE_PONG = b"\x81\x012", frame(b"3")
MARKS = re.compile(PATTERN)
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Outcome:
    """What one step measured; times in seconds."""

    rate: float  # deliveries a second that were asked for
    sent: int
    expected: int
    got: int
    took: float
    p50: float
    p99: float
    server_cpu: float
    generator_cpu: float
    others_cpu: float  # what the rest of the machine did meanwhile

    def __str__(self) -> str:
        each = self.server_cpu / max(self.got, 1) * 1e6
        return (
            f"p50 {self.p50 * 1e3:6.1f}  p99 {self.p99 * 1e3:6.1f} ms  {self.got}/{self.expected}"
            f"  server {self.server_cpu / self.took:4.0%} {each:5.1f} us"
            f"  generator {self.generator_cpu / self.took:4.0%}  others {self.others_cpu / self.took:4.0%}"
        )

    @property
    def is_disturbed(self) -> bool:
        """Tell whether others had a good part of a core: a failure then says nothing about the server."""
        return self.others_cpu > self.took * DISTURBED

    def holds(self, limit: float, seconds: float) -> bool:
        """Tell whether all came in time, and the sender kept its rate."""
        return self.got >= self.expected > 0 and self.p99 < limit and self.took < seconds * 1.1


def microseconds() -> int:
    return time.monotonic_ns() // 1000


def busy_seconds() -> float:
    """Return the CPU time that the whole machine has used."""
    with open("/proc/stat", encoding="ascii") as file:  # noqa: PTH123 - a file of the kernel
        fields = [int(number) for number in file.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / CLOCK_TICKS  # without idle and waiting


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:  # noqa: PTH123 - a file of the kernel
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


class Crowd:
    """Hold the connections to one server."""

    def __init__(self, wires: list[Wire], server: int, place: Place | None, size_of: dict[str, int]) -> None:
        self.wires = wires
        self.server = server
        self.place = place
        self.size_of = size_of
        self._sockets = {wire.socket.fileno(): wire.socket for wire in wires}
        self._poll = select.epoll()
        for number, live in self._sockets.items():
            live.setblocking(False)
            self._poll.register(number, select.EPOLLIN)
        self._since = 0  # marks from before the step are not counted
        self._tails = dict.fromkeys(self._sockets, b"")
        self._commands, self._results = socket.socketpair()
        self._child = self._fork()

    # -- the child that speaks --------------------------------------------------------------------------------------

    def _fork(self) -> int:
        child = os.fork()
        if child:
            self._results.close()
            self._commands.setblocking(False)
            return child
        self._commands.close()
        try:
            with self._results.makefile("rw", encoding="ascii") as pipe:
                for line in pipe:
                    name, size, rate, seconds = json.loads(line)
                    pipe.write(json.dumps(self._speak(LOADS[name], size, rate, seconds)) + "\n")
                    pipe.flush()
        finally:
            os._exit(0)  # it must not clean up what belongs to its parent

    def _speak(self, load: Load, size: int, rate: float, seconds: float) -> tuple[int, float]:
        start = time.monotonic()
        count = max(1, round(rate * seconds))
        sent = 0
        for number in range(count):
            wait = start + number / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            sender = number % load.senders
            now = microseconds()
            data = load.elearn(self.place, sender, now) if self.place else load.plain(now, size)
            with suppress(BlockingIOError):
                sent += self.wires[sender].socket.send(data) == len(data)
        return sent, time.monotonic() - start

    # -- the parent that listens ------------------------------------------------------------------------------------

    def run(self, load: Load, deliveries: float, seconds: float) -> Outcome:
        """Send so many that this many deliveries a second come of it, and measure them."""
        copies = self.copies(load)
        self.drain(0.05)
        before = self._cpu()
        self._since = microseconds()
        self._commands.send(
            (json.dumps([load.name, self.size_of.get(load.name, 0), deliveries / copies, seconds]) + "\n").encode()
        )
        late: list[int] = []
        sent, took, expected = 0, 0.0, -1
        end = time.monotonic() + seconds * 2 + 10
        while time.monotonic() < end and not (expected >= 0 and len(late) >= expected):
            self._listen(late)
            if expected < 0:
                with suppress(BlockingIOError):
                    sent, took = json.loads(self._commands.recv(4096))
                    expected = round(sent * copies)
                    end = time.monotonic() + PATIENCE
        if len(late) < expected:
            self.drain(PATIENCE)  # what still waits in the server must not fall on the next step
        server, generator, child, busy = (now - then for now, then in zip(self._cpu(), before, strict=True))
        late.sort()
        got = len(late)
        return Outcome(
            rate=deliveries,
            sent=sent,
            expected=expected,
            got=got,
            took=took,
            p50=late[got // 2] / 1e6 if got else 0.0,
            p99=late[int(got * 0.99)] / 1e6 if got else 0.0,
            server_cpu=server,
            generator_cpu=generator + child,
            others_cpu=busy - server - generator - child,
        )

    def _cpu(self) -> tuple[float, float, float, float]:
        return cpu_seconds(self.server), time.process_time(), cpu_seconds(self._child), busy_seconds()

    def _order(self, load: Load, rate: float, seconds: float) -> None:
        order = [load.name, self.size_of.get(load.name, 0), rate, seconds]
        self._commands.send(f"{json.dumps(order)}\n".encode())

    def copies(self, load: Load) -> int:
        """Return how often one message comes back: the ack of a chat message holds it once more."""
        if not self.place:
            return len(self.wires)
        return len(self.wires) + 1 if load.echo else len(self.wires) - 1

    def frame_length(self, load: Load) -> int:
        """Return how many bytes one listener gets for one message."""
        self.drain(0.3)
        self._order(load, 1, 1)
        time.sleep(0.5)
        length = len(self.wires[-1].socket.recv(65536))
        self.drain(0.3)
        return length

    def drain(self, seconds: float) -> None:
        """Read until nothing comes for so long, but not for ever."""
        ignored: list[int] = []
        end = time.monotonic() + DRAIN_MOST
        while time.monotonic() < end:
            before = len(ignored)
            for _ in range(max(1, int(seconds / TICK))):
                self._listen(ignored)
            with suppress(BlockingIOError):
                self._commands.recv(4096)
            if len(ignored) == before:
                return

    def _listen(self, late: list[int]) -> None:
        time.sleep(TICK)
        for number, _ in self._poll.poll(0):
            live = self._sockets[number]
            try:
                data = live.recv(262144)
            except BlockingIOError:
                continue
            if not data:
                raise ConnectionError("The server closed a connection.")
            now = microseconds()
            data = self._tails[number] + data
            end = 0
            for match in MARKS.finditer(data):
                if (sent := int(match[1])) >= self._since:
                    late.append(now - sent)
                end = match.end()
            self._tails[number] = data[max(end, len(data) - MARK_LENGTH + 1) :]
            if ENGINE_PING in data:
                live.send(ENGINE_PONG)
                self._tails[number] = b""

    def close(self) -> None:
        self._commands.close()
        os.waitpid(self._child, 0)
        for wire in self.wires:
            wire.socket.close()
