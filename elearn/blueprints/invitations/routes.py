from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn.blueprints.courses.forms import page_of
from elearn.blueprints.forms import show_again
from elearn.blueprints.invitations.forms import STATES, InviteForm, state_of
from elearn.emails import invitation as letter
from elearn.errors import Conflict, DomainError
from elearn.extensions import current_settings
from elearn.identity import me
from elearn.languages import _
from elearn.models import Role
from elearn.services import invitation_lists, invitations
from elearn.services.invitations import OutcomeState

bp = Blueprint("invitations", __name__)

INVITE = "invitations/invite.html"


@bp.get("/invitations")
@login_required
def index() -> ResponseReturnValue:
    """List whom one has invited, and what happened to each."""
    actor, page, state = me(), page_of(request.args), state_of(request.args.get("state", ""))
    q = " ".join(request.args.get("q", "")[:100].split())
    found = invitation_lists.list_for(actor, q=q, state=state, page=page)
    args: dict[str, Any] = ({"q": q} if q else {}) | ({"state": state.value} if state else {})
    if page > found.pages:
        return redirect(url_for("invitations.index", **args, page=found.pages))
    counts = invitation_lists.counts(actor)
    return render_template(
        "invitations/index.html", found=found, counts=counts, q=q, state=state, args=args, states=STATES
    )


@bp.route("/invitations/new", methods=["GET", "POST"])
@login_required
def invite() -> ResponseReturnValue:
    """Invite one person."""
    actor = me()
    form = InviteForm(data={"role": Role.STUDENT.value, "courses": request.args.getlist("course")})
    form.offer(invitation_lists.roles_for(actor), invitation_lists.courses_for(actor))
    if not form.is_submitted():
        return render_template(INVITE, form=form, preview=preview_of(form))
    if not form.validate():
        return show_again(INVITE, form, preview=preview_of(form))
    try:
        outcome = invitations.invite(actor, **form.wanted())
        if outcome.state is OutcomeState.ALREADY_HERE:
            raise Conflict("already_here", outcome.sentence, field="email")
    except DomainError as error:
        return show_again(INVITE, form, error, preview=preview_of(form))
    tell(form.email.data or "", outcome)
    return redirect(url_for("invitations.index"))


def preview_of(form: InviteForm) -> dict[str, Any]:
    """Return what the email will say, made of what stands in the form; without a course its line is there, unseen."""
    chosen = {str(course_id) for course_id in form.course_ids()}
    courses = [title for value, title in form.courses.choices if value in chosen]
    facts = {
        "inviter": me().full_name,
        "role": form.role.data if form.role.data in set(Role) else Role.STUDENT.value,
        "courses": courses or [""],
        "message": form.message.data or "",
        "days": current_settings().invitation_days,
        "token": "",
    }
    first = {value: letter.write(facts | {"role": value}).lines[0] for value, _label in form.role.choices}
    return {"letter": letter.write(facts), "courses": courses, "first": first, "shown": facts["role"]}


def tell(email: str, outcome: invitations.Outcome) -> None:
    """Say what came of it."""
    if outcome.state is OutcomeState.INVITED:
        flash(_("%(email)s is invited. The email is on its way.", email=email), "success")
    else:
        flash(f"{email}: {outcome.sentence}", "info")


@bp.post("/invitations/<uuid:invitation_id>/resend")
@login_required
def resend(invitation_id: UUID) -> ResponseReturnValue:
    """Send the letter again, with a new link."""
    try:
        invitation = invitations.resend(me(), invitation_id)
    except DomainError as error:
        return refused(error)
    flash(_("%(email)s gets a new email. The old link is dead.", email=invitation.email), "success")
    return redirect(url_for("invitations.index"))


@bp.post("/invitations/<uuid:invitation_id>/revoke")
@login_required
def revoke(invitation_id: UUID) -> ResponseReturnValue:
    """Take the invitation back."""
    try:
        invitation = invitations.revoke(me(), invitation_id)
    except DomainError as error:
        return refused(error)
    flash(_("The invitation of %(email)s is revoked. Its link is dead.", email=invitation.email), "success")
    return redirect(url_for("invitations.index"))


@bp.post("/invitations/<uuid:invitation_id>/delete")
@login_required
def delete(invitation_id: UUID) -> ResponseReturnValue:
    """Take the invitation out of the list."""
    email = invitations.delete(me(), invitation_id)
    flash(_("The invitation of %(email)s is deleted.", email=email), "success")
    return redirect(url_for("invitations.index"))


def refused(error: DomainError) -> ResponseReturnValue:
    """Say on the list why a button did nothing; what is not one's own stays unseen."""
    if error.status not in {409, 429}:
        raise error
    flash(error.message, "error")
    return redirect(url_for("invitations.index"))
