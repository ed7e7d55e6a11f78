from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn.errors import Invalid
from elearn.identity import me
from elearn.languages import _
from elearn.services import statuses

bp = Blueprint("statuses", __name__, url_prefix="/statuses")


@bp.get("")
@login_required
def feed() -> ResponseReturnValue:
    """Return the feed alone, for pages that are open when it changes; a whole page for whoever follows a link."""
    page = request.args.get("page", 1, type=int)
    found = statuses.feed(me(), page=page)
    template = "statuses/_feed.html" if "part" in request.args else "statuses/index.html"
    return render_template(template, found=found.items, page=found, mine=statuses.of(me()))


@bp.post("")
@login_required
def post() -> ResponseReturnValue:
    """Say something about today."""
    try:
        statuses.post(me(), request.form.get("text", ""))
    except Invalid as error:
        flash(error.message, "error")
    return redirect(_back())


@bp.post("/<uuid:status_id>/edit")
@login_required
def edit(status_id: UUID) -> ResponseReturnValue:
    """Put one's own status right."""
    try:
        statuses.edit(me(), status_id, request.form.get("text", ""))
    except Invalid as error:
        flash(error.message, "error")
    return redirect(_back())


@bp.post("/<uuid:status_id>/delete")
@login_required
def delete(status_id: UUID) -> ResponseReturnValue:
    """Take a status away."""
    statuses.delete(me(), status_id)
    flash(_("The status is gone."), "info")
    return redirect(_back())


def _back() -> str:
    """Return to the page that the form stood on: the first page, or the feed."""
    return url_for("statuses.feed") if request.form.get("from") == "feed" else url_for("home.index")
