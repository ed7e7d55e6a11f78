"""Compare a room of 200 listeners with a plain broadcast: the largest rate at which 99 of 100 arrive within 100 ms.

Both servers have one process on the first core; the listeners and the sender are on the second. The steps of the two
alternate, so that whatever else this machine does hits both alike.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tools.benchmarks import school  # noqa: E402 - runs as a script, too
from tools.benchmarks.crowd import Crowd, Outcome  # noqa: E402
from tools.benchmarks.loads import LOADS, Load, Place  # noqa: E402
from tools.benchmarks.wire import Wire  # noqa: E402

LIMIT = 0.100
GROWTH, FINE = 1.5, 1.1
FIRST, LEAST, MOST = 10_000.0, 300.0, 2_000_000.0
HEAD = 4  # bytes of a frame's head at these sizes
TRIES = 4  # of a step that failed while others used this machine
STARTING_SECONDS = 60


def pin(core: int, pid: int = 0) -> None:
    """Keep a process on one core, where there are several."""
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(pid, {core})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[int]:
    """Run a server, pinned, until the block ends; yield its process id."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", *command], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL
    )
    try:
        pin(0, process.pid)
        wait_for(port, process)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("The server did not start.")


def plain_crowd(stack: ExitStack, listeners: int, sizes: dict[str, int]) -> Crowd:
    port = free_port()
    pid = stack.enter_context(running(["-m", "tools.benchmarks.plain", str(port)], port, dict(os.environ)))
    return Crowd([Wire(port, "/") for _ in range(listeners)], pid, None, sizes)


def bare_crowd(stack: ExitStack, listeners: int) -> Crowd:
    port = free_port()
    pid = stack.enter_context(running(["-m", "tools.benchmarks.bare", str(port)], port, dict(os.environ)))
    place = Place("r" * 36, "p" * 36, list(range(1, 256)))
    wires = []
    for _ in range(listeners):
        wire = Wire(port, "/socket.io/?EIO=4&transport=websocket")
        wire.open()
        for namespace in ("/classroom", "/whiteboard", "/audio"):
            wire.enter(namespace)
            wire.call(namespace, "join", {})
        wires.append(wire)
    return Crowd(wires, pid, place, {})


def app_crowd(stack: ExitStack, listeners: int) -> Crowd:
    port = free_port()
    made = stack.enter_context(school.arranged(listeners, port))
    pid = stack.enter_context(running(["wsgi.py", "web"], port, made.environment))
    wires, place = school.enter(made, port)
    return Crowd(wires, pid, place, {})


class Search:
    """Look for the largest rate that one server holds under one load."""

    def __init__(self, crowd: Crowd, load: Load, seconds: float, deadline: float, *, verbose: bool) -> None:
        self._crowd = crowd
        self._load = load
        self._seconds = seconds
        self._deadline = deadline
        self._verbose = verbose
        self.best: Outcome | None = None

    def steps(self) -> Iterator[None]:
        """Take one step at a time, so that two searches can alternate."""
        rate = self.best.rate if self.best else FIRST
        factor = GROWTH
        while LEAST < rate < MOST and time.monotonic() < self._deadline:
            held = False
            for _ in range(TRIES):
                outcome = self._step(rate)
                yield
                held = outcome.holds(LIMIT, self._seconds)
                if held or not outcome.is_disturbed:
                    break
            if held:
                rate *= factor
            elif self.best is None:
                rate /= GROWTH**2
            elif factor == GROWTH:
                factor = FINE
                rate = self.best.rate * FINE
            else:
                return

    def _step(self, rate: float) -> Outcome:
        outcome = self._crowd.run(self._load, rate, self._seconds)
        held = outcome.holds(LIMIT, self._seconds)
        if held and (self.best is None or rate > self.best.rate):
            self.best = outcome
        if self._verbose:
            who = "elearn" if self._crowd.place else "plain"
            end = "held" if held else "disturbed" if outcome.is_disturbed else "lost"
            print(f"  {self._load.name:5} {who:6} {rate:9,.0f}/s  {outcome}  {end}", flush=True)
        return outcome


def alternate(one: Iterator[None], other: Iterator[None]) -> None:
    """Let two searches take their steps in turn."""
    turns = [one, other]
    while turns:
        turns = [turn for turn in turns if next(turn, turn) is None]


def compare(ours: Crowd, plain: Crowd, load: Load, options: argparse.Namespace) -> str:
    """Search both again and again while there is time, and return a line of the table."""
    plain.size_of[load.name] = ours.frame_length(load) - HEAD
    deadline = time.monotonic() + options.minutes * 60 / len(options.loads)
    searches = [Search(crowd, load, options.seconds, deadline, verbose=options.verbose) for crowd in (plain, ours)]
    while time.monotonic() < deadline:
        alternate(searches[0].steps(), searches[1].steps())
    cells = []
    for search in searches:
        best = search.best
        if best is None:
            return f"| {load.name} | nothing arrived in time | | | | | |"
        cells += [f"{best.rate:,.0f}", f"{best.server_cpu / best.got * 1e6:.1f}", f"{best.p99 * 1e3:.0f}"]
    ratio = searches[1].best.rate / searches[0].best.rate  # type: ignore[union-attr]
    return f"| {load.name}: {load.words}, {plain.size_of[load.name]} B | {' | '.join(cells)} | **{ratio:.2f}** |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", choices=["app", "bare"], default="app", help="the school, or its sending alone")
    parser.add_argument("--listeners", type=int, default=200)
    parser.add_argument("--loads", nargs="*", choices=list(LOADS), default=list(LOADS))
    parser.add_argument("--seconds", type=float, default=1.2, help="length of one step")
    parser.add_argument("--minutes", type=float, default=2.0, help="for all loads together")
    parser.add_argument("--verbose", action="store_true", help="show every step")
    options = parser.parse_args()
    began = time.monotonic()
    with ExitStack() as stack:
        ours = (app_crowd if options.server == "app" else bare_crowd)(stack, options.listeners)
        stack.callback(ours.close)
        plain = plain_crowd(stack, options.listeners, {})
        stack.callback(plain.close)
        pin(1)
        lines = [compare(ours, plain, LOADS[name], options) for name in options.loads]
    print(f"{options.listeners} listeners, one server process, largest rate with p99 < {LIMIT * 1e3:.0f} ms")
    print()
    print("| load | plain /s | us CPU | p99 ms | elearn /s | us CPU | p99 ms | elearn / plain |")
    print("|---|---|---|---|---|---|---|---|")
    print("\n".join(lines))
    print(f"\n{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
