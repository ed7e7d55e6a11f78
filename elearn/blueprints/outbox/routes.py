from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn import emails
from elearn.errors import Conflict
from elearn.extensions import csrf
from elearn.identity import me
from elearn.languages import _, several
from elearn.models import EmailState
from elearn.services import outbox, unsubscribing

bp = Blueprint("outbox", __name__)


@bp.get("/outbox")
@login_required
def index() -> ResponseReturnValue:
    """Show what waits, went out or failed."""
    state = request.args.get("state", type=EmailState)
    found = outbox.list_for(me(), state=state, page=request.args.get("page", 1, type=int))
    return render_template(
        "outbox/index.html", found=found, counts=outbox.counts(me()), state=state, label=emails.label
    )


@bp.post("/outbox/retry")
@login_required
def retry_failed() -> ResponseReturnValue:
    """Send all that failed once more."""
    number = outbox.retry_failed(me())
    flash(several("%(num)d email is sent again.", "%(num)d emails are sent again.", number), "done")
    return redirect(url_for("outbox.index"))


@bp.post("/outbox/<uuid:email_id>/retry")
@login_required
def retry(email_id: UUID) -> ResponseReturnValue:
    """Send one email once more."""
    try:
        email = outbox.retry(me(), email_id)
        flash(_("The email to %(address)s is sent as soon as may be.", address=email.to_email), "done")
    except Conflict as error:
        flash(error.message, "error")
    return redirect(url_for("outbox.index", state=request.form.get("state") or None))


@bp.get("/unsubscribe/<signed>")
def unsubscribe(signed: str) -> ResponseReturnValue:
    """Say which emails this link ends; mail programs that look at links in advance end nothing by that."""
    return render_template("outbox/unsubscribe.html", found=unsubscribing.get(signed), stopped=False)


@bp.post("/unsubscribe/<signed>")
@csrf.exempt
def stop(signed: str) -> ResponseReturnValue:
    """End them: for the button of the page, and for that of a mail program (RFC 8058). The link is the credential."""
    return render_template("outbox/unsubscribe.html", found=unsubscribing.stop(signed), stopped=True)
