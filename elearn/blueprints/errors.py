"""The error pages: one template, in the words of the school."""

from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask, Response, flash, g, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from elearn.blueprints.session import safe_next
from elearn.errors import DomainError, RateLimited, Unauthenticated, Unavailable
from elearn.extensions import db
from elearn.languages import lazy

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Explanation:
    title: str
    text: str


EXPLANATIONS = {
    400: Explanation(lazy("This form has grown old"), lazy("Go back, load the page again, and send it once more.")),
    403: Explanation(
        lazy("This page is not for you"),
        lazy("It belongs to other people of the school. Ask your teacher if you need it."),
    ),
    404: Explanation(
        lazy("This page is not in the book"),
        lazy(
            "The address may be mistyped, or the page was moved or deleted. If somebody sent you the link, "
            "it may be for members of a course only."
        ),
    ),
    405: Explanation(lazy("This address takes no such request"), lazy("Go back and use the buttons on the page.")),
    409: Explanation(
        lazy("Somebody was faster"), lazy("Go back, load the page again, and look at what stands there now.")
    ),
    413: Explanation(lazy("This is too large"), lazy("Choose a smaller file or write less.")),
    422: Explanation(lazy("Something does not fit"), lazy("Go back and look at what you typed.")),
    429: Explanation(lazy("That was too much at once"), lazy("Wait a moment and try again.")),
    500: Explanation(lazy("Something broke on our side"), lazy("Nothing of yours is lost. Try again in a moment.")),
    503: Explanation(lazy("The school is busy"), lazy("Try again in a moment. Nothing of yours is lost.")),
}


SIGNED_OUT = Explanation(
    lazy("You are signed out"), lazy("Sign in in another tab, then go back to what you typed and send it once more.")
)


def error_page(
    status: int, text: str | None = None, retry_after: int | None = None, words: Explanation | None = None
) -> Response:
    """Show what happened, two ways on, and the reference number."""
    words = words or EXPLANATIONS.get(status, EXPLANATIONS[500 if status >= 500 else 400])  # noqa: PLR2004 - server errors
    page = render_template(
        "errors/error.html", status=status, title=words.title, text=text or words.text, reference=g.get("reference", "")
    )
    response = make_response(page, status)
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


def init_app(app: Flask) -> None:
    """Map the error family and the errors of the libraries to pages; the API answers under /api/ by itself."""

    @app.errorhandler(DomainError)
    def domain_error(error: DomainError) -> Any:
        if isinstance(error, Unauthenticated):
            return redirect(url_for("auth.sign_in", next=request.path if request.method == "GET" else None))
        if error.code == "unverified":
            flash(error.message, "error")
            came_from = back_from(request.referrer) if request.referrer else None
            going_to = request.path if request.method == "GET" else came_from
            return redirect(url_for("auth.verify_email", next=going_to))
        if (
            request.method == "POST"
            and error.status in {409, 422}
            and request.referrer
            and current_user.is_authenticated
        ):
            # A button that came too late: say so on the page where it was pressed.
            flash(error.message, "error")
            return redirect(back_from(request.referrer))
        waits = isinstance(error, RateLimited | Unavailable)
        return error_page(error.status, error.message, error.data.get("retry_after") if waits else None)

    @app.errorhandler(CSRFError)
    def csrf_error(_error: CSRFError) -> Any:
        # The forms of visitors may grow old, too.
        is_theirs = request.blueprint == "auth" or request.path.startswith("/invite/")
        return error_page(400, words=None if current_user.is_authenticated or is_theirs else SIGNED_OUT)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Any:
        if error.code is not None and error.code < 400:  # noqa: PLR2004 - redirects of the router
            return error
        # The limits of whole pages count minutes.
        return error_page(error.code or 500, retry_after=60 if error.code == 429 else None)  # noqa: PLR2004

    @app.errorhandler(OperationalError)
    @app.errorhandler(PoolTimeout)
    def database_away(_error: Exception) -> Any:
        db.session.rollback()
        log.exception("database_away")
        return error_page(503, retry_after=5)

    @app.errorhandler(Exception)
    def unexpected(_error: Exception) -> Any:
        db.session.rollback()
        log.exception("unexpected_error")
        return error_page(500)


def back_from(referrer: str) -> str:
    """Return the path of the page that the request came from, on this host only."""
    host = request.host_url
    path = safe_next("/" + referrer.removeprefix(host)) if referrer.startswith(host) else None
    return path or url_for("home.index")
