from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn import clock
from elearn.blueprints.activity.forms import ActivityQuery
from elearn.blueprints.activity.words import details_of, kind_names
from elearn.extensions import current_settings
from elearn.identity import me
from elearn.integrations.csv_files import write_csv
from elearn.services import activity

bp = Blueprint("activity", __name__)

PER_PAGE = 50


@bp.get("/activity")
@login_required
def index() -> ResponseReturnValue:
    """Show who did what, the newest first."""
    query = ActivityQuery.read(request.args)
    found = activity.list_for(me(), query.only, page=query.page, per_page=PER_PAGE)
    if query.page > found.pages:
        return redirect(url_for("activity.index", **query.args(), page=found.pages))
    return render_template(
        "activity/index.html",
        found=found,
        query=query,
        only=query.only,
        kinds=kind_names(),
        days=current_settings().activity_days,
        details_of=details_of,
    )


@bp.post("/activity/export")
@login_required
def export() -> Response:
    """Send the lines as a CSV file."""
    header, rows = activity.export(me(), ActivityQuery.read(request.form).only)
    response = Response(write_csv(rows, header), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="activity-{clock.now():%Y-%m-%d}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response
