from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn.blueprints.forms import show_again
from elearn.blueprints.invitation_imports.forms import ImportForm, page_of, shown_of
from elearn.errors import DomainError
from elearn.identity import me
from elearn.languages import _
from elearn.models import ImportState
from elearn.services import invitation_imports

bp = Blueprint("invitation_imports", __name__, url_prefix="/invitations/import")

WAITING = {ImportState.CHECKING, ImportState.RUNNING}
UPLOAD = "invitations/import.html"


def sent(pieces: Iterable[bytes], name: str) -> Response:
    """Send a CSV file to be kept."""
    response = Response(b"".join(pieces), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response


def around() -> dict[str, Any]:
    """Return what stands around the form: the earlier imports."""
    return {"earlier": invitation_imports.list_for(me(), page=page_of(request.args), per_page=5)}


@bp.get("/template.csv")
@login_required
def template() -> Response:
    """Send an empty list with the right header."""
    return sent(invitation_imports.template(), "invitations.csv")


@bp.route("", methods=["GET", "POST"])
@login_required
def upload() -> ResponseReturnValue:
    """Choose a file; it is read and looked through, and nobody is invited yet."""
    actor, form = me(), ImportForm(data={"course_ids": request.args.getlist("course")})
    form.offer(invitation_imports.courses_for(actor))
    if not form.is_submitted():
        return render_template(UPLOAD, form=form, **around())
    if not form.validate():
        return show_again(UPLOAD, form, **around())
    try:
        found = invitation_imports.start(actor, **form.values())
    except DomainError as error:
        return show_again(UPLOAD, form, error, **around())
    return redirect(url_for("invitation_imports.show", import_id=found.id))


@bp.get("/<uuid:import_id>")
@login_required
def show(import_id: UUID) -> ResponseReturnValue:
    """Show what would happen, how far it is, or what came of it."""
    actor, shown, page = me(), shown_of(request.args), page_of(request.args)
    found = invitation_imports.get(actor, import_id)
    if found.state in WAITING:
        return render_template("invitations/import_progress.html", head=found)
    preview = invitation_imports.preview(actor, import_id, shown=shown, page=page)
    if page > preview.rows.pages:
        return redirect(url_for("invitation_imports.show", import_id=import_id, show=shown, page=preview.rows.pages))
    return render_template(
        "invitations/import_rows.html",
        preview=preview,
        head=preview.head,
        shown=shown,
        courses=invitation_imports.shared_courses(preview.head),
        args={"import_id": import_id} | ({"show": shown} if shown else {}),
    )


@bp.post("/<uuid:import_id>/confirm")
@login_required
def confirm(import_id: UUID) -> ResponseReturnValue:
    """Invite the people of the good rows."""
    invitation_imports.confirm(me(), import_id)
    return redirect(url_for("invitation_imports.show", import_id=import_id))


@bp.post("/<uuid:import_id>/discard")
@login_required
def discard(import_id: UUID) -> ResponseReturnValue:
    """Forget the import, or stop it."""
    name = invitation_imports.discard(me(), import_id)
    flash(_("%(name)s is put away.", name=name), "success")
    return redirect(url_for("invitation_imports.upload"))


@bp.get("/<uuid:import_id>/left-out.csv")
@login_required
def left_out(import_id: UUID) -> Response:
    """Send the rows that were left out, to be mended."""
    return sent(invitation_imports.left_out(me(), import_id), "left-out.csv")
