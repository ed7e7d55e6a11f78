"""The session cookie of the pages, and where flask-login finds people."""

import flask
from flask import Flask, Request, redirect, request, session, url_for
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response

from elearn.extensions import login
from elearn.identity import arrived, open_session, person_of_cookie, person_of_token, token_in
from elearn.models import User

__all__ = ["close_session", "init_app", "open_session", "safe_next"]


def close_session() -> None:
    logout_user()
    session.clear()


def safe_next(target: str | None) -> str | None:
    """Return the path to go on to, if it is a path on this host and nothing else."""
    if not target or len(target) > 500 or not target.startswith("/") or target.startswith(("//", "/\\")):  # noqa: PLR2004
        return None
    if any(ord(letter) < 33 or ord(letter) > 126 or letter == "\\" for letter in target):  # noqa: PLR2004 - printable ASCII
        return None
    return target


def init_app(app: Flask) -> None:
    """Teach flask-login where people come from."""

    @login.user_loader
    def load_from_cookie(value: str) -> User | None:
        return arrived(person_of_cookie(value), request) if token_in(request) is None else None

    @login.request_loader
    def load_from_header(incoming: Request) -> User | None:
        token = token_in(incoming)
        return arrived(person_of_token(token), incoming) if token is not None else None

    @login.unauthorized_handler
    def ask_to_sign_in() -> Response:
        return redirect(
            url_for("auth.sign_in", next=request.full_path.rstrip("?") if request.method == "GET" else None)
        )

    @app.before_request
    def close_dead_session() -> None:
        # A cookie whose sign-in was ended keeps nothing: not even the token of its forms.
        if "_user_id" not in flask.session or request.endpoint == "assets" or token_in(request) is not None:
            return
        if not current_user.is_authenticated:
            close_session()
