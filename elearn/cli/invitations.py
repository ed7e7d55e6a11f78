"""Invitations from the terminal: `flask invitations ...`."""

from typing import Any
from uuid import UUID

import click
from flask.cli import AppGroup

from elearn.cli.errors import tells_errors
from elearn.cli.showing import as_json, moment, show_json
from elearn.models import InvitationState, Role
from elearn.permissions import OPERATOR
from elearn.services import courses, invitation_lists, people
from elearn.services import invitations as service
from elearn.services.invitation_lists import InvitationCard

invitations = AppGroup("invitations", help="Invite people, list the invitations, send them again, revoke them.")

ROLES = click.Choice([role.value for role in Role])
STATES = click.Choice([state.value for state in InvitationState])


def as_dict(card: InvitationCard) -> dict[str, Any]:
    """Return what a program wants to know about an invitation; the link is known to the email alone."""
    return {
        "id": str(card.id),
        "email": card.email,
        "full_name": card.full_name,
        "role": card.role.value,
        "courses": [course.code for course in card.courses],
        "state": card.state.value,
        "delivery": card.delivery.value if card.delivery else None,
        "problem": card.problem,
        "invited_by": card.inviter,
        "accepted_by": card.accepted_by or None,
        "sent_at": moment(card.sent_at),
        "expires_at": moment(card.expires_at),
        "accepted_at": moment(card.accepted_at),
        "revoked_at": moment(card.revoked_at),
    }


@invitations.command()
@click.argument("email")
@click.option("--invited-by", required=True, help="Username or email of who invites; their rights count.")
@click.option("--name", "full_name", default="", help="The name that stands in the form already.")
@click.option("--role", type=ROLES, default=Role.STUDENT.value, show_default=True)
@click.option("--course", "codes", multiple=True, help="Code of a course to enrol in; may be given several times.")
@click.option("--message", default="", help="Personal words in the email.")
@as_json
@tells_errors
def send(
    email: str, *, invited_by: str, full_name: str, role: str, codes: tuple[str, ...], message: str, in_json: bool
) -> None:
    """Invite one person."""
    inviter = people.find(OPERATOR, invited_by)
    course_ids = [courses.by_code(inviter, code).id for code in codes]
    outcome = service.invite(
        inviter, email=email, full_name=full_name, role=Role(role), course_ids=course_ids, message=message
    )
    if in_json:
        found = outcome.invitation_id
        show_json(
            {"state": outcome.state.value, "sentence": outcome.sentence, "invitation_id": str(found) if found else None}
        )
        return
    click.echo(f"{outcome.email or email}: {outcome.sentence}.".replace("..", "."))


@invitations.command("list")
@click.option("--invited-by", help="Only what this person (username or email) may see; all without it.")
@click.option("--state", type=STATES, help="Only these.")
@click.option("--q", default="", help="A part of the name or email.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@as_json
@tells_errors
def list_(*, invited_by: str | None, state: str | None, q: str, limit: int, in_json: bool) -> None:
    """List invitations, newest first."""
    actor = people.find(OPERATOR, invited_by) if invited_by else OPERATOR
    found = invitation_lists.latest(actor, q=q, state=InvitationState(state) if state else None, limit=limit)
    if in_json:
        show_json([as_dict(card) for card in found])
        return
    rows = [("ID", "STATE", "ROLE", "EMAIL", "NAME")]
    rows += [(str(card.id), card.state.value, card.role.value, card.email, card.full_name) for card in found]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        click.echo("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]).rstrip())


@invitations.command()
@click.argument("invitation_id", metavar="ID", type=click.UUID)
@as_json
@tells_errors
def resend(invitation_id: UUID, *, in_json: bool) -> None:
    """Send an invitation again, with a new link; the old link is dead."""
    invitation = service.resend(OPERATOR, invitation_id)
    tell(invitation_id, f"{invitation.email} gets a new email.", in_json=in_json)


@invitations.command()
@click.argument("invitation_id", metavar="ID", type=click.UUID)
@as_json
@tells_errors
def revoke(invitation_id: UUID, *, in_json: bool) -> None:
    """Take an invitation back; its link is dead."""
    invitation = service.revoke(OPERATOR, invitation_id)
    tell(invitation_id, f"The invitation of {invitation.email} is revoked.", in_json=in_json)


def tell(invitation_id: UUID, sentence: str, *, in_json: bool) -> None:
    """Say what was done, or show the invitation as it is now."""
    if in_json:
        show_json(as_dict(invitation_lists.get(OPERATOR, invitation_id)))
    else:
        click.echo(sentence)
