"""Kill the sender of emails with SIGKILL, over and over, and count what arrived.

    python -m tools.crash.outbox --rounds 50

Each round writes emails, some of them in transactions that are rolled back, starts a sender, and kills it at one
moment: after its claim and before anything is sent, in the middle of a message, after the server has a message and
before the sender knows it, or anywhere. At the end a last sender finishes. Every email that was committed must have
arrived, with at most one more copy for each crash, under the same Message-ID; none that was rolled back.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from email.parser import BytesHeaderParser
from enum import StrEnum
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from config import ROOT, Settings
from elearn import create_app
from elearn.extensions import db
from elearn.models import Email, EmailState
from elearn.services import outbox
from elearn.services.outbox import Recipient
from elearn.transaction import transactional

COMMITTED, ROLLED_BACK = 12, 3  # emails of one round
PATIENCE = 60.0
SECRET = "a secret of the crash test, long enough"  # noqa: S105 - of a school that lives for a minute


class Moment(StrEnum):
    """When a round kills the sender."""

    CLAIMED = "claimed, nothing sent"
    SENDING = "in the middle of a message"
    SENT = "the server has it, the sender does not know"
    ANYWHERE = "anywhere"


@dataclass
class PostOffice:
    """A real SMTP server that kills its client when the moment has come."""

    got: list[tuple[str, str]] = field(default_factory=list)  # receiver and Message-ID
    moment: Moment | None = None
    countdown: int = 0
    sender: "subprocess.Popen[bytes] | None" = None
    killed: threading.Event = field(default_factory=threading.Event)

    def arm(self, moment: Moment | None, countdown: int, sender: "subprocess.Popen[bytes] | None") -> None:
        """Say when to kill: at the message with this number."""
        self.killed.clear()
        self.moment, self.countdown, self.sender = moment, countdown, sender

    async def handle_EHLO(self, _server: Any, session: Any, _envelope: Any, hostname: str) -> str:  # noqa: N802 - aiosmtpd's name
        session.host_name = hostname
        if self.moment is Moment.CLAIMED:
            self._kill()
        if self.moment is Moment.ANYWHERE:
            threading.Timer(random.uniform(0, 0.3), self._kill).start()  # noqa: S311 - a moment, no secret
        return "250 HELP"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        self.countdown -= 1
        if self.moment is Moment.SENDING and self.countdown == 0:
            self._kill()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        message_id = str(BytesHeaderParser().parsebytes(envelope.content)["Message-ID"])
        self.got.append((envelope.rcpt_tos[0], message_id))
        if self.moment is Moment.SENT and self.countdown == 0:
            self._kill()
        return "250 OK"

    def _kill(self) -> None:
        if self.sender is not None and not self.killed.is_set():
            self.sender.send_signal(signal.SIGKILL)
            self.sender.wait()
            self.killed.set()


@dataclass(frozen=True)
class Report:
    """What came of it."""

    rounds: int
    killed: int
    committed: int
    rolled_back: int
    arrived: int
    copies_more: int
    lost: int
    ghosts: int
    other_ids: int
    left: dict[str, int]
    seconds: float

    @property
    def is_good(self) -> bool:
        nothing_wrong = not (self.lost or self.ghosts or self.other_ids) and set(self.left) == {EmailState.SENT.value}
        return nothing_wrong and self.killed == self.rounds and self.copies_more <= self.killed


@transactional
def write(addresses: list[str]) -> None:
    """Post one email to each address."""
    for address in addresses:
        outbox.post("password_changed", Recipient(address), {})


@transactional
def write_and_fail(addresses: list[str]) -> None:
    """Post one email to each address, and undo it all."""
    write(addresses)
    raise LookupError


@contextlib.contextmanager
def sending(settings: Settings, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run one sender."""
    environment = {
        "ELEARN_ENV": "testing", "INSTANCE_PATH": str(settings.instance_path), "SECRET_KEY": SECRET,
        "DATABASE_URL": settings.database_url or "", "REDIS_URL": "", "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(port), "MAIL_SECURITY": "none", "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    sender = subprocess.Popen([sys.executable, "-m", "tools.crash.sender"], cwd=ROOT, env={**os.environ, **environment})
    try:
        yield sender
    finally:
        sender.kill()
        sender.wait()


def run(rounds: int, instance: Path, port: int, database_url: str | None = None) -> Report:
    """Do all rounds over a database that has its tables already, and return what was counted."""
    settings = Settings(_env_file=None, **school(instance, database_url))
    office, began = PostOffice(), time.monotonic()
    app = create_app(settings)
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        with app.app_context():
            killed = sum(_round(number, office, settings, port) for number in range(rounds))
            office.arm(None, 0, None)
            with sending(settings, port):
                _finish()
            return _report(rounds, killed, office.got, time.monotonic() - began)
    finally:
        controller.stop()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def school(instance: Path, database_url: str | None) -> dict[str, Any]:
    """Return the settings of a school for one test."""
    return {
        "elearn_env": "testing", "instance_path": instance, "secret_key": SECRET, "database_url": database_url,
        "redis_url": None, "log_level": "ERROR",
    }  # fmt: skip


def _round(number: int, office: PostOffice, settings: Settings, port: int) -> bool:
    """Write, start a sender, and tell whether it was killed."""
    write([f"r{number}-{place}@committed.example" for place in range(COMMITTED)])
    with contextlib.suppress(LookupError):
        write_and_fail([f"r{number}-{place}@undone.example" for place in range(ROLLED_BACK)])
    with sending(settings, port) as sender:
        office.arm(list(Moment)[number % len(Moment)], number % COMMITTED + 1, sender)
        return office.killed.wait(PATIENCE)


def _finish() -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and set(_states()) != {EmailState.SENT.value}:
        time.sleep(0.1)


def _states() -> dict[str, int]:
    db.session.expire_all()
    found = db.session.execute(select(Email.state, func.count()).group_by(Email.state)).all()
    db.session.remove()
    return {state.value: number for state, number in found}


def _report(rounds: int, killed: int, got: list[tuple[str, str]], seconds: float) -> Report:
    committed = {f"r{number}-{place}@committed.example" for number in range(rounds) for place in range(COMMITTED)}
    copies, ids = Counter(address for address, _ in got), defaultdict(set)
    for address, message_id in got:
        ids[address].add(message_id)
    return Report(
        rounds=rounds,
        killed=killed,
        committed=len(committed),
        rolled_back=rounds * ROLLED_BACK,
        arrived=len(committed & set(copies)),
        copies_more=sum(number - 1 for number in copies.values()),
        lost=len(committed - set(copies)),
        ghosts=len(set(copies) - committed),
        other_ids=sum(len(found) > 1 for found in ids.values()),
        left=_states(),
        seconds=round(seconds, 1),
    )


def main() -> None:
    """Run the rounds in a school of their own, and end with 1 when something was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--port", type=int, default=0, help="of the SMTP server; a free one when 0")
    parser.add_argument("--database-url", help="an empty PostgreSQL database; SQLite when left out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(_env_file=None, **school(Path(folder), arguments.database_url)))
        migrate(app)
        report = run(arguments.rounds, Path(folder), arguments.port or free_port(), arguments.database_url)
    print(json.dumps(asdict(report), indent=2))
    sys.exit(not report.is_good)


def migrate(app: Flask) -> None:
    """Make the tables."""
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
