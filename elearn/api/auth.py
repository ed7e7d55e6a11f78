from typing import Any

from flask import Response, request

from elearn.api import tokens
from elearn.api.schemas import Credentials, Me, RefreshToken, Registration, Tokens
from elearn.api.section import Section, no_content, public
from elearn.identity import me, token_in
from elearn.models import Role, SignInKind, User
from elearn.services import accounts, profiles
from elearn.services.accounts import Device

bp = Section("auth", __name__, description="Coming in and going out.")


def this_device() -> Device:
    return Device(SignInKind.API, request.remote_addr or "", request.user_agent.string)


@bp.route("/register/", methods=["POST"])
@public
@bp.refuses(409)
@bp.arguments(Registration)
@bp.response(201, Tokens, description="The account exists, and its owner is signed in.")
def register(data: dict[str, Any]) -> dict[str, Any]:
    """Create an account as a student or as a teacher, and sign in."""
    opened = profiles.register(**data | {"role": Role(data["role"])}, device=this_device())
    return tokens.issue(opened)


@bp.route("/login/", methods=["POST"])
@public
@bp.refuses(s401="The name or the password is not right.", s403="The account is blocked.")
@bp.arguments(Credentials)
@bp.response(200, Tokens, description="Signed in.")
def login(data: dict[str, Any]) -> dict[str, Any]:
    """Sign in by username or email."""
    return tokens.issue(accounts.sign_in(**data, device=this_device()))


@bp.route("/refresh/", methods=["POST"])
@public
@bp.refuses(s401="No refresh token, one that was used before, or one of a sign-in that has ended.")
@bp.arguments(RefreshToken, required=False)
@bp.response(200, Tokens, description="The next pair of tokens.")
def refresh(data: dict[str, Any]) -> dict[str, Any]:
    """Exchange a refresh token for the next pair; one that comes back a second time ends the sign-in."""
    return tokens.issue(accounts.refresh(*tokens.read_refresh(data.get("refresh_token") or token_in(request))))


@bp.route("/logout/", methods=["POST"])
@bp.response(204, description="Signed out: both tokens, the cookie and the sockets of this sign-in have ended.")
def logout() -> Response:
    """Sign out on this device."""
    accounts.sign_out(me())
    return no_content()


@bp.route("/me/")
@bp.response(200, Me, description="Oneself.")
def who_am_i() -> User:
    """Say who is signed in."""
    return me()
