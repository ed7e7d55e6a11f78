from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from elearn.blueprints.auth.forms import RegisterForm, SignInForm
from elearn.blueprints.forms import show_again
from elearn.blueprints.session import close_session, open_session, safe_next
from elearn.errors import DomainError
from elearn.extensions import limiter
from elearn.identity import me
from elearn.models import Role, SignInKind
from elearn.services import accounts, profiles
from elearn.services.accounts import Device

bp = Blueprint("auth", __name__)

HINTS = "120/minute;3000/hour"  # a class behind one address types its names in the same quarter of an hour


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
    if not form.is_submitted():
        return render_template("auth/sign_in.html", form=form)
    if not form.validate():
        return show_again("auth/sign_in.html", form)
    try:
        opened = accounts.sign_in(login=form.login.data, password=form.password.data, device=this_device())
    except DomainError as error:
        return show_again("auth/sign_in.html", form, error)
    open_session(opened, remember=form.remember.data)
    return go_on()


@bp.route("/register/<any(student, teacher):role>", methods=["GET", "POST"])
def register(role: str) -> ResponseReturnValue:
    """Create an account, and let its owner in."""
    if current_user.is_authenticated:
        return go_on()
    form = RegisterForm()
    if not form.is_submitted():
        return render_template("auth/register.html", form=form, role=role)
    if not form.validate():
        return show_again("auth/register.html", form, role=role)
    try:
        opened = profiles.register(
            username=form.username.data, email=form.email.data, password=form.password.data,
            full_name=form.full_name.data, role=Role(role), device=this_device(),
            photo=form.photo.data or None, time_zone=form.time_zone.data or "",
        )  # fmt: skip
    except DomainError as error:
        return show_again("auth/register.html", form, error, role=role)
    open_session(opened, remember=False)
    return go_on()


@bp.get("/register/username")
@limiter.limit(HINTS)
def username_hint() -> ResponseReturnValue:
    """Say whether a username is free, while it is typed."""
    return jsonify(free=accounts.is_username_free(request.args.get("username", "")))


@bp.post("/sign-out")
@login_required
def sign_out() -> ResponseReturnValue:
    """End this device."""
    accounts.sign_out(me())
    close_session()
    flash("You are signed out.", "info")
    return redirect(url_for("auth.sign_in"))


@bp.post("/sign-out-everywhere")
@login_required
def sign_out_everywhere() -> ResponseReturnValue:
    """End all devices of this person, this one included."""
    accounts.sign_out_everywhere(me())
    close_session()
    flash("You are signed out on all devices.", "info")
    return redirect(url_for("auth.sign_in"))
