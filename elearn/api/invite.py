"""The link of an invitation for programs: whoever holds the token may look and accept."""

from typing import Any

from flask import Response
from flask_login import current_user

from elearn.api import tokens
from elearn.api.auth import this_device
from elearn.api.invitation_schemas import OfferShown, Yes, YesAnswer
from elearn.api.section import Section, public
from elearn.errors import Conflict, Unauthenticated
from elearn.identity import me
from elearn.languages import _
from elearn.services import acceptance
from elearn.services.acceptance import Offer

bp = Section("invite", __name__, description="The way in for who got an invitation: look at it and accept.")

ACCOUNT = ("username", "full_name", "password")
OVER = "It was used, has run out, or was taken back; `code` says which."


@bp.after_request
def keep_secret(response: Response) -> Response:
    """Keep the address from search machines and from pages that come after."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@bp.route("/<string:token>/")
@public
@bp.refuses(s409=OVER)
@bp.response(200, OfferShown, description="Who invites, to what.")
def show_offer(token: str) -> Offer:
    """Look at an invitation."""
    return acceptance.look(token)


@bp.route("/<string:token>/accept/", methods=["POST"])
@public
@bp.refuses(
    s401="Nobody is signed in, and there is no whole account to make.",
    s403="It was sent to another address than that of who is signed in.",
    s409=f"{OVER} Or the username is taken, or the address has an account already.",
)
@bp.arguments(Yes, required=False)
@bp.response(200, YesAnswer, description="Accepted.")
def accept(data: dict[str, Any], token: str) -> dict[str, Any]:
    """Accept: with the account that is signed in, or by making one. Role and courses are those of the invitation."""
    if current_user.is_authenticated:
        if data:
            raise Conflict("signed_in", _("You are signed in: send nothing, or sign out first."))
        accepted = acceptance.accept(me(), token)
        renewed = tokens.hand_over(accepted.renewed) if accepted.renewed else None
        return {"courses": accepted.entered, "closed": accepted.closed, "tokens": renewed}
    if len(data) < len(ACCOUNT):
        raise Unauthenticated(_("Sign in, or send username, full_name and password of the account to make."))
    opened, accepted = acceptance.accept_as_new(token, **data, device=this_device())
    return {"courses": accepted.entered, "closed": accepted.closed, "tokens": tokens.issue(opened)}
