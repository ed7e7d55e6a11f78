"""Serve the school: alone with its worker on one machine, or as one of several processes behind a proxy."""

import errno
import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import eventlet
import eventlet.wsgi
import structlog
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade
from pydantic import ValidationError

from config import ROOT, Settings
from elearn.extensions import db, socketio
from elearn.templating import MissingAssetsError
from elearn.worker import Worker

log = structlog.get_logger(__name__)

MAX_CONNECTIONS = 20_000  # eventlet's own limit of 1024 would stop accepting without a word
BACKLOG = 1024  # a school that reconnects at once after a restart
SILENT_SECONDS = 120  # longer than two pings of a live socket; ends connections that send nothing
DRAIN_SECONDS = 30
COLLECT_AFTER = 20_000  # new objects
USAGE = "Usage: python wsgi.py (the school with its worker) or python wsgi.py web (one of several processes)."


class CannotStartError(RuntimeError):
    """Says in one sentence why the server does not start, and what to do."""


@contextmanager
def plain_errors() -> Iterator[None]:
    """End with a sentence, not a traceback, where the person at the terminal can mend what is wrong."""
    try:
        yield
    except ValidationError as error:
        sentences = [
            (".".join(str(part) for part in item["loc"]).upper() + ": " if item["loc"] else "")
            + str(item["msg"]).removeprefix("Value error, ")
            for item in error.errors()
        ]
        sys.exit("The settings do not fit:\n  " + "\n  ".join(sentences))
    except (MissingAssetsError, CannotStartError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)  # while it was still starting: what was begun in the database is rolled back


def main(app: Flask, arguments: list[str]) -> int:
    """Serve as the arguments say; return the exit code."""
    with plain_errors():
        if not arguments:
            run_embedded(app)
        elif arguments == ["web"]:
            serve(app)
        else:
            raise CannotStartError(USAGE)
    return 0


def run_embedded(app: Flask) -> None:
    """Bring the database up to date, seed a first school, and serve it with a worker as a child process."""
    settings: Settings = app.extensions["settings"]
    listener = listen(settings.host, settings.port)  # first: a second start must not touch the school of the first
    with app.app_context():
        upgrade_database()
        if not settings.is_production:
            seed_first_school()
    worker = Worker()
    worker.start()
    try:
        serve(app, listener, on_stop=worker.ask_to_end)
    finally:
        worker.end(DRAIN_SECONDS)
        with app.app_context():
            db.engine.dispose()  # the last connection that closes tidies up after SQLite
        say("Stopped.")


def upgrade_database() -> None:
    """Run the migrations that this database has not seen yet."""
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    with db.engine.connect() as connection:
        now = set(MigrationContext.configure(connection).get_current_heads())
    if now != set(scripts.get_heads()):
        upgrade()
        db.engine.dispose()


def seed_first_school() -> None:
    """Fill an empty database with the demo school, and print its sign-ins."""
    from elearn.services import demo  # a command's import: no other start of the server needs the demo school

    if not demo.is_empty():
        return
    say("Making the demo school ...")
    people = demo.seed()
    say("Sign in as one of these people:")
    width = max(len(person.username) for person in people)
    for person in people:
        say(f"  {person.username:<{width}}  {person.password}  {person.full_name} ({person.role})")


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket, or say why it cannot be opened.

    Not by `eventlet.listen`: it sets SO_REUSEPORT, and a second server would take half of the first one's visitors.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except socket.gaierror as error:
        raise CannotStartError(f"HOST is {host}, and this machine knows no such address.") from error
    except OSError as error:
        reasons = {
            errno.EADDRINUSE: f"Port {port} is taken, perhaps by elearn itself. Take another: PORT={port + 1} make run",
            errno.EACCES: f"Port {port} is for the administrator only. Choose one above 1023: PORT=5000 make run",
            errno.EADDRNOTAVAIL: f"HOST is {host}, which is not an address of this machine.",
        }
        raise CannotStartError(reasons.get(error.errno or 0, f"Cannot listen on {host}:{port}: {error}.")) from error
    return listener


def serve(app: Flask, listener: socket.socket | None = None, *, on_stop: Callable[[], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; then stop accepting, send sockets elsewhere and finish what is in flight."""
    settings: Settings = app.extensions["settings"]
    listener = listener or listen(settings.host, settings.port)
    pool = eventlet.GreenPool(MAX_CONNECTIONS)
    stopping = Stopping(listener, pool, on_stop)
    stopping.watch()
    # What is loaded by now stays: the collector need not walk through it again and again, nor for each few hundred
    # short-lived rows of a request.
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)
    say(f"elearn is on {address_of(listener)} (stop with Ctrl-C)")
    # `debug` of eventlet would send tracebacks to visitors.
    eventlet.wsgi.server(listener, app, custom_pool=pool, log_output=False, debug=False, socket_timeout=SILENT_SECONDS)


class Stopping:
    """End a serving process once, cleanly, whichever signal asks for it; a second signal ends it at once."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self, listener: socket.socket, pool: eventlet.GreenPool, on_stop: Callable[[], None] | None) -> None:
        self._server = eventlet.getcurrent()
        self._listener = listener
        self._pool = pool
        self._on_stop = on_stop
        self._reader, self._writer = socket.socketpair()

    def watch(self) -> None:
        """Take the signals.

        A signal does not wake the hub out of its wait; the byte that Python itself writes to this socket does.
        """
        self._writer.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in self.SIGNALS:
            signal.signal(number, lambda *_: None)
        eventlet.spawn(self._run)

    def _run(self) -> None:
        self._wait_for_signal()
        say("Stopping ...")
        if self._on_stop:
            self._on_stop()
        # Out of accept(): the server closes idle connections and waits for the busy ones. It would keep the listening
        # socket open meanwhile, and whoever knocks would wait in vain.
        eventlet.spawn_after(0, self._server.throw, SystemExit)
        eventlet.sleep(0.01)
        self._listener.close()
        eventlet.spawn(disconnect_sockets)
        with eventlet.Timeout(DRAIN_SECONDS, exception=False):
            self._wait_for_signal()
        for busy in list(self._pool.coroutines_running):
            busy.kill()

    def _wait_for_signal(self) -> None:
        while self._reader.recv(1)[0] not in self.SIGNALS:
            pass


def disconnect_sockets() -> None:
    """Close every live socket; the browsers come back by themselves, to whoever serves then."""
    sockets = socketio.server.eio.sockets
    for live in list(sockets.values()):
        live.close(wait=False)


def address_of(listener: socket.socket) -> str:
    """Say the address to type for a listening socket."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        host = socket.gethostname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def say(text: str) -> None:
    """Tell whoever sits at the terminal, at once even when that is a pipe."""
    print(text, flush=True)  # noqa: T201 - the terminal is the door here
