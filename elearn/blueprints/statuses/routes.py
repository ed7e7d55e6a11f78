from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn.blueprints.forms import show_again
from elearn.blueprints.home.routes import first_page
from elearn.blueprints.statuses.forms import StatusForm
from elearn.errors import DomainError, Invalid, NotFound, RateLimited, Unavailable
from elearn.identity import me
from elearn.languages import _
from elearn.services import home, statuses
from elearn.services.paging import PER_PAGE

bp = Blueprint("statuses", __name__, url_prefix="/statuses")

WHOLE, PART = "statuses/index.html", "statuses/_feed.html"
HOME, FEED = "home", "feed"


@bp.get("")
@login_required
def feed() -> ResponseReturnValue:
    """Return the list of `part` (home or feed) alone, for pages that are open when it changes; or the whole page."""
    part = request.args.get("part")
    if part == HOME:
        return render_template(PART, **feed_page(per_page=home.FEED))
    shown = feed_page(request.args.get("page", 1, type=int))
    return render_template(PART, **shown, origin=FEED) if part else render_template(WHOLE, **shown)


def feed_page(page: int = 1, per_page: int = PER_PAGE) -> dict[str, Any]:
    found = statuses.feed(me(), page=page, per_page=per_page)
    return {"found": found.items, "page": found, "mine": statuses.of(me())}


@bp.post("")
@login_required
def post() -> ResponseReturnValue:
    """Say something about today."""
    form = StatusForm()
    try:
        statuses.post(me(), form.text.data or "")
    except (Invalid, RateLimited, Unavailable) as error:
        return _again(form, error, posting=form)
    return redirect(_back())


@bp.post("/<uuid:status_id>/edit")
@login_required
def edit(status_id: UUID) -> ResponseReturnValue:
    """Put one's own status right."""
    form = StatusForm()
    try:
        statuses.edit(me(), status_id, form.text.data or "")
    except Invalid as error:
        return _again(form, error, editing=form)
    except NotFound as error:
        # It went meanwhile: what was typed can be posted as a new one.
        return _again(form, error, posting=form)
    return redirect(_back())


@bp.post("/<uuid:status_id>/delete")
@login_required
def delete(status_id: UUID) -> ResponseReturnValue:
    """Take a status away."""
    statuses.delete(me(), status_id)
    flash(_("The status is gone."), "info")
    return redirect(_back())


def _is_from_feed() -> bool:
    """Tell on which page the form stood: the feed, or the first page."""
    return request.form.get("from") == FEED


def _back() -> str:
    return url_for("statuses.feed") if _is_from_feed() else url_for("home.index")


def _again(form: StatusForm, error: DomainError, **refused: StatusForm) -> ResponseReturnValue:
    """Show the page that the form stood on, with what was typed and what is wrong with it."""
    template, shown = (WHOLE, feed_page()) if _is_from_feed() else first_page(me())
    return show_again(template, form, error, **shown, **refused)
