"""Run short CPU-heavy work off the event loop."""

import os
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import eventlet.patcher
import eventlet.tpool

P = ParamSpec("P")
R = TypeVar("R")

# As many as there are cores: more would only fight for them, and a burst of sign-ins waits in line here.
_places = threading.BoundedSemaphore(max(2, os.cpu_count() or 2))


def offload(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call the function in a native thread when the event loop is eventlet's, else right here."""
    if not eventlet.patcher.is_monkey_patched("thread"):
        return function(*args, **kwargs)
    with _places:
        result: R = eventlet.tpool.execute(function, *args, **kwargs)
        return result
