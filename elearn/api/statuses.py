from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields

from elearn.api.fields import TITLE, Id, Input, Moment, Text, about
from elearn.api.idempotency import repeatable
from elearn.api.schemas import Paged, Person, page_of
from elearn.api.section import Section, no_content
from elearn.identity import me
from elearn.models import Status
from elearn.services import statuses
from elearn.services.paging import Page
from elearn.services.statuses import TEXT_MAX, StatusCard

bp = Section("statuses", __name__, description="What people say about today; gone from view after 24 hours.")

SAID = "Reading about Jupiter's moons."


class NewStatus(Input):
    """What somebody says about today."""

    text = Text("One line.", SAID, shortest=1, longest=TEXT_MAX, pattern=TITLE, required=True)


class StatusShown(Schema):
    """What somebody said about today."""

    id = Id("Names the status.", required=True)
    user = fields.Nested(Person, required=True, metadata=about("Who said it."))
    text = fields.String(required=True, metadata=about("One line.", SAID))
    created_at = Moment("When it was said.", required=True)
    edited_at = Moment("When it was last put right, if ever.", required=True, allow_none=True)


StatusPage = page_of(StatusShown, "StatusPage")


@bp.route("/")
@bp.refuses(403)
@bp.arguments(Paged, location="query")
@bp.response(200, StatusPage, description="The newest first: of people with whom the reader shares a course.")
def list_statuses(data: dict[str, Any]) -> Page[StatusCard]:
    """Read what people said within the last 24 hours."""
    return statuses.feed(me(), **data)


@bp.route("/", methods=["POST"])
@repeatable
@bp.arguments(NewStatus)
@bp.response(201, StatusShown, description="Said; what the person said before is gone.")
def post_status(data: dict[str, Any]) -> Status:
    """Say something about today."""
    return statuses.post(me(), **data)


@bp.route("/<uuid:status_id>/")
@bp.refuses(403)
@bp.response(200, StatusShown, description="The status.")
def show_status(status_id: UUID) -> Status:
    """Read one status."""
    return statuses.get(me(), status_id)


@bp.route("/<uuid:status_id>/", methods=["PATCH"])
@bp.arguments(NewStatus)
@bp.response(200, StatusShown, description="The status as it is now.")
def edit_status(data: dict[str, Any], status_id: UUID) -> Status:
    """Put one's own status right; it does not live longer by that."""
    return statuses.edit(me(), status_id, **data)


@bp.route("/<uuid:status_id>/", methods=["DELETE"])
@bp.response(204, description="The status is gone.")
def delete_status(status_id: UUID) -> Response:
    """Take a status away: one's own, or any as a manager."""
    statuses.delete(me(), status_id)
    return no_content()
