"""A forgotten password: a code by email, then a new password."""

from flask import flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from elearn.blueprints.auth.forms import AddressForm, ResetForm
from elearn.blueprints.auth.routes import bp
from elearn.blueprints.forms import filled_in
from elearn.languages import _
from elearn.services import credentials

ASKED = "reset_email"  # in the session: the address stands in no link, and in no log


@bp.route("/forgot", methods=["GET", "POST"])
def forgot() -> ResponseReturnValue:
    """Send a code to whoever has this address; everybody sees the same next page."""
    form = AddressForm()

    def send() -> ResponseReturnValue:
        credentials.ask_for_reset(form.email.data, request.remote_addr or "")
        session[ASKED] = form.email.data
        return redirect(url_for("auth.reset_password"))

    return filled_in(form, "auth/forgot.html", send)


@bp.route("/forgot/code", methods=["GET", "POST"])
def reset_password() -> ResponseReturnValue:
    """Take the code and the new password."""
    form = ResetForm(data={"email": session.get(ASKED, "")})

    def reset() -> ResponseReturnValue:
        credentials.reset_password(
            email=form.email.data, code=form.code.data, password=form.password.data, address=request.remote_addr or ""
        )
        session.pop(ASKED, None)
        flash(_("Your password is new. Sign in with it."), "success")
        return redirect(url_for("auth.sign_in"))

    return filled_in(form, "auth/reset_password.html", reset, asked=session.get(ASKED))
