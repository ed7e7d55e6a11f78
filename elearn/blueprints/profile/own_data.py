"""One's own data: a copy to take along, and the way out."""

from flask import Blueprint, Response, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn.blueprints.forms import filled_in
from elearn.blueprints.profile.forms import DeletionForm
from elearn.blueprints.session import close_session
from elearn.errors import Conflict
from elearn.identity import me
from elearn.languages import _
from elearn.services import erasure, exports

bp = Blueprint("own_data", __name__, url_prefix="/you")


@bp.get("/data")
@login_required
def show() -> ResponseReturnValue:
    """Show the copy of one's own data, and the way to delete the account."""
    return render_template("profile/data.html", export=exports.latest(me()))


@bp.post("/data")
@login_required
def request_copy() -> ResponseReturnValue:
    """Ask for a copy of one's own data."""
    try:
        exports.request(me())
    except Conflict as error:
        flash(error.message, "info")
    return redirect(url_for("own_data.show"))


@bp.get("/data/file")
@login_required
def download() -> Response:
    """Send one's own copy; whose it is is asked each time."""
    file, name = exports.open_file(me())
    response = send_file(file, mimetype=exports.MIMETYPE, as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.route("/delete", methods=["GET", "POST"])
@login_required
def delete_account() -> ResponseReturnValue:
    """Say what the deletion means, and delete one's own account with the password."""
    form = DeletionForm()

    def delete() -> ResponseReturnValue:
        erasure.erase(me(), form.password.data)
        close_session()
        flash(_("Your account is deleted."), "success")
        return redirect(url_for("auth.sign_in"))

    return filled_in(form, "profile/delete.html", delete, hindrance=erasure.hindrance(me()))
