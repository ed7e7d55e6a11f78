"""Invitations: a way into the school for one address, with a role, into named courses, once."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete as sql_delete
from sqlalchemy import insert, select, update
from sqlalchemy.orm import joinedload, selectinload

from elearn import clock
from elearn.errors import Conflict, Forbidden, Hidden, Invalid, NotFound, RateLimited
from elearn.extensions import current_settings, db
from elearn.languages import _
from elearn.models import (
    ActivityKind,
    Email,
    EmailState,
    Invitation,
    InvitationCourse,
    Role,
    User,
    fold,
)
from elearn.permissions import Action, Actor, can, require
from elearn.services import accounts, activity, course_texts, enrolling, invitation_plans, outbox
from elearn.services.activity import leaves_trace
from elearn.services.invitation_plans import Draft, Outcome, OutcomeState, Plan, Wanted
from elearn.transaction import transactional, upsert

# What a list of wishes and its outcomes are made of belongs to this module's own words.
__all__ = [
    "Outcome",
    "OutcomeState",
    "Wanted",
    "check_all",
    "delete",
    "get",
    "hash_token",
    "invite",
    "invite_all",
    "resend",
    "revoke",
]

log = structlog.get_logger(__name__)

MESSAGE_MAX = 1000
TOKEN_BYTES = 32


def hash_token(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


# Inviting


@leaves_trace
def invite(
    actor: Actor,
    *,
    email: str,
    full_name: str = "",
    role: Role,
    course_ids: Sequence[UUID] = (),
    message: str = "",
) -> Outcome:
    """Invite one person; somebody who has an account already is enrolled at once.

    Raises `Forbidden` for a role that is not the actor's to give, `Invalid` for what no invitation can hold, and
    `Conflict` for what does not go as things stand, each with the field at fault; `RateLimited` for what is too much
    for a day, or for one address.
    """
    require(actor, Action.INVITE, role)
    accounts.clean_email(email.strip())
    if full_name.strip():
        accounts.clean_name(full_name)
    outcome = invite_all(actor, [Wanted(email, full_name, role, tuple(course_ids))], message=message)[0]
    if outcome.retry_after:
        raise RateLimited(outcome.sentence, retry_after=outcome.retry_after)
    if outcome.state is OutcomeState.REFUSED:
        raise Conflict("refused", outcome.sentence, field=outcome.field)
    return outcome


@transactional
def invite_all(
    actor: Actor, wanted: Sequence[Wanted], *, import_id: UUID | None = None, message: str = ""
) -> list[Outcome]:
    """Invite many, or enrol those who have an account, and say for each what came of it; what was done stays done.

    The number of queries is the same for one and for 500. Once more with the same list does nothing twice.
    """
    inviter = _inviter(actor, Role.STUDENT)
    text = clean_message(message)
    # One inviter after the other call: the same file twice at once, and the count of a day, come out right.
    db.session.execute(select(User.id).where(User.id == inviter.id).with_for_update(key_share=True))
    plan = invitation_plans.make(inviter, wanted, lock=True)
    _send(inviter, plan, import_id, text)
    if plan.additions:
        _add_courses(plan.additions)
    enrolling.add_all(inviter, plan.enrolments)
    return plan.outcomes


def check_all(actor: Actor, wanted: Sequence[Wanted]) -> list[Outcome]:
    """Say what inviting these would come to, and change nothing."""
    outcomes = invitation_plans.make(_inviter(actor, Role.STUDENT), wanted).outcomes
    return [replace(outcome, invitation_id=None) for outcome in outcomes]


def _inviter(actor: Actor, role: Role) -> User:
    require(actor, Action.INVITE, role)
    if not isinstance(actor, User):
        raise Forbidden(_("An invitation comes from a person. Name who invites."))
    return actor


def clean_message(text: str) -> str:
    """Return the personal words with Unix line ends, short enough for a letter."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(clean) > MESSAGE_MAX:
        raise Invalid("invalid", _("Use at most %(most)d characters", most=MESSAGE_MAX), field="message")
    return course_texts.seen(clean, "message")


def _send(inviter: User, plan: Plan, import_id: UUID | None, message: str) -> None:
    """Write the invitations of a plan, and put their letters into the outbox."""
    drafts = list(plan.drafts.values())
    if not drafts:
        return
    titles = {course.id: course.title for course in plan.courses.values()}
    sent = [_letter(inviter, draft, titles, message) for draft in drafts]
    email_ids = outbox.post_all(
        "invitation", [(to, data) for to, data, _token in sent], secrets=[{"token": token} for *_, token in sent]
    )
    rows = [
        {
            "id": draft.id,
            "email": draft.email,
            "email_key": fold(draft.email),
            "full_name": draft.full_name,
            "role": draft.role,
            "message": message,
            "invited_by_id": inviter.id,
            "import_id": import_id,
            "email_id": email_id,
            **_fresh(token),
        }
        for draft, email_id, (*_, token) in zip(drafts, email_ids, sent, strict=True)
    ]
    renewed = {draft.id for draft in drafts if draft.renews}
    if renewed:
        db.session.execute(update(Invitation), [row for row in rows if row["id"] in renewed])
        db.session.execute(sql_delete(InvitationCourse).where(InvitationCourse.invitation_id.in_(renewed)))
    new = [row for row in rows if row["id"] not in renewed]
    if new:
        db.session.execute(insert(Invitation), new)
    _add_courses([(draft.id, course_id) for draft in drafts for course_id in draft.course_ids])
    about = (drafts[0].id, drafts[0].email) if len(drafts) == 1 else None
    activity.record(ActivityKind.INVITED, inviter, about=about, count=len(drafts))
    log.info("invited", by=str(inviter.id), count=len(drafts))


def _fresh(token: str) -> dict[str, Any]:
    now = clock.now()
    days = current_settings().invitation_days
    return {"token_hash": hash_token(token), "sent_at": now, "expires_at": now + timedelta(days=days)}


def _letter(
    inviter: User, draft: Draft, titles: dict[UUID, str], message: str
) -> tuple[outbox.Recipient, dict[str, Any], str]:
    """Return to whom the letter goes, what it says, and the token of its link."""
    data = {
        "inviter": inviter.full_name,
        "role": draft.role.value,
        "courses": sorted(titles[course_id] for course_id in draft.course_ids),
        "message": message,
        "days": current_settings().invitation_days,
    }
    recipient = outbox.Recipient(draft.email, draft.full_name, inviter.language)
    return recipient, data, secrets.token_urlsafe(TOKEN_BYTES)


# What happens to an invitation


def get(actor: Actor, invitation_id: UUID, *, lock: bool = False) -> Invitation:
    """Return an invitation that the actor may see and change; `NotFound` for those of others."""
    query = (
        select(Invitation)
        .options(joinedload(Invitation.invited_by, innerjoin=True), selectinload(Invitation.courses))
        .where(Invitation.id == invitation_id)
    )
    if lock:
        query = query.with_for_update(of=Invitation).execution_options(populate_existing=True)
    invitation = db.session.scalar(query)
    if invitation is None or not can(actor, Action.MANAGE_INVITATION, invitation):
        raise (Hidden if invitation else NotFound)(_("This invitation does not exist, or it is not yours."))
    return invitation


@leaves_trace
@transactional
def resend(actor: Actor, invitation_id: UUID) -> Invitation:
    """Send the letter again with a new link and a new end; the old link is dead from now on."""
    invitation = get(actor, invitation_id, lock=True)
    require(actor, Action.INVITE, invitation.role)
    if invitation.accepted_at is not None:
        raise Conflict("accepted", _("This invitation has been accepted already."))
    if invitation.revoked_at is not None:
        raise Conflict("revoked", _("This invitation was revoked. Invite again instead."))
    _spend_resend(actor, invitation)
    _drop_letter(invitation)
    inviter = invitation.invited_by
    titles = {course.id: course.title for course in invitation.courses}
    draft = Draft(invitation.id, invitation.email, invitation.full_name, invitation.role, dict.fromkeys(titles))
    recipient, data, token = _letter(inviter, draft, titles, invitation.message)
    invitation.email_id = outbox.post("invitation", recipient, data, secret={"token": token})
    for name, value in _fresh(token).items():
        setattr(invitation, name, value)
    activity.record(ActivityKind.INVITED, actor, about=(invitation.id, invitation.email), again=True)
    log.info("invited_again", invitation=str(invitation.id))
    return invitation


def _spend_resend(actor: Actor, invitation: Invitation) -> None:
    """Refuse what would fill somebody's letterbox."""
    full = invitation_plans.full_letterboxes({invitation.email})
    if full:
        raise RateLimited(invitation_plans.often(), retry_after=full[invitation.email_key])
    if invitation_plans.left_for(actor) == 0:
        raise RateLimited(invitation_plans.enough(), retry_after=invitation_plans.RETRY_AFTER)


def _drop_letter(invitation: Invitation) -> None:
    """Keep back a letter that has not gone out yet: its link is dead."""
    unsent = (EmailState.WAITING, EmailState.FAILED)
    db.session.execute(
        update(Email)
        .where(Email.id == invitation.email_id, Email.state.in_(unsent))
        .values(state=EmailState.DROPPED, secret=None)
    )


@leaves_trace
@transactional
def revoke(actor: Actor, invitation_id: UUID) -> Invitation:
    """Take an invitation back; its link is dead at once. Once more changes nothing."""
    invitation = get(actor, invitation_id, lock=True)
    if invitation.accepted_at is not None:
        raise Conflict("accepted", _("This invitation has been accepted already."))
    if invitation.revoked_at is None:
        invitation.revoked_at = clock.now()
        _drop_letter(invitation)
        activity.record(ActivityKind.INVITATION_REVOKED, actor, about=(invitation.id, invitation.email))
        log.info("invitation_revoked", invitation=str(invitation.id))
    return invitation


@leaves_trace
@transactional
def delete(actor: Actor, invitation_id: UUID) -> str:
    """Take an invitation out of the list, and return its address; a link that waits is dead."""
    invitation = get(actor, invitation_id, lock=True)
    email = invitation.email
    _drop_letter(invitation)
    activity.record(ActivityKind.INVITATION_REVOKED, actor, about=(invitation.id, email), deleted=True)
    db.session.delete(invitation)
    log.info("invitation_deleted", invitation=str(invitation_id))
    return email


def _add_courses(pairs: Sequence[tuple[UUID, UUID]]) -> None:
    if not pairs:
        return
    rows = [{"invitation_id": invitation_id, "course_id": course_id} for invitation_id, course_id in pairs]
    db.session.execute(upsert(InvitationCourse).on_conflict_do_nothing(), rows)
