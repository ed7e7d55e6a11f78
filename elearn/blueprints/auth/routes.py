from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from elearn.blueprints.auth.forms import SignInForm
from elearn.blueprints.forms import filled_in
from elearn.blueprints.session import close_session, open_session, safe_next
from elearn.identity import me
from elearn.languages import _
from elearn.models import SignInKind
from elearn.services import accounts
from elearn.services.accounts import Device

bp = Blueprint("auth", __name__)


def this_device() -> Device:
    return Device(SignInKind.BROWSER, request.remote_addr or "", request.user_agent.string)


def go_on() -> ResponseReturnValue:
    """Go to the page that asked for the sign-in, or home."""
    return redirect(safe_next(request.args.get("next")) or url_for("home.index"))


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Let somebody in by username or email."""
    if current_user.is_authenticated:
        return go_on()
    form = SignInForm()

    def let_in() -> ResponseReturnValue:
        opened = accounts.sign_in(login=form.login.data, password=form.password.data, device=this_device())
        open_session(opened, remember=form.remember.data)
        return go_on()

    return filled_in(form, "auth/sign_in.html", let_in, is_open=accounts.is_open_to_all())


@bp.post("/sign-out")
@login_required
def sign_out() -> ResponseReturnValue:
    """End this device."""
    accounts.sign_out(me())
    close_session()
    flash(_("You are signed out."), "info")
    return redirect(url_for("auth.sign_in"))


@bp.post("/sign-out-everywhere")
@login_required
def sign_out_everywhere() -> ResponseReturnValue:
    """End all devices of this person, this one included."""
    accounts.sign_out_everywhere(me())
    close_session()
    flash(_("You are signed out on all devices."), "info")
    return redirect(url_for("auth.sign_in"))
