"""Accepting an invitation: whoever holds its link makes an account or says yes with the one they have.

The link proves the address. What the invitation brings (role and courses) stands in the database alone, and counts as
far as the inviter may still give it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from elearn import clock
from elearn.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from elearn.extensions import db
from elearn.integrations import passwords, revocation
from elearn.languages import _
from elearn.models import (
    ActivityKind,
    Course,
    Invitation,
    InvitationState,
    NotificationKind,
    Role,
    SignIn,
    User,
    fold,
)
from elearn.permissions import Action, can, require
from elearn.services import accounts, activity, enrolling, invitations, notifications, profiles, search, sign_ins
from elearn.services.accounts import Device
from elearn.transaction import taken_means, transactional

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Offer:
    """Show an open invitation to whoever holds its link."""

    email: str
    full_name: str
    role: Role
    inviter: str
    message: str
    courses: Sequence[str]
    expires_at: datetime
    # Somebody has proved this address before: they accept with the account that they have.
    has_account: bool

    def is_for(self, user: User) -> bool:
        """Tell whether it was sent to the address of this person."""
        return fold(self.email) == user.email_key


@dataclass(frozen=True)
class Accepted:
    """Say what came of the yes: who, into which courses, which are closed to them, and how they are signed in now."""

    user_id: UUID
    first_name: str
    entered: Sequence[UUID]
    closed: Sequence[str]
    # In place of the sign-in that they came with, when their role rose.
    renewed: SignIn | None = None


def look(token: str) -> Offer:
    """Return what this link offers.

    Raises `NotFound` for a link that leads nowhere (any more), and `Conflict` for an invitation that was used, has run
    out or was taken back; the sentence says what to do.
    """
    invitation = _open(token)
    return Offer(
        email=invitation.email,
        full_name=invitation.full_name,
        role=invitation.role,
        inviter=invitation.invited_by.full_name,
        message=invitation.message,
        courses=[course.title for course in _courses_of(invitation)],
        expires_at=invitation.expires_at,
        has_account=_owner_of(invitation) is not None,
    )


def accept_as_new(
    token: str, *, username: str, full_name: str, password: str, device: Device, time_zone: str = ""
) -> tuple[SignIn, Accepted]:
    """Make the account of the invited address, and let its owner in."""
    email = _open(token).email  # before the slow work
    username, full_name = _clean(username, full_name, password, email)
    password_hash = passwords.hash_password(password)
    accepted = _make_account(token, username, full_name, password_hash, time_zone, device.address)
    return accounts.open_for(db.session.get_one(User, accepted.user_id), device, password_hash), accepted


@transactional
def _make_account(
    token: str, username: str, full_name: str, password_hash: str, time_zone: str, address: str
) -> Accepted:
    invitation = _open(token, lock=True)
    if _owner_of(invitation) is not None:
        raise Conflict("has_account", _("There is an account with this address. Sign in to accept."))
    user = accounts.insert(
        username=username,
        email=invitation.email,
        full_name=full_name,
        password_hash=password_hash,
        role=invitation.role,
    )
    user.address = address
    if time_zone in profiles.time_zones():
        user.time_zone = time_zone
    activity.record(ActivityKind.ACCOUNT_CREATED, user, subject=user, role=user.role.value)
    return _let_in(invitation, user)


def accept(user: User, token: str) -> Accepted:
    """Accept with the account that one has; only the person with the invited address may.

    Whose role rises is signed out everywhere; this device gets a new sign-in, which the door hands over.
    """
    accepted = _accept(user, token)
    return replace(accepted, renewed=accounts.with_owner(accepted.renewed)) if accepted.renewed else accepted


@transactional
def _accept(user: User, token: str) -> Accepted:
    invitation = _open(token, lock=True)
    require(user, Action.EDIT_PROFILE, user)
    if invitation.email_key != user.email_key:
        raise Forbidden(
            _("This invitation was sent to another address. Sign out, and open the link again."), code="other_person"
        )
    if not user.is_verified:
        sentence = _("Another account has this address. Sign in with that.")
        with taken_means("email_key", "has_account", sentence, "email"):
            # The link proves the invited address, and none that is only compared as the same: straße.example is not
            # strasse.example.
            user.move_to(invitation.email)
            user.email_verified_at = clock.now()
        search.index(user)
        activity.record(ActivityKind.EMAIL_VERIFIED, user, subject=user)
    renewed = _raise_role(invitation, user)
    return replace(_let_in(invitation, user), renewed=renewed)


def _raise_role(invitation: Invitation, user: User) -> SignIn | None:
    """Give the role of the invitation if it is higher, and if the inviter may change this person.

    Returns the sign-in that takes the place of all earlier ones.
    """
    inviter = invitation.invited_by
    if not invitation.role.is_above(user.role) or not can(inviter, Action.CHANGE_PERSON, user):
        return None
    activity.record(
        ActivityKind.ROLE_CHANGED, inviter, subject=user, before=user.role.value, after=invitation.role.value
    )
    user.role, user.requested_role = invitation.role, None
    accounts.end_sign_ins(SignIn.user_id == user.id, SignIn.id != user.sign_in_id)
    revocation.recheck_person(user.id)
    return sign_ins.renew(user)


def _let_in(invitation: Invitation, user: User) -> Accepted:
    """Mark the invitation as used, enrol, and tell the inviter."""
    invitation.accepted_at, invitation.accepted_by_id = clock.now(), user.id
    db.session.flush()
    open_to_them = [course for course in _courses_of(invitation, lock=True) if can(user, Action.ENROL, course)]
    enrolling.enter_all(user, open_to_them)
    entered = [course.id for course in open_to_them]
    closed = [course.title for course in invitation.courses if course.id not in entered]
    notifications.notify(NotificationKind.INVITATION_ACCEPTED, [invitation.invited_by_id], actor=user)
    activity.record(ActivityKind.INVITATION_ACCEPTED, user, subject=user, about=(invitation.id, invitation.email))
    log.info("invitation_accepted", invitation=str(invitation.id), user=str(user.id))
    return Accepted(user.id, user.first_name, entered, closed)


def _open(token: str, *, lock: bool = False) -> Invitation:
    """Return the invitation of this link while it can be accepted."""
    query = (
        select(Invitation)
        .options(joinedload(Invitation.invited_by, innerjoin=True), selectinload(Invitation.courses))
        .where(Invitation.token_hash == invitations.hash_token(token))
    )
    if lock:
        query = query.with_for_update(of=Invitation).execution_options(populate_existing=True)
    invitation = db.session.scalar(query)
    if invitation is None:
        raise NotFound(
            _("This link is incomplete, or a newer invitation has replaced it. Open the link in the latest email."),
            code="unknown_invitation",
        )
    inviter, state = invitation.invited_by, invitation.state(clock.now())
    named = {"name": inviter.full_name}
    if state is InvitationState.ACCEPTED:
        raise Conflict("accepted", _("This invitation has been used. Sign in with the account that you have."))
    if state is InvitationState.REVOKED:
        raise Conflict("revoked", _("%(name)s has taken this invitation back. Ask them if this is a mistake.", **named))
    if state is InvitationState.EXPIRED:
        raise Conflict("expired", _("This invitation has run out. Ask %(name)s to send it again.", **named))
    if not can(inviter, Action.INVITE, invitation.role):
        raise Conflict("void", _("This invitation no longer counts. Ask the school for a new one."))
    return invitation


def _owner_of(invitation: Invitation) -> User | None:
    """Return whoever has proved the invited address."""
    return db.session.scalar(
        select(User).where(User.email_key == invitation.email_key, User.email_verified_at.is_not(None))
    )


def _courses_of(invitation: Invitation, *, lock: bool = False) -> list[Course]:
    """Return the courses into which it leads now: open ones, which the inviter still leads."""
    ids = [course.id for course in invitation.courses]
    query = select(Course).where(Course.id.in_(ids)).order_by(Course.title, Course.id)
    if lock:
        query = query.with_for_update(read=True).execution_options(populate_existing=True)
    found = db.session.scalars(query).all() if ids else []
    return [c for c in found if c.is_published and can(invitation.invited_by, Action.MANAGE_STUDENTS, c)]


def _clean(username: str, full_name: str, password: str, email: str) -> tuple[str, str]:
    """Check all that was typed, report all that is wrong at once, and return the username and the name."""
    checks: tuple[Callable[[], str], ...] = (
        lambda: accounts.clean_username(username),
        lambda: accounts.clean_name(full_name),
        lambda: accounts.clean_password(password, username, email),
    )
    clean: list[str] = []
    errors: dict[str, list[str]] = {}
    for check in checks:
        try:
            clean.append(check())
        except DomainError as error:
            errors |= error.fields
    if errors:
        raise Invalid("invalid", next(iter(errors.values()))[0], errors=errors)
    return clean[0], clean[1]
