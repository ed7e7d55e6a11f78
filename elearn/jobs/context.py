"""The application of the worker, and the job runner's mapping of errors."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import structlog
from flask import Flask, current_app, has_app_context
from huey.exceptions import RetryTask

from elearn.errors import DomainError, Unavailable

P = ParamSpec("P")
log = structlog.get_logger(__name__)

_worker_app: list[Flask] = []


def serve_jobs_with(app: Flask) -> None:
    """Remember the application that this worker process runs its jobs in."""
    _worker_app[:] = [app]


def in_app(job: Callable[P, None]) -> Callable[P, None]:
    """Run a job inside the application; what is away for now is tried again, what is wrong is logged once."""

    @wraps(job)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        app = current_app if has_app_context() else _worker_app[0]
        with app.app_context():
            try:
                job(*args, **kwargs)
            except Unavailable as error:
                raise RetryTask(delay=error.data["retry_after"]) from error
            except DomainError as error:
                log.warning("job_refused", job=job.__name__, code=error.code)

    return wrapper
