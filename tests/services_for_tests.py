"""Find or start the servers that tests need, and say what to install where one is missing."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import psycopg2
import pytest
import redis

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)


def missing(what: str, package: str) -> NoReturn:
    """Skip with the command that helps; fail where all services are required."""
    sentence = f"{what} is not here. Install it with: apt-get install {package}"
    if os.environ.get("ELEARN_REQUIRE_SERVICES") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(check: object, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(Exception):
            if check():  # type: ignore[operator]
                return True
        time.sleep(0.05)
    return False


def _answers_postgres(url: str) -> bool:
    with contextlib.suppress(psycopg2.Error):
        psycopg2.connect(url, connect_timeout=2).close()
        return True
    return False


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Yield the URL of a server (database `postgres`): the one that is named or running here, else one of our own."""
    for url in (os.environ.get("TEST_DATABASE_URL"), "postgresql://postgres@127.0.0.1:5432/postgres"):
        if url and _answers_postgres(url):
            yield url
            return
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin")) + [
        Path(found).parent for found in [shutil.which("initdb")] if found
    ]
    if not binaries:
        missing("PostgreSQL", "postgresql")
    with _own_postgres(binaries[-1], folder) as url:
        yield url


@contextlib.contextmanager
def _own_postgres(binaries: Path, folder: Path) -> Iterator[str]:
    data, port = folder / "postgres", free_port()
    data.mkdir()
    user = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        account = pwd.getpwnam("postgres")
        os.chown(data, account.pw_uid, account.pw_gid)
        for parent in [data, *data.parents][:4]:
            parent.chmod(parent.stat().st_mode | 0o011)
        user = "postgres"
    subprocess.run(
        [binaries / "initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-D", data],
        check=True, user=user, capture_output=True, cwd="/",
    )  # fmt: skip
    options = f"-p {port} -k {data} -h 127.0.0.1 -c fsync=off -c synchronous_commit=off"
    control = [binaries / "pg_ctl", "-D", data, "-w", "-l", data / "log"]
    subprocess.run([*control, "-o", options, "start"], check=True, user=user, stdout=subprocess.DEVNULL, cwd="/")
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(
            [*control, "-m", "immediate", "stop"], check=False, user=user, stdout=subprocess.DEVNULL, cwd="/"
        )


@contextlib.contextmanager
def own_redis(folder: Path) -> Iterator[str]:
    """Start a Redis that belongs to the tests, so that they may stop it and empty it."""
    binary = shutil.which("redis-server")
    if binary is None:
        missing("Redis", "redis-server")
    port = free_port()
    process = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}/0"
    try:
        if not wait_until(lambda: redis.Redis.from_url(url).ping()):
            pytest.fail("Redis did not start.")
        yield url
    finally:
        process.terminate()
        process.wait(10)
