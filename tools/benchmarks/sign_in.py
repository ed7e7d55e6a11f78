"""Signing in, as fast as the hashes allow: sign-ins per second through a running school against the hash alone.

    python -m tools.benchmarks.sign_in [--seconds 5]

Argon2 is meant to be slow. What is measured is what the rest costs (the ratio), and that nobody else waits for it: how
long a small page takes while everybody signs in at once.
"""

import argparse
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from argon2 import PasswordHasher
from flask_migrate import upgrade

from config import ROOT, Settings
from elearn import clock, create_app
from elearn.extensions import db
from elearn.integrations import passwords
from elearn.models import Role, User

PASSWORD = "comets need four words"  # noqa: S105 - of people who live for some seconds
PEOPLE, CLIENTS, CORES = 40, 8, 2
PORT = 7390


def fill(folder: str) -> None:
    """Make a school of some students who share a password."""
    app = create_app(Settings(_env_file=None, elearn_env="development", instance_path=Path(folder), database_url=None))
    with app.app_context():
        upgrade()
        shared, now = passwords.hash_password(PASSWORD), clock.now()
        db.session.add_all(
            User(
                username=f"pupil{n}", username_key=f"pupil{n}", email=f"pupil{n}@school.example",
                email_key=f"pupil{n}@school.example", email_verified_at=now, full_name=f"Pupil {n}",
                name_key=f"pupil {n}", password_hash=shared, role=Role.STUDENT,
            )
            for n in range(PEOPLE)
        )  # fmt: skip
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


@contextmanager
def serving(folder: str) -> Iterator[None]:
    """Run one web process on the school in this folder."""
    environment = os.environ | {
        "ELEARN_ENV": "development", "INSTANCE_PATH": folder, "DATABASE_URL": "", "REDIS_URL": "",
        "HOST": "127.0.0.1", "PORT": str(PORT), "RATE_LIMITS": "false", "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    server = subprocess.Popen([sys.executable, "wsgi.py", "web"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                    break
            time.sleep(0.2)
        yield
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def call(method: str, path: str, body: object = None) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    try:
        data = json.dumps(body) if body is not None else None
        connection.request(method, path, data, {"Content-Type": "application/json"} if data else {})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def many(work: Callable[[int], None], threads: int, seconds: float) -> float:
    """Do this over and over in so many threads, and return how often a second it was done."""
    counts, end = [0] * threads, time.perf_counter() + seconds

    def run(number: int) -> None:
        while time.perf_counter() < end:
            work(number * 1000 + counts[number])
            counts[number] += 1

    began = time.perf_counter()
    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def plain(seconds: float) -> float:
    """Return how many hashes a second both cores compare, with nothing around them."""
    hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    stored = hasher.hash(PASSWORD)
    return many(lambda _: compare(hasher, stored), CORES, seconds)


def compare(hasher: PasswordHasher, stored: str) -> None:
    hasher.verify(stored, PASSWORD)


def sign_in(number: int) -> None:
    status = call("POST", "/api/auth/login/", {"login": f"pupil{number % PEOPLE}", "password": PASSWORD})
    if status != 200:  # noqa: PLR2004
        raise SystemExit(f"A sign-in was answered with {status}.")


def waits(pause: float, stop: threading.Event, found: list[float]) -> None:
    while not stop.wait(pause):
        began = time.perf_counter()
        call("GET", "/healthz")
        found.append((time.perf_counter() - began) * 1000)


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    seconds = parser.parse_args().seconds
    with TemporaryDirectory(prefix="elearn-sign-in-") as folder:
        fill(folder)
        with serving(folder):
            many(sign_in, 2, 1.0)  # warm
            alone = plain(seconds)
            stop, others = threading.Event(), list[float]()
            watcher = threading.Thread(target=waits, args=(0.05, stop, others))
            watcher.start()
            through = many(sign_in, CLIENTS, seconds)
            stop.set()
            watcher.join()
    p95 = statistics.quantiles(others, n=20)[-1]
    sys.stdout.write(
        "| what | hashes alone /s | sign-ins /s | ratio | a small page meanwhile, median ms | p95 ms |\n"
        "|---|---|---|---|---|---|\n"
        f"| sign-in, {CLIENTS} at once | {alone:.0f} | {through:.0f} | **{through / alone:.2f}** "
        f"| {statistics.median(others):.0f} | {p95:.0f} |\n"
    )


if __name__ == "__main__":
    main()
