"""Access and refresh tokens: both name the sign-in, which the database can end at any time."""

from typing import Any
from uuid import UUID

from flask import request, session
from flask_jwt_extended import create_access_token, create_refresh_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError

from elearn.errors import Unauthenticated
from elearn.identity import open_session, token_in
from elearn.languages import lazy
from elearn.models import SignIn, parse_id

ENDED = lazy("This sign-in has ended. Sign in again.")


def issue(opened: SignIn) -> dict[str, Any]:
    """Return the pair of tokens of a sign-in, and whose they are.

    They say who and which sign-in, and nothing about rights: those are read from the database.
    """
    identity, claims = str(opened.user_id), {"sid": str(opened.id)}
    return {
        "access_token": create_access_token(identity, additional_claims=claims),
        "refresh_token": create_refresh_token(identity, additional_claims=claims | {"jti": opened.refresh_id}),
        "user": opened.user,
    }


def hand_over(opened: SignIn) -> dict[str, Any] | None:
    """Give a new sign-in to whoever came with the one that it takes the place of: tokens, or to a page its cookie."""
    if token_in(request) is not None:
        return issue(opened)
    open_session(opened, remember=session.permanent)
    return None


def read_refresh(token: str | None) -> tuple[UUID, str]:
    """Return which sign-in a refresh token belongs to and its own id; raises `Unauthenticated`."""
    try:
        claims: dict[str, Any] = decode_token(token) if token else {}
    except (PyJWTError, JWTExtendedException, ValueError) as error:
        raise Unauthenticated(ENDED, code="ended") from error
    sign_in_id, refresh_id = parse_id(claims.get("sid")), claims.get("jti")
    if claims.get("type") != "refresh" or sign_in_id is None or not isinstance(refresh_id, str):
        raise Unauthenticated(ENDED, code="ended")
    return sign_in_id, refresh_id
