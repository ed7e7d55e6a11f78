"""Count what is asked of the database, and notice questions that come from a template."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import flask
from flask import Flask, before_render_template, template_rendered
from sqlalchemy import event

from elearn.extensions import db


class Statements(list[str]):
    """Hold the statements in their order."""


@contextmanager
def counted() -> Iterator[Statements]:
    """Collect every statement that reaches the database meanwhile, but not BEGIN and COMMIT."""
    found = Statements()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")):
            found.append(statement)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def planned(act: Callable[[], object], dialect: str) -> list[tuple[str, str]]:
    """Return each statement of this, and how the database answers it with the values that it had."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    explain = "explain query plan " if dialect == "sqlite" else "explain "
    connection = db.session.connection()
    return [
        (statement, "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters)))
        for statement, parameters in asked
        if not statement.startswith("BEGIN")
    ]


@contextmanager
def none_while_rendering(app: Flask) -> Iterator[None]:
    """Fail when a query runs between the moment a template begins and the moment it is done."""
    asked: list[str] = []
    depth = 0

    def begin(*_: Any, **__: Any) -> None:
        nonlocal depth
        depth += 1

    def end(*_: Any, **__: Any) -> None:
        nonlocal depth
        depth -= 1

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if depth and flask.has_request_context():
            asked.append(statement)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        with before_render_template.connected_to(begin, app), template_rendered.connected_to(end, app):
            yield
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert not asked, "a template asked the database: " + "; ".join(asked)
