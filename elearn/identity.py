"""Who is it: the session cookie or an access token, answered the same way for pages, API and sockets."""

from contextlib import suppress
from typing import Any

from flask import Request, session
from flask_jwt_extended import decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from flask_login import current_user, login_user
from jwt import PyJWTError

from elearn.errors import Unauthenticated, Unavailable
from elearn.extensions import current_settings
from elearn.models import SignIn, User, parse_id
from elearn.services import accounts, sign_ins

BEARER = "bearer "


def token_in(incoming: Request) -> str | None:
    """Return the token that a request shows; whoever shows one means the token, whatever cookies come along."""
    header: str = incoming.headers.get("Authorization", "")
    return header[len(BEARER) :].strip() if header[: len(BEARER)].lower() == BEARER else None


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


def arrived(person: User | None, incoming: Request) -> User | None:
    """Remember from where somebody's request comes, and note now and then that the device is used."""
    if person is None:
        return None
    person.address = _address(incoming) or person.address
    with suppress(Unavailable):  # a note that can wait: the request is not held up by a busy database
        sign_ins.touch(person)
    return person


def _address(incoming: Request) -> str | None:
    """Return the network address, unless only that of our own proxy is known, as it is where sockets connect.

    What counts then is the address of the device's last request.
    """
    is_behind = current_settings().trusted_proxies > 0
    return None if is_behind and "werkzeug.proxy_fix.orig" not in incoming.environ else incoming.remote_addr


def open_session(opened: SignIn, *, remember: bool) -> None:
    """Start a fresh session for this device; whatever stood in the cookie before is gone."""
    session.clear()
    login_user(opened.user)
    session.permanent = remember


def me() -> User:
    """Return whoever is signed in, as the plain object that services take; raises `Unauthenticated`."""
    person = current_user._get_current_object()  # noqa: SLF001 - flask-login's proxy must not travel on
    if not isinstance(person, User):
        raise Unauthenticated
    return person
