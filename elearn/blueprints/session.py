"""Who is it: the session cookie or a bearer token, answered the same way for pages, API and sockets."""

from typing import Any
from uuid import UUID

import flask
from flask import Flask, Request, redirect, request, session, url_for
from flask_jwt_extended import decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from flask_login import current_user, login_user, logout_user
from jwt import PyJWTError
from werkzeug.wrappers import Response

from elearn.errors import Unauthenticated
from elearn.extensions import login
from elearn.models import SignIn, User, parse_id
from elearn.services import accounts

BEARER = "Bearer "


def person_of_token(token: str) -> User | None:
    """Return whose access token this is; the role and the blocks are read from the database, never from the token."""
    try:
        claims: dict[str, Any] = decode_token(token)
    except (PyJWTError, JWTExtendedException, ValueError):
        return None
    sign_in_id = parse_id(claims.get("sid"))
    if claims.get("type") != "access" or sign_in_id is None:
        return None
    person = accounts.by_sign_in(sign_in_id)
    return person if person is not None and str(person.id) == claims.get("sub") else None


def person_of_cookie(value: str) -> User | None:
    sign_in_id = parse_id(value)
    return accounts.by_sign_in(sign_in_id) if sign_in_id else None


def me() -> User:
    """Return whoever is signed in, as the plain object that services take; raises `Unauthenticated`."""
    person = current_user._get_current_object()  # noqa: SLF001 - flask-login's proxy must not travel on
    if not isinstance(person, User):
        raise Unauthenticated
    return person


def open_session(opened: SignIn, *, remember: bool) -> None:
    """Start a fresh session for this device; whatever stood in the cookie before is gone."""
    session.clear()
    login_user(opened.user)
    session.permanent = remember


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
    login.user_loader(person_of_cookie)
    app.extensions["bearer"] = person_of_token

    @login.request_loader
    def load_from_header(incoming: Request) -> User | None:
        header = incoming.headers.get("Authorization", "")
        return person_of_token(header.removeprefix(BEARER)) if header.startswith(BEARER) else None

    @login.unauthorized_handler
    def ask_to_sign_in() -> Response:
        return redirect(
            url_for("auth.sign_in", next=request.full_path.rstrip("?") if request.method == "GET" else None)
        )

    @app.before_request
    def close_dead_session() -> None:
        # A cookie whose sign-in was ended keeps nothing: not even the token of its forms.
        if "_user_id" in flask.session and not current_user.is_authenticated and request.endpoint != "assets":
            close_session()
