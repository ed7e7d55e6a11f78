"""Preferences, other people's profiles, one's own data and the way out; a part of `/api/users/`."""

from typing import Any
from uuid import UUID

from flask import Response, send_file

from elearn.api.idempotency import repeatable
from elearn.api.profile_schemas import Deletion, OwnExport, OwnPreferenceChanges, OwnPreferences, Profile
from elearn.api.section import no_content
from elearn.api.users import bp
from elearn.errors import NotFound
from elearn.identity import me
from elearn.languages import _
from elearn.models import Export, User
from elearn.services import erasure, exports, profiles
from elearn.services.profiles import PublicProfile

EXPORT = "/me/export/"
ZIP_FILE = {"type": "string", "format": "binary"}


@bp.route("/<uuid:user_id>/profile/")
@bp.response(200, Profile, description="The profile.")
def show_profile(user_id: UUID) -> PublicProfile:
    """Read the profile of somebody who shares a course with the reader; whoever oversees people reads all."""
    return profiles.public(me(), user_id)


@bp.route("/me/preferences/")
@bp.response(200, OwnPreferences, description="One's own preferences.")
def show_my_preferences() -> User:
    """Read how pages look and speak to oneself."""
    return me()


@bp.route("/me/preferences/", methods=["PATCH"])
@bp.arguments(OwnPreferenceChanges)
@bp.response(200, OwnPreferences, description="The preferences as they are now.")
def change_my_preferences(data: dict[str, Any]) -> User:
    """Change one's own preferences; the next answer speaks the new language."""
    return profiles.update(me(), **data)


@bp.route(EXPORT)
@bp.refuses(s404="No copy was asked for, or its time is over.")
@bp.response(200, OwnExport, description="The newest copy.")
def show_my_export() -> Export:
    """See how far the copy of one's own data is."""
    found = exports.latest(me())
    if found is None:
        raise NotFound(_("There is no copy of your data. Ask for one."))
    return found


@bp.route(EXPORT, methods=["POST"])
@repeatable
@bp.refuses(s409="A copy is being put together already.")
@bp.response(202, OwnExport, description="The copy is being put together; poll it.")
def ask_for_my_export() -> Export:
    """Ask for a copy of one's own data: one at a time, three on one day."""
    return exports.request(me())


@bp.route(f"{EXPORT}file/")
@bp.refuses(s404="There is no copy to download.")
@bp.response(200, ZIP_FILE, content_type=exports.MIMETYPE, description="`data.json` and files.")
def download_my_export() -> Response:
    """Download the copy of one's own data."""
    file, name = exports.open_file(me())
    response = send_file(file, mimetype=exports.MIMETYPE, as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.route("/me/", methods=["DELETE"])
@bp.refuses(s403="The password is not right.", s409="One still teaches courses, or is the last administrator.")
@bp.arguments(Deletion)
@bp.response(204, description="The account is gone; all its sign-ins have ended.")
def delete_me(data: dict[str, Any]) -> Response:
    """Delete one's own account for good: what was said among others stays, without a name."""
    erasure.erase(me(), data["password"])
    return no_content()
