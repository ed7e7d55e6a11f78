"""Making an account, and proving the address."""

from typing import Any

from flask import flash, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from elearn.blueprints.auth.forms import AddressForm, CodeForm, RegisterForm
from elearn.blueprints.auth.routes import bp, go_on, this_device
from elearn.blueprints.forms import Form, filled_in
from elearn.blueprints.session import open_session, safe_next
from elearn.extensions import limiter
from elearn.identity import me
from elearn.languages import _
from elearn.models import Role
from elearn.services import accounts, credentials, profiles

HINTS = "120/minute;3000/hour"  # a class behind one address types its names in the same quarter of an hour
PROOF = "auth/verify_email.html"


def verify_page() -> str:
    """Return the address of the page for the code, which leads on to where somebody was going."""
    return url_for("auth.verify_email", next=safe_next(request.args.get("next")))


@bp.route("/register/<any(student, teacher):role>", methods=["GET", "POST"])
def register(role: str) -> ResponseReturnValue:
    """Create an account, let its owner in, and ask for the code that was sent."""
    if current_user.is_authenticated:
        return go_on()
    if not accounts.is_open_to_all():
        return make_response(render_template("auth/closed.html"), 403)
    form = RegisterForm()

    def make_account() -> ResponseReturnValue:
        opened = profiles.register(
            username=form.username.data, email=form.email.data, password=form.password.data,
            full_name=form.full_name.data, role=Role(role), device=this_device(),
            photo=form.photo.data or None, time_zone=form.time_zone.data or "",
        )  # fmt: skip
        open_session(opened, remember=False)
        return redirect(verify_page())

    waits = accounts.waits_for_approval(Role(role))
    return filled_in(form, "auth/register.html", make_account, role=role, waits=waits)


@bp.get("/register/username")
@limiter.limit(HINTS)
def username_hint() -> ResponseReturnValue:
    """Say whether a username is free, while it is typed."""
    return jsonify(free=accounts.is_username_free(request.args.get("username", "")))


def shown(**forms: Form) -> dict[str, Any]:
    """Return what the page for the code shows: its two forms, the one at hand as it was sent."""
    fresh = {"code_form": CodeForm(formdata=None), "address_form": AddressForm(formdata=None)}
    return fresh | forms | {"person": me(), "wait": credentials.seconds_to_wait(me())}


@bp.route("/verify-email", methods=["GET", "POST"])
@login_required
def verify_email() -> ResponseReturnValue:
    """Ask for the code that was sent to the address."""
    if me().is_verified:
        return go_on()
    form = CodeForm()

    def prove() -> ResponseReturnValue:
        credentials.verify_email(me(), form.code.data)
        flash(_("Your address is proved."), "success")
        return go_on()

    return filled_in(form, PROOF, prove, **shown(code_form=form))


@bp.post("/verify-email/resend")
@login_required
def resend_code() -> ResponseReturnValue:
    """Send a fresh code to the same address."""
    credentials.send_verification(me())
    flash(_("A fresh code is on its way. The one before has ended."), "info")
    return redirect(verify_page())


@bp.route("/verify-email/address", methods=["GET", "POST"])
@login_required
def correct_email() -> ResponseReturnValue:
    """Put a mistyped address right; the address of this form alone leads to the page that it stands on."""
    if request.method == "GET" or me().is_verified:
        return redirect(verify_page())
    form = AddressForm()

    def correct() -> ResponseReturnValue:
        credentials.correct_email(me(), form.email.data)
        flash(_("A fresh code is on its way."), "info")
        return redirect(verify_page())

    return filled_in(form, PROOF, correct, **shown(address_form=form))
