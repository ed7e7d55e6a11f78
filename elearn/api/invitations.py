from typing import Any
from uuid import UUID

from flask import Response

from elearn.api.idempotency import repeatable
from elearn.api.invitation_schemas import (
    InvitationItem,
    InvitationOutcome,
    InvitationPage,
    InvitationQuery,
    NewInvitation,
)
from elearn.api.section import Section, no_content
from elearn.identity import me
from elearn.services import invitation_lists, invitations
from elearn.services.invitation_lists import InvitationCard
from elearn.services.paging import Page

bp = Section("invitations", __name__, description="Inviting people into the school, and what happened to it.")

ONE = "/<uuid:invitation_id>/"


@bp.route("/")
@bp.refuses(s403="Only teachers and those above them invite people.")
@bp.arguments(InvitationQuery, location="query")
@bp.response(200, InvitationPage, description="One page of the invitations that one may manage.")
def list_invitations(query: dict[str, Any]) -> Page[InvitationCard]:
    """List one's own invitations; managers see all to roles below theirs."""
    return invitation_lists.list_for(me(), **query)


@bp.route("/", methods=["POST"])
@repeatable
@bp.refuses(
    s403="Only teachers and those above them invite people, to roles below their own.",
    s409="It does not go as things stand: a course that is not open or not one's own, somebody who is blocked.",
)
@bp.arguments(NewInvitation)
@bp.response(200, InvitationOutcome, description="What came of it.")
def invite(data: dict[str, Any]) -> dict[str, Any]:
    """Invite one person; once more for the same address sends no second email."""
    outcome = invitations.invite(me(), course_ids=data.pop("courses"), **data)
    found = invitation_lists.get(me(), outcome.invitation_id) if outcome.invitation_id else None
    return {"state": outcome.state, "sentence": outcome.sentence, "invitation": found}


@bp.route(ONE)
@bp.response(200, InvitationItem, description="The invitation.")
def show_invitation(invitation_id: UUID) -> InvitationCard:
    """Read how an invitation stands."""
    return invitation_lists.get(me(), invitation_id)


@bp.route(ONE, methods=["DELETE"])
@bp.response(204, description="It is gone, and its link is dead.")
def delete_invitation(invitation_id: UUID) -> Response:
    """Delete an invitation."""
    invitations.delete(me(), invitation_id)
    return no_content()


@bp.route(f"{ONE}resend/", methods=["POST"])
@repeatable
@bp.refuses(s409="It has been accepted or revoked.")
@bp.response(200, InvitationItem, description="A new email is on its way; the old link is dead.")
def resend_invitation(invitation_id: UUID) -> InvitationCard:
    """Send the email again, with a new link; a few times an hour."""
    invitations.resend(me(), invitation_id)
    return invitation_lists.get(me(), invitation_id)


@bp.route(f"{ONE}revoke/", methods=["POST"])
@bp.refuses(s409="It has been accepted.")
@bp.response(200, InvitationItem, description="The link is dead.")
def revoke_invitation(invitation_id: UUID) -> InvitationCard:
    """Take an invitation back; once more changes nothing."""
    invitations.revoke(me(), invitation_id)
    return invitation_lists.get(me(), invitation_id)
