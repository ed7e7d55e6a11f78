"""Tell the worker that something waits, without knowing its jobs: they say what they listen to.

Work lies in the database; this only hurries it along. Whoever is not woken finds it at the next look of the schedule.
"""

from collections.abc import Callable
from typing import Any

from elearn.transaction import after_commit

_listeners: dict[str, Callable[..., Any]] = {}


def on(work: str, call: Callable[..., Any]) -> None:
    """Call this when such work waits: a job, which then runs in the worker."""
    _listeners[work] = call


def wake(work: str, *ids: str) -> None:
    """Say, once the open transaction is committed, that such work waits."""
    after_commit(lambda: _listeners[work](*ids) if work in _listeners else None)
