"""Who is it: the session cookie or an access token, answered the same way for pages, API and sockets."""

from typing import Any

from flask import Request
from flask_jwt_extended import decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from flask_login import current_user
from jwt import PyJWTError

from elearn.errors import Unauthenticated
from elearn.models import User, parse_id
from elearn.services import accounts

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


def me() -> User:
    """Return whoever is signed in, as the plain object that services take; raises `Unauthenticated`."""
    person = current_user._get_current_object()  # noqa: SLF001 - flask-login's proxy must not travel on
    if not isinstance(person, User):
        raise Unauthenticated
    return person
