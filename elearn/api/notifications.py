from typing import Any
from uuid import UUID

from flask import Response

from elearn.api.notification_schemas import (
    NotificationItem,
    NotificationPage,
    NotificationsQuery,
    PreferenceChanges,
    Preferences,
    ReadUntil,
)
from elearn.api.section import Section, no_content
from elearn.identity import me
from elearn.models import NotificationKind
from elearn.services import notification_centre as centre
from elearn.services import notification_preferences as preferences
from elearn.services.notification_centre import NotificationCard
from elearn.services.notification_preferences import Wish
from elearn.services.paging import Page

bp = Section("notifications", __name__, description="What one was told, and how it comes.")


@bp.route("/")
@bp.arguments(NotificationsQuery, location="query")
@bp.response(200, NotificationPage, description="One page, the newest first.")
def list_notifications(query: dict[str, Any]) -> Page[NotificationCard]:
    """List what one was told; what one may not see any more is not there."""
    return centre.list_for(me(), **query)


@bp.route("/<uuid:notification_id>/read/", methods=["POST"])
@bp.response(200, NotificationItem, description="The notification, read.")
def read_notification(notification_id: UUID) -> NotificationCard:
    """Mark one notification as read; once more changes nothing."""
    return centre.mark_read(me(), notification_id)


@bp.route("/read-all/", methods=["POST"])
@bp.arguments(ReadUntil, required=False)
@bp.response(204, description="All are read.")
def read_all_notifications(data: dict[str, Any]) -> Response:
    """Mark all notifications as read, or those up to one of them."""
    centre.mark_all_read(me(), **data)
    return no_content()


@bp.route("/preferences/")
@bp.response(200, Preferences, description="How each kind comes.")
def show_notification_preferences() -> dict[str, Any]:
    """Read how notifications come: in the page, and by email at once, once a day or never."""
    return {"items": preferences.list_for(me())}


@bp.route("/preferences/", methods=["PATCH"])
@bp.arguments(PreferenceChanges)
@bp.response(200, Preferences, description="How each kind comes now.")
def choose_notification_preferences(data: dict[str, Any]) -> dict[str, Any]:
    """Choose how notifications come; what happens to one's account is always told."""
    wishes = {NotificationKind(one["kind"]): Wish(one.get("in_page"), one.get("email")) for one in data["items"]}
    return {"items": preferences.choose(me(), wishes)}
