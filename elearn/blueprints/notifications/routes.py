from itertools import groupby
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from elearn.blueprints.forms import show_again
from elearn.blueprints.notifications.forms import form_of
from elearn.identity import me
from elearn.languages import _
from elearn.models import parse_id
from elearn.services import notification_centre as centre
from elearn.services import notification_preferences as preferences
from elearn.services.notification_centre import NotificationCard
from elearn.services.notification_kinds import Group
from elearn.templating import local_day

bp = Blueprint("notifications", __name__)


@bp.app_context_processor
def unread() -> dict[str, Any]:
    """Give every page the number at the bell, before it is drawn."""
    try:
        return {"unread": centre.unread_count(me()) if current_user.is_authenticated else 0}
    except (OperationalError, PoolTimeout):
        return {"unread": 0}  # the page that says that the school is busy


def asked() -> dict[str, Any]:
    """Return the filter of the address; what is not known there is none."""
    found: dict[str, Any] = {}
    if request.args.get("show") == "unread":
        found["show"] = "unread"
    if request.args.get("group") in set(Group):
        found["group"] = Group(request.args["group"])
    return found


def by_day(cards: Any) -> list[tuple[str, list[NotificationCard]]]:
    """Put what was told into days, the newest first."""
    ordered = sorted(cards, key=lambda card: card.created_at, reverse=True)
    return [(day, list(told)) for day, told in groupby(ordered, lambda card: local_day(card.created_at))]


@bp.get("/notifications")
@login_required
def index() -> ResponseReturnValue:
    """Show what one was told."""
    args = asked()
    found = centre.list_for(me(), page=request.args.get("page", 1, type=int), **args)
    newest = max((card.id for card in found.items), default=None) if found.page == 1 else None
    return render_template(
        "notifications/index.html", found=found, days=by_day(found.items), args=args, groups=list(Group), newest=newest
    )


@bp.post("/notifications/<uuid:notification_id>/open")
@login_required
def follow(notification_id: UUID) -> ResponseReturnValue:
    """Mark it as read, and go where it leads."""
    return redirect(centre.mark_read(me(), notification_id).path)


@bp.post("/notifications/<uuid:notification_id>/read")
@login_required
def read(notification_id: UUID) -> ResponseReturnValue:
    """Mark it as read, and stay."""
    centre.mark_read(me(), notification_id)
    return redirect(url_for("notifications.index", **asked()))


@bp.post("/notifications/read")
@login_required
def read_all() -> ResponseReturnValue:
    """Mark all that this page showed, and what is older, as read."""
    centre.mark_all_read(me(), until=parse_id(request.form.get("until")))
    return redirect(url_for("notifications.index", **asked()))


@bp.route("/you/notifications", methods=["GET", "POST"])
@login_required
def choices() -> ResponseReturnValue:
    """Choose how each kind comes."""
    known = preferences.list_for(me())
    form = form_of(known)
    if form.validate_on_submit():
        preferences.choose(me(), form.wishes(known))
        flash(_("Your choice is saved."), "success")
        return redirect(url_for("notifications.choices"))
    if form.is_submitted():
        return show_again("notifications/choices.html", form, preferences=known)
    return render_template("notifications/choices.html", form=form, preferences=known)
