"""The list of invitations: whom one has invited, and what happened to each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from elearn import clock
from elearn.errors import NotFound
from elearn.extensions import db
from elearn.languages import _
from elearn.models import Course, CourseState, Email, EmailState, Invitation, InvitationState, Role, User
from elearn.permissions import Action, Actor, can, require
from elearn.services.course_cards import every_word
from elearn.services.paging import Page, paginate

COURSES_MAX = 300


class InvitationSort(StrEnum):
    """In which order invitations come."""

    NEWEST = "-created_at"
    EMAIL = "email"


ORDERS: dict[InvitationSort, tuple[Any, ...]] = {
    InvitationSort.NEWEST: (Invitation.id.desc(),),  # made in the order of time
    InvitationSort.EMAIL: (Invitation.email_key, Invitation.id),
}


@dataclass(frozen=True)
class InvitationCard:
    """Show one invitation to those who may manage it."""

    id: UUID
    email: str
    full_name: str
    role: Role
    message: str
    courses: Sequence[Course]
    state: InvitationState
    # How far the letter is, while the outbox keeps it, and what the mail server said when it did not take it.
    delivery: EmailState | None
    problem: str
    inviter: str
    is_own: bool
    accepted_by: str
    created_at: datetime
    sent_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None

    @property
    def has_failed(self) -> bool:
        """Tell whether it waits for somebody whom the letter did not reach."""
        return self.state is InvitationState.WAITING and self.delivery is EmailState.FAILED

    @property
    def is_open(self) -> bool:
        """Tell whether it can be sent again and revoked."""
        return self.state in {InvitationState.WAITING, InvitationState.EXPIRED}


def list_for(
    actor: Actor,
    *,
    q: str = "",
    state: InvitationState | None = None,
    sort: InvitationSort = InvitationSort.NEWEST,
    page: int = 1,
    per_page: int = 20,
) -> Page[InvitationCard]:
    """Return the invitations that the actor may manage, the newest first or by address."""
    query = _matching(actor, q, state).order_by(*ORDERS[sort])
    return paginate(query, page=page, per_page=per_page, make=lambda *row: _card(actor, *row))


def latest(
    actor: Actor, *, q: str = "", state: InvitationState | None = None, limit: int = 100
) -> list[InvitationCard]:
    """Return the newest invitations in one piece, for the terminal."""
    newest = _matching(actor, q, state).order_by(*ORDERS[InvitationSort.NEWEST])
    return [_card(actor, *row) for row in db.session.execute(newest.limit(limit))]


def _matching(actor: Actor, q: str, state: InvitationState | None) -> Select[*tuple[Any, ...]]:
    require(actor, Action.INVITE, Role.STUDENT)
    query = _cards(actor).where(*every_word(q, (Invitation.email, Invitation.full_name)))
    if state is not None:
        query = query.where(_is(state))
    return query


def get(actor: Actor, invitation_id: UUID) -> InvitationCard:
    """Return how one invitation stands, if the actor may manage it."""
    row = db.session.execute(_cards(actor).where(Invitation.id == invitation_id)).first()
    if row is None:
        raise NotFound(_("This invitation does not exist, or it is not yours."))
    return _card(actor, *row)


def counts(actor: Actor) -> dict[InvitationState, int]:
    """Return how many invitations are in each state."""
    require(actor, Action.INVITE, Role.STUDENT)
    columns = [func.count().filter(_is(state)) for state in InvitationState]
    row = db.session.execute(select(*columns).select_from(Invitation).where(_seen_by(actor))).one()
    return dict(zip(InvitationState, row, strict=True))


def courses_for(actor: Actor) -> Sequence[Course]:
    """Return the open courses into which the actor may invite: one's own, or all for those who oversee the school."""
    require(actor, Action.INVITE, Role.STUDENT, _("Only teachers and those above them invite people."))
    query = select(Course).where(Course.state == CourseState.PUBLISHED).order_by(func.lower(Course.title), Course.id)
    if not can(actor, Action.SEE_SCHOOL_NUMBERS):
        query = query.where(Course.teacher_id == getattr(actor, "id", None))
    return db.session.scalars(query.limit(COURSES_MAX)).all()


def roles_for(actor: Actor) -> list[Role]:
    """Return the roles that the actor may invite to."""
    return [role for role in Role if can(actor, Action.INVITE, role)]


def _cards(actor: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(Invitation, Email.state, Email.error)
        .outerjoin(Email, Email.id == Invitation.email_id)
        .options(
            joinedload(Invitation.invited_by, innerjoin=True),
            joinedload(Invitation.accepted_by),
            selectinload(Invitation.courses),
        )
        .where(_seen_by(actor))
    )


def _seen_by(actor: Actor) -> ColumnElement[bool]:
    """Keep one's own invitations, and those to roles that one may give: the same as the policy says of each."""
    roles = [role for role in Role if can(actor, Action.GRANT_ROLE, role)]
    me = actor.id if isinstance(actor, User) else None
    return or_(Invitation.invited_by_id == me, Invitation.role.in_(roles))


def _is(state: InvitationState) -> ColumnElement[bool]:
    accepted, revoked = Invitation.accepted_at.is_not(None), Invitation.revoked_at.is_not(None)
    if state is InvitationState.ACCEPTED:
        return accepted
    if state is InvitationState.REVOKED:
        return and_(~accepted, revoked)
    expired = Invitation.expires_at <= clock.now()
    return and_(~accepted, ~revoked, expired if state is InvitationState.EXPIRED else ~expired)


def _card(actor: Actor, *row: Any) -> InvitationCard:
    invitation, delivery, problem = row
    accepted_by = invitation.accepted_by
    return InvitationCard(
        id=invitation.id,
        email=invitation.email,
        full_name=invitation.full_name,
        role=invitation.role,
        message=invitation.message,
        courses=list(invitation.courses),
        state=invitation.state(clock.now()),
        delivery=delivery,
        problem=problem or "",
        inviter=invitation.invited_by.full_name,
        is_own=invitation.invited_by_id == actor.id if actor is not None else False,
        accepted_by=accepted_by.full_name if accepted_by is not None else "",
        created_at=invitation.created_at,
        sent_at=invitation.sent_at,
        expires_at=invitation.expires_at,
        accepted_at=invitation.accepted_at,
        revoked_at=invitation.revoked_at,
    )
