"""Run the real server (eventlet, one process or several) for tests that need sockets or a browser."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from config import ROOT, Settings
from elearn.models import SignInKind, User
from tests import make
from tests.services_for_tests import free_port


@dataclass
class RunningSchool:
    """One server process: its address, and how to come in as somebody."""

    app: Flask
    url: str
    process: subprocess.Popen[bytes]
    log: Path
    cookies: dict[str, str] = field(default_factory=dict)

    def cookie(self, user: User) -> str:
        """Return the session cookie of a fresh sign-in, as a browser would send it."""
        opened = make.sign_in(user, SignInKind.BROWSER)
        signer = SecureCookieSessionInterface().get_signing_serializer(self.app)
        assert signer is not None
        return str(signer.dumps({"_user_id": str(opened.id), "_fresh": True}))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)


def environment(settings: Settings, port: int, **extra: str) -> dict[str, str]:
    """Write the settings of a test as environment variables for another process."""
    values = {
        "ELEARN_ENV": "testing",
        "INSTANCE_PATH": str(settings.instance_path),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "DATABASE_URL": settings.database_url or "",
        "REDIS_URL": settings.redis_url or "",
        "BASE_URL": "",
        "RATE_LIMITS": "false",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_LEVEL": "INFO",
    }
    return {**os.environ, **values, **extra}


@contextlib.contextmanager
def running(app: Flask, settings: Settings, port: int | None = None, **extra: str) -> Iterator[RunningSchool]:
    """Start a server on a free port, or on the one that is given, over the test's database; end it afterwards."""
    port = port or free_port()
    log = settings.instance_path / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "wsgi.py", "web"],
            cwd=ROOT,
            env=environment(settings, port, **extra),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    school = RunningSchool(app, f"http://127.0.0.1:{port}", process, log)
    try:
        _wait_for(school)
        yield school
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait_for(school: RunningSchool) -> None:
    for _ in range(300):
        if school.process.poll() is not None:
            pytest.fail(f"The server ended:\n{school.log.read_text()[-3000:]}")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{school.url}/healthz", timeout=1):  # noqa: S310 - our own server
            return
        time.sleep(0.05)
    pytest.fail(f"The server did not start:\n{school.log.read_text()[-3000:]}")
