"""The only place that commits.

`@transactional` opens one writing transaction; a nested call joins it. What must survive a crash is written inside.
What only hurries things along is handed to `after_commit` and dropped when the transaction is rolled back.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps
from sqlite3 import Connection as SQLiteConnection
from typing import Any, ParamSpec, TypeVar

import structlog
from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from elearn.errors import Conflict, Unavailable
from elearn.extensions import db
from elearn.languages import _

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger(__name__)

BUSY_SECONDS = 5
_OPEN = "elearn.after_commit"  # in Session.info: the callables of the open writing transaction
_UNDONE = "elearn.after_rollback"  # and those for the case that it fails

# One green lock around every writing transaction on SQLite. Without it a greenlet that yields between BEGIN and COMMIT
# would let a second writer block the whole process for the busy timeout, because SQLite waits inside C.
_sqlite_writer = threading.Lock()

_outgoing: deque[Callable[[], None]] = deque()
_sending = threading.Lock()


def transactional(function: Callable[P, R]) -> Callable[P, R]:
    """Run the function in one writing transaction, committed at the end or rolled back on any error."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        session = db.session()
        if _OPEN in session.info:
            return function(*args, **kwargs)
        undone: list[Callable[[], None]] = []
        session.info[_UNDONE] = undone
        try:
            with writing(session):
                result = function(*args, **kwargs)
        except OperationalError as error:
            raise Unavailable(_("The database is busy. Try again in a moment.")) from error
        else:
            undone.clear()
            return result
        finally:
            del session.info[_UNDONE]
            for call in undone:
                call()
            send_outgoing()

    return wrapper


@contextmanager
def writing(session: Session) -> Iterator[None]:
    """Hold the writing transaction of this session, and queue its after-commit callables in commit order."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    with _sqlite_writer if is_sqlite else nullcontext():
        # End the reading transaction: SQLite cannot turn an old snapshot into a writer, and rights must be read fresh.
        session.rollback()
        if is_sqlite:
            session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
        callables: list[Callable[[], None]] = []
        session.info[_OPEN] = callables
        try:
            yield
            session.commit()
            _outgoing.extend(callables)
        except BaseException:
            session.rollback()
            raise
        finally:
            del session.info[_OPEN]


def after_commit(call: Callable[[], None]) -> None:
    """Run the callable once the open transaction is committed; at once when none is open."""
    callables = db.session().info.get(_OPEN)
    if callables is None:
        call()
    else:
        callables.append(call)


def after_rollback(call: Callable[[], None]) -> None:
    """Run the callable once the open transaction has failed, and not if it succeeds; at once when none is open."""
    callables = db.session().info.get(_UNDONE)
    if callables is None:
        call()
    else:
        callables.append(call)


def send_outgoing() -> None:
    """Run what committed transactions left, in their order; whoever is at it takes the others' along."""
    while _outgoing and _sending.acquire(blocking=False):
        try:
            while _outgoing:
                call = _outgoing.popleft()
                try:
                    call()
                except Exception:
                    # The transaction is committed and acknowledged; a push that fails must not undo the answer.
                    log.exception("after_commit_failed")
        finally:
            _sending.release()


def upsert(table: Any) -> sqlite.Insert | postgresql.Insert:
    """Begin an INSERT that may say ON CONFLICT: each database has its own word for it, with the same arguments."""
    is_sqlite = db.session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(table) if is_sqlite else postgresql.insert(table)


@contextmanager
def taken_means(column: str, code: str, message: str, field: str) -> Iterator[None]:
    """Flush at the end, and turn a violated unique constraint over this column into `Conflict`."""
    try:
        yield
        db.session.flush()
    except IntegrityError as error:
        if column in str(error.orig):
            raise Conflict(code, message, field=field) from error
        raise


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


@event.listens_for(Engine, "connect")
def _set_up_sqlite(connection: Any, _record: Any) -> None:
    """Set WAL, foreign keys and a short busy timeout; transactions are begun by us, not by the driver."""
    if not isinstance(connection, SQLiteConnection):
        return
    # SQLite's own lower() knows ASCII alone; searching must find "Élodie" by "élodie".
    connection.create_function("lower", 1, _lower, deterministic=True)
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}").close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")
