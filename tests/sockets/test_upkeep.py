"""The loops beside the events outlive whatever goes wrong in one round: without them nobody would be put out."""

from collections.abc import Callable, Iterator

import pytest
import structlog
from flask import Flask
from sqlalchemy.exc import OperationalError

from elearn.sockets import notifications
from elearn.sockets.budgets import Budgets
from elearn.sockets.notifications import NotificationsNamespace
from elearn.sockets.upkeep import Upkeep


class EndOfTestError(BaseException):
    """Ends an endless loop; none of them may catch it."""


def failing() -> Callable[..., None]:
    """Return a round that fails in two ways, goes well once, and then ends the test."""
    ways: Iterator[BaseException | None] = iter(
        (RuntimeError("boom"), OperationalError("select 1", {}, Exception("away")), KeyError("x"), None)
    )

    def task(*_: object) -> None:
        error = next(ways, EndOfTestError())
        if error is not None:
            raise error

    return task


def test_the_looks_at_seats_go_on_after_any_error(app: Flask) -> None:
    upkeep = object.__new__(Upkeep)  # without its place among those who hear what others publish
    upkeep._app = app
    with structlog.testing.capture_logs() as lines, pytest.raises(EndOfTestError):
        upkeep._every(0.01, failing())
    assert [line["event"] for line in lines] == ["upkeep_failed", "upkeep_without_database", "upkeep_failed"]


def test_the_looks_at_notifications_go_on_after_any_error(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    namespace = NotificationsNamespace(app, Budgets())
    monkeypatch.setattr(notifications, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(namespace, "look", failing())
    with structlog.testing.capture_logs() as lines, pytest.raises(EndOfTestError):
        namespace._keep_looking()
    assert [line["event"] for line in lines] == [
        "notifications_failed", "notifications_without_database", "notifications_failed",
    ]  # fmt: skip
