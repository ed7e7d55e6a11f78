from typing import Any
from uuid import UUID

from flask import Response, request

from elearn.api import tokens
from elearn.api.auth_schemas import DevicePage, EmailChange, EmailCode, ForgottenPassword, NewPassword, PasswordChange
from elearn.api.schemas import Credentials, Me, Paged, RefreshToken, Registration, Tokens
from elearn.api.section import Section, no_content, public
from elearn.identity import me, token_in
from elearn.models import Role, SignInKind, User
from elearn.services import accounts, credentials, profiles, sign_ins
from elearn.services.accounts import Device
from elearn.services.paging import Page
from elearn.services.sign_ins import OpenDevice

bp = Section("auth", __name__, description="Coming in and going out.")


def this_device() -> Device:
    return Device(SignInKind.API, request.remote_addr or "", request.user_agent.string)


@bp.route("/register/", methods=["POST"])
@public
@bp.refuses(409, s403="Nobody may register here: the school is by invitation.")
@bp.arguments(Registration)
@bp.response(201, Tokens, description="The account exists, and its owner is signed in.")
def register(data: dict[str, Any]) -> dict[str, Any]:
    """Create an account as a student or as a teacher, sign in, and send a code to the address.

    An address that somebody has proved already is answered like every other; its owner gets a letter that says so.
    """
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


@bp.route("/verify-email/", methods=["POST"])
@bp.refuses(s409="The address is proved already.")
@bp.response(204, description="A code is on its way; the one before has ended.")
def send_code() -> Response:
    """Send a fresh code to one's own address."""
    credentials.send_verification(me())
    return no_content()


@bp.route("/verify-email/", methods=["PUT"])
@bp.refuses(s409="The code does not fit; or the address is proved already, by oneself or by another account.")
@bp.arguments(EmailCode)
@bp.response(200, Me, description="Oneself, with the address proved.")
def verify_email(data: dict[str, Any]) -> User:
    """Prove the address with the code."""
    return credentials.verify_email(me(), **data)


@bp.route("/password-reset/", methods=["POST"])
@public
@bp.arguments(ForgottenPassword)
@bp.response(204, description="If somebody here has this address, a code is on its way there.")
def forget_password(data: dict[str, Any]) -> Response:
    """Send a code with which a new password can be set; the answer tells nothing about who is here."""
    credentials.ask_for_reset(data["email"], request.remote_addr or "")
    return no_content()


@bp.route("/password-reset/", methods=["PUT"])
@public
@bp.refuses(s409="The code does not fit.")
@bp.arguments(NewPassword)
@bp.response(204, description="The password is new, and every device is signed out.")
def reset_password(data: dict[str, Any]) -> Response:
    """Set a new password with the code."""
    credentials.reset_password(**data, address=request.remote_addr or "")
    return no_content()


@bp.route("/password/", methods=["PUT"])
@bp.refuses(s403="The present password is not right; or a page of ours came without its CSRF header.", s409="")
@bp.arguments(PasswordChange)
@bp.alt_response(204, description="Changed by a page: its cookie is new, and its form token with it.")
@bp.response(200, Tokens, description="The password is changed. These tokens take the place of all earlier ones.")
def change_password(data: dict[str, Any]) -> dict[str, Any] | Response:
    """Change one's own password; every sign-in ends, and this device gets a new one."""
    return tokens.hand_over(credentials.change_password(me(), **data)) or no_content()


@bp.route("/email/", methods=["POST"])
@bp.refuses(s403="The password is not right; or a page of ours came without its CSRF header.")
@bp.arguments(EmailChange)
@bp.response(204, description="A code is on its way to the new address; until it is used the old one counts.")
def ask_for_email(data: dict[str, Any]) -> Response:
    """Ask for another address; one that was never proved is put right at once, and proved at `verify-email/`."""
    credentials.ask_for_email(me(), **data)
    return no_content()


@bp.route("/email/", methods=["PUT"])
@bp.refuses(s409="The code does not fit; or another account has proved this address.")
@bp.arguments(EmailCode)
@bp.response(200, Me, description="Oneself, with the new address.")
def change_email(data: dict[str, Any]) -> User:
    """Take the new address with the code that came there."""
    return credentials.change_email(me(), **data)


@bp.route("/sessions/")
@bp.arguments(Paged, location="query")
@bp.response(200, DevicePage, description="Where one is signed in, the latest used first.")
def list_sessions(query: dict[str, Any]) -> Page[OpenDevice]:
    """List one's own devices."""
    return sign_ins.list_for(me(), **query)


@bp.route("/sessions/", methods=["DELETE"])
@bp.response(204, description="Every other device is signed out.")
def end_other_sessions() -> Response:
    """Sign out all of one's own devices but this one."""
    sign_ins.end_others(me())
    return no_content()


@bp.route("/sessions/end-all/", methods=["POST"])
@bp.response(204, description="Every device is signed out, this one too: its tokens and its cookie have ended.")
def end_all_sessions() -> Response:
    """Sign out everywhere, as after a phone was lost."""
    accounts.sign_out_everywhere(me())
    return no_content()


@bp.route("/sessions/<uuid:session_id>/", methods=["DELETE"])
@bp.response(204, description="The device is signed out.")
def end_session(session_id: UUID) -> Response:
    """Sign out one of one's own devices."""
    sign_ins.end(me(), session_id)
    return no_content()
