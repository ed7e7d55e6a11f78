"""Every error under /api/ as `application/problem+json` (RFC 9457), in the words of the school."""

import math
import time
from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask, Response, g, json, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from elearn.errors import DomainError, Forbidden, RateLimited, Unavailable
from elearn.extensions import db, limiter
from elearn.languages import _, lazy

log = structlog.get_logger(__name__)

PREFIX = "/api/"
MIMETYPE = "application/problem+json"

# What errors of the libraries say: a code for programs, a title and a sentence for people.
WORDS: dict[int, tuple[str, str, str]] = {
    400: ("malformed", lazy("Not readable"), lazy("This request cannot be read. Send valid JSON in UTF-8.")),
    404: (
        "not_found",
        lazy("Not found"),
        lazy("There is nothing at this address. The addresses are listed at /api/docs/."),
    ),
    405: (
        "method_not_allowed",
        lazy("Not possible here"),
        lazy("This address takes no such request. The header Allow names those that it takes."),
    ),
    413: ("too_large", lazy("Too large"), lazy("This is too large. Choose a smaller file or write less.")),
    415: (
        "unsupported_media_type",
        lazy("Another type is needed"),
        lazy("Send application/json, or multipart/form-data where a file is taken."),
    ),
    429: ("rate_limited", RateLimited.title, lazy("That was too much at once. Wait a moment and try again.")),
    500: (
        "unexpected",
        lazy("Something broke"),
        lazy("Something broke on our side. Nothing of yours is lost. Try again later."),
    ),
}
OTHER = ("refused", lazy("Refused"), lazy("This request was refused."))


def problem(
    status: int, code: str, title: str, detail: str, *, errors: dict[str, list[str]] | None = None, **more: Any
) -> Response:
    """Answer with what is wrong and what to do; `more` are further members of the document."""
    body: dict[str, Any] = {
        "type": f"urn:elearn:problem:{code}",
        "title": str(title),
        "status": status,
        "detail": str(detail),
        "code": code,
        **more,
    }
    if errors:
        body["errors"] = errors
    if status >= 500:  # noqa: PLR2004 - our side
        body["reference"] = g.get("reference", "")
    response = Response(json.dumps(body), status, mimetype=MIMETYPE)
    if status == 401:  # noqa: PLR2004 - RFC 9110 asks for it
        response.headers["WWW-Authenticate"] = 'Bearer realm="elearn"'
    return response


def of_domain(error: DomainError) -> Response:
    more = {name: value for name, value in error.data.items() if name not in {"errors", "field", "retry_after"}}
    response = problem(error.status, error.code, error.title, error.message, errors=error.fields, **more)
    if "retry_after" in error.data:
        response.headers["Retry-After"] = str(error.data["retry_after"])
    return response


def of_http(error: HTTPException) -> Response:
    """Translate what the router, the limits and the parsers refuse."""
    status = error.code or 500
    response = problem(status, *WORDS.get(status, OTHER))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    if status == 429:  # noqa: PLR2004 - how long to wait is known to the limit that was hit
        limit = limiter.current_limit
        wait = math.ceil(limit.reset_at - time.time()) if limit else 60
        response.headers["Retry-After"] = str(max(1, wait))
    return response


def answer(error: Exception) -> Response | HTTPException:
    """Answer any error with a problem document."""
    if isinstance(error, CSRFError):
        return of_domain(
            Forbidden(
                _("Send the token of the page in the header X-CSRFToken, or sign in with a bearer token."), "csrf"
            )
        )
    if isinstance(error, HTTPException):
        return error if error.code is not None and error.code < 400 else of_http(error)  # noqa: PLR2004 - redirects
    if isinstance(error, DomainError):
        return of_domain(error)
    db.session.rollback()
    if isinstance(error, OperationalError | PoolTimeout):
        log.error("database_away", exc_info=error)
        return of_domain(Unavailable())
    log.error("unexpected_error", exc_info=error)
    return problem(500, *WORDS[500])


def _split(of_pages: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Answer under the API here, and leave everything else to the pages."""

    def handler(error: Any) -> Any:
        return answer(error) if request.path.startswith(PREFIX) else of_pages(error)

    return handler


def init_app(app: Flask) -> None:
    """Stand before every error handler of the pages, so that no error under /api/ is answered with a page."""
    found = [handler for handlers in app.error_handler_spec[None].values() for handler in handlers.items()]
    for kind, of_pages in found:
        app.register_error_handler(kind, _split(of_pages))
