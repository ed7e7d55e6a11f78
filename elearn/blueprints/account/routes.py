from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn.blueprints.account.forms import EmailForm, PasswordForm
from elearn.blueprints.auth.forms import CodeForm
from elearn.blueprints.forms import Form, filled_in
from elearn.blueprints.session import open_session
from elearn.identity import me
from elearn.languages import _
from elearn.services import credentials, sign_ins

bp = Blueprint("account", __name__, url_prefix="/you")

CREDENTIALS = "account/credentials.html"


def shown(**forms: Form) -> dict[str, Any]:
    """Return what the page of password and address shows: its two forms, the one at hand as it was sent."""
    fresh = {
        "password_form": PasswordForm(prefix="password", formdata=None),
        "email_form": EmailForm(prefix="email", formdata=None),
    }
    return fresh | forms | {"person": me(), "waiting": credentials.address_in_waiting(me())}


@bp.get("/password")
@login_required
def credentials_page() -> ResponseReturnValue:
    """Show the forms for another password and another address."""
    return render_template(CREDENTIALS, **shown())


@bp.post("/password")
@login_required
def change_password() -> ResponseReturnValue:
    """Change the password; this device stays in with a new session, the others are signed out."""
    form, stays = PasswordForm(prefix="password"), session.permanent

    def change() -> ResponseReturnValue:
        opened = credentials.change_password(me(), old_password=form.old_password.data, password=form.password.data)
        open_session(opened, remember=stays)
        flash(_("Password changed. Your other devices are signed out."), "success")
        return redirect(url_for("account.credentials_page"))

    return filled_in(form, CREDENTIALS, change, **shown(password_form=form))


@bp.route("/password/email", methods=["GET", "POST"])
@login_required
def ask_for_email() -> ResponseReturnValue:
    """Send a code to the new address; the address of this form alone leads to the page that it stands on."""
    if request.method == "GET":
        return redirect(url_for("account.credentials_page"))
    form = EmailForm(prefix="email")

    def ask() -> ResponseReturnValue:
        credentials.ask_for_email(me(), email=form.email.data, password=form.password.data)
        return redirect(url_for("account.change_email" if me().is_verified else "auth.verify_email"))

    return filled_in(form, CREDENTIALS, ask, **shown(email_form=form))


@bp.route("/email", methods=["GET", "POST"])
@login_required
def change_email() -> ResponseReturnValue:
    """Take the code that came to the new address."""
    form, waiting = CodeForm(), credentials.address_in_waiting(me())
    if not form.is_submitted() and not waiting:
        return redirect(url_for("account.credentials_page"))

    def change() -> ResponseReturnValue:
        person = credentials.change_email(me(), form.code.data)
        flash(_("Your address is %(email)s now.", email=person.email), "success")
        return redirect(url_for("account.credentials_page"))

    return filled_in(form, "account/change_email.html", change, waiting=waiting)


@bp.get("/devices")
@login_required
def devices() -> ResponseReturnValue:
    """Show where one is signed in."""
    page = sign_ins.list_for(me(), page=request.args.get("page", 1, type=int))
    return render_template("account/devices.html", page=page)


@bp.post("/devices/<uuid:device_id>/end")
@login_required
def end_device(device_id: UUID) -> ResponseReturnValue:
    """Sign out one device."""
    sign_ins.end(me(), device_id)
    flash(_("The device is signed out."), "success")
    return redirect(url_for("account.devices"))


@bp.post("/devices/end-others")
@login_required
def end_other_devices() -> ResponseReturnValue:
    """Sign out every device but this one."""
    sign_ins.end_others(me())
    flash(_("Your other devices are signed out."), "success")
    return redirect(url_for("account.devices"))
