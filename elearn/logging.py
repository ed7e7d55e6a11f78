"""Structured logs, with one id for each request, socket event, command and job."""

import logging
import re
import secrets
import sys
import time
from typing import Any

import structlog
from flask import Flask, Response, g, request

QUIET = ("engineio", "socketio", "werkzeug", "huey", "alembic", "eventlet.wsgi", "PIL")
# People read this number to their teacher: no letters that are easily mistaken. 32 of them: bytes fall evenly on them.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
# What stands behind these lets somebody in or acts for them. By the path and not by the rule: requests that fit no rule
# (a wrong method, a slash too many) are logged too.
SECRET_PART = re.compile(r"(/+(?:invite|unsubscribe)/+)[^/]+", re.IGNORECASE)

log = structlog.get_logger(__name__)


def reference() -> str:
    """Return a short number for an event, such as 8F2K-41."""
    letters = [ALPHABET[byte % len(ALPHABET)] for byte in secrets.token_bytes(6)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def configure(level: str, *, as_json: bool) -> None:
    """Send all logs through structlog to the standard error stream."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # the rich one prints local variables, passwords among them, and holds the event loop for seconds
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[strip, structlog.processors.format_exc_info, renderer] if as_json else [strip, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def loggable_path() -> str:
    """Return the path of the request, without the tokens that a link in a letter carries."""
    return SECRET_PART.sub(r"\1<token>", request.path)


def init_app(app: Flask) -> None:
    """Log each request as one line; static files only when they fail."""

    @app.before_request
    def begin() -> None:
        g.reference = reference()
        g.began = time.monotonic()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(ref=g.reference)

    @app.after_request
    def end(response: Response) -> Response:
        if request.endpoint != "assets" or response.status_code >= 400:  # noqa: PLR2004 - errors begin there
            log.info(
                "request",
                method=request.method,
                path=loggable_path(),
                status=response.status_code,
                ms=round((time.monotonic() - g.get("began", time.monotonic())) * 1000, 1),
            )
        response.headers["X-Request-Id"] = g.get("reference", "")
        return response
