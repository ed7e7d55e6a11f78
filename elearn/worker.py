"""The worker as a child of the server: started, started again when it dies, and ended with it."""

import subprocess
import sys
import threading
import time

import structlog

from config import ROOT

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5
FIRST_DELAY = 1.0
MAX_STARTS = 6  # in a row; by then the reason is not a passing one
HEALTHY_SECONDS = 60.0
COMMAND = (sys.executable, "-m", "elearn.jobs", "--embedded")


class Worker:
    """Keep one worker process alive as long as the server lives."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._ending = threading.Event()
        self._starting = threading.Lock()

    def start(self) -> None:
        """Start the process and the watch over it."""
        self._spawn()
        threading.Thread(target=self._watch, daemon=True).start()

    def ask_to_end(self) -> None:
        """Let it finish the job at hand and take no other."""
        with self._starting:
            self._ending.set()
            if self._process and self._process.stdin:
                # Not a signal: one that comes while the process is still starting would be lost, or kill it noisily.
                self._process.stdin.close()

    def end(self, seconds: float) -> None:
        """Wait until it has ended; kill it when the job at hand takes longer than that. Jobs may be run again."""
        self.ask_to_end()
        process = self._process
        if process is None:
            return
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _spawn(self) -> None:
        with self._starting:
            if self._ending.is_set():
                return
            # A session of its own, so that Ctrl-C goes to the server alone. The pipe on its standard input ends the
            # worker when it closes: by us, or by the system when this process is gone, however it went.
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                self._command, cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True
            )

    def _watch(self) -> None:
        starts, began = 1, time.monotonic()
        while not self._ending.wait(LOOK_SECONDS):
            code = self._process.poll() if self._process else None
            if code is None:
                continue
            if time.monotonic() - began > HEALTHY_SECONDS:
                starts = 0
            if starts >= MAX_STARTS:
                log.error("worker_gave_up", code=code, starts=starts)
                return
            log.warning("worker_ended", code=code)
            if self._ending.wait(FIRST_DELAY * 2 ** max(starts - 1, 0)):
                return
            starts, began = starts + 1, time.monotonic()
            self._spawn()
