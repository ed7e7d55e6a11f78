"""Overseeing people: make accounts, give roles, approve, block, reset passwords.

Nobody acts upwards or on an equal, and nobody gives a role at or above their own; an admin does both, but not to
themselves. Whatever happens, one admin stays who can sign in. An attempt that is refused leaves a line in the log.
"""

import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import or_, select

from elearn import clock
from elearn.errors import Conflict, NotFound
from elearn.extensions import db
from elearn.integrations import passwords, revocation
from elearn.languages import _
from elearn.models import ActivityKind, NotificationKind, Role, SignIn, User
from elearn.permissions import Action, Actor, require
from elearn.services import accounts, activity, codes, course_texts, credentials, notifications, outbox, sign_ins
from elearn.services.activity import leaves_trace
from elearn.transaction import transactional

log = structlog.get_logger(__name__)

REASON_MAX = 300
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # without what is easily mistaken when it is read out
GROUPS, LETTERS = 4, 5  # 20 letters of 31: about 99 bits


@dataclass(frozen=True)
class Handed:
    """Hold an account and its new password, which is shown once; there is none to show when somebody typed it."""

    user: User
    password: str | None


def generated_password() -> str:
    """Make a password that can be read out."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(LETTERS)) for _ in range(GROUPS))


def clean_reason(reason: str) -> str:
    return course_texts.line(reason, "reason", REASON_MAX)


@leaves_trace
def create(
    actor: Actor, *, username: str, email: str, full_name: str, role: Role, password: str | None = None
) -> Handed:
    """Create an account with a role below the actor's own; its address counts as proved."""
    require(actor, Action.CREATE_PERSON, role)
    made = generated_password() if password is None else None
    user = accounts.add(
        username=username, email=email, password=password or made or "", full_name=full_name, role=role, actor=actor
    )
    return Handed(user, made)


def find(actor: Actor, login: str) -> User:
    """Return the account with this username, or with this address: the one that proved it, if there is one."""
    require(actor, Action.OVERSEE_PEOPLE)
    key = accounts.login_key(login)
    user = db.session.scalar(
        select(User)
        .where(or_(User.username_key == key, User.email_key == key), User.deleted_at.is_(None))
        .order_by(User.email_verified_at.is_(None), User.created_at.desc())
        .limit(1)
    )
    if user is None:
        raise NotFound(_("Nobody here is called %(login)s.", login=login))
    return user


@leaves_trace
@transactional
def set_role(actor: Actor, user_id: UUID, role: Role) -> User:
    """Give somebody another role, and sign them out everywhere; the last admin keeps theirs.

    What they asked to be is answered with it.
    """
    user = _get_for_change(actor, user_id)
    require(actor, Action.GRANT_ROLE, role)
    if user.role is role:
        return user
    if role is not Role.ADMIN:
        keep_one_admin(user)
    before, user.role, user.requested_role = user.role, role, None
    accounts.end_sign_ins(SignIn.user_id == user.id)
    _tell(ActivityKind.ROLE_CHANGED, actor, user, "role_changed", role=role.value, before=before.value)
    return user


@leaves_trace
@transactional
def approve(actor: Actor, user_id: UUID) -> User:
    """Let somebody be what they asked to be when registering; they come in again as that."""
    user = _get_for_change(actor, user_id)
    role = _asked(user)
    require(actor, Action.GRANT_ROLE, role)
    user.role, user.requested_role = role, None
    accounts.end_sign_ins(SignIn.user_id == user.id)
    _tell(ActivityKind.APPROVED, actor, user, "approved", role=role.value)
    return user


@leaves_trace
@transactional
def decline(actor: Actor, user_id: UUID, reason: str = "") -> User:
    """Leave somebody what they are; they may ask in person."""
    user = _get_for_change(actor, user_id)
    role, reason = _asked(user), clean_reason(reason)
    user.requested_role = None
    _tell(ActivityKind.DECLINED, actor, user, "declined", role=role.value, reason=reason)
    return user


def _asked(user: User) -> Role:
    if user.requested_role is None:
        raise Conflict(
            "answered", _("%(name)s does not wait for approval. Somebody may have been faster.", name=user.full_name)
        )
    return user.requested_role


@leaves_trace
@transactional
def block(actor: Actor, user_id: UUID, reason: str = "") -> User:
    """Refuse somebody everywhere at once: pages, API and open sockets. Once more only changes the reason."""
    user = _get_for_change(actor, user_id)
    reason = clean_reason(reason)
    keep_one_admin(user)
    was_blocked, user.blocked_reason = user.blocked_at is not None, reason
    if not was_blocked:
        user.blocked_at = clock.now()
        _tell(ActivityKind.BLOCKED, actor, user, "blocked", reason=reason)
    accounts.end_sign_ins(SignIn.user_id == user.id)
    return user


@leaves_trace
@transactional
def unblock(actor: Actor, user_id: UUID, reason: str = "") -> User:
    """Let somebody sign in again; the reason is for those who read the log."""
    user = _get_for_change(actor, user_id)
    reason = clean_reason(reason)
    if user.blocked_at is not None:
        user.blocked_at, user.blocked_reason = None, ""
        _tell(ActivityKind.UNBLOCKED, actor, user, "unblocked", reason=reason)
    return user


@leaves_trace
def reset_password(actor: Actor, user_id: UUID, password: str | None = None) -> Handed:
    """Set a new password for somebody, a made one when none is given, and sign them out everywhere."""
    require(actor, Action.OVERSEE_PEOPLE)
    made = generated_password() if password is None else None
    hashed = passwords.hash_password(accounts.clean_password(password or made or ""))  # slow: before the transaction
    return Handed(_set_password(actor, user_id, hashed), made)


@transactional
def _set_password(actor: Actor, user_id: UUID, password_hash: str) -> User:
    user = _get_for_change(actor, user_id)
    user.password_hash = password_hash
    accounts.end_sign_ins(SignIn.user_id == user.id)
    codes.end_all(user.id)
    _tell(ActivityKind.PASSWORD_RESET, actor, user, "password_changed")
    return user


@leaves_trace
@transactional
def sign_out(actor: Actor, user_id: UUID) -> User:
    """End all devices of somebody, as when a phone was lost."""
    return sign_ins.end_all_of(actor, _get_for_change(actor, user_id).id)


@leaves_trace
@transactional
def verify(actor: Actor, user_id: UUID) -> User:
    """Take somebody's word for their address, as when no letter reaches them."""
    return credentials.verify_for(actor, _get_for_change(actor, user_id).id)


@leaves_trace
def send_reset_code(actor: Actor, user_id: UUID) -> User:
    """Send somebody a code with which they set a new password; the old one counts until then."""
    require(actor, Action.OVERSEE_PEOPLE)
    user = _note_reset_code(actor, user_id)
    credentials.ask_for_reset(user.email, actor.address if isinstance(actor, User) else "")
    return user


@transactional
def _note_reset_code(actor: Actor, user_id: UUID) -> User:
    user = _get_for_change(actor, user_id)
    if not user.is_verified:
        raise Conflict("unverified", _("This address is not proved. Make a new password and hand it over instead."))
    activity.record(ActivityKind.PASSWORD_RESET, actor, subject=user, by="code")
    return user


_ADMINS = select(User.id).where(User.role == Role.ADMIN, User.blocked_at.is_(None), User.deleted_at.is_(None))


def keep_one_admin(user: User) -> None:
    """Refuse to lose the last admin who can sign in; within the transaction that would demote, block or delete them."""
    if user.role is Role.ADMIN and user.is_active and set(_lock_admins()) <= {user.id}:
        raise Conflict(
            "last_admin",
            _("%(name)s is the last admin. Make somebody else an admin first.", name=user.full_name),
        )


def is_last_admin(user: User) -> bool:
    """Tell whether nobody else could look after the school; a change asks again, in line (`keep_one_admin`)."""
    return db.session.scalars(_ADMINS.limit(2)).all() == [user.id]


def _lock_admins() -> list[UUID]:
    # Two admins who act on each other wait in line here, before they read who they are: PostgreSQL alone would let
    # both go through. Nothing else is locked before, always in one order, and rows that point to them still go in.
    return list(db.session.scalars(_ADMINS.order_by(User.id).with_for_update(key_share=True)))


def _get_for_change(actor: Actor, user_id: UUID) -> User:
    """Return somebody whom the actor may change, both as they are now."""
    _lock_admins()
    if isinstance(actor, User):
        db.session.get(User, actor.id, populate_existing=True)
    require(actor, Action.OVERSEE_PEOPLE)
    user = db.session.get(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
    if user is None or user.deleted_at is not None:
        raise NotFound(_("This person is not here any more."))
    require(actor, Action.CHANGE_PERSON, user)
    return user


def _tell(kind: ActivityKind, actor: Actor, user: User, event: str, **facts: Any) -> None:
    """Write it down, tell the person, and look at their open pages and sockets again."""
    activity.record(kind, actor, subject=user, **facts)
    told = {name: value for name, value in facts.items() if name != "before"}
    notifications.notify(NotificationKind.ACCOUNT, [user.id], actor=actor, event=event, **told)
    if user.is_verified:  # what nobody proved may be a stranger's
        by = actor.full_name if isinstance(actor, User) else ""
        if kind is ActivityKind.PASSWORD_RESET:
            outbox.post("password_changed", outbox.to(user), {"by": by})
        else:
            outbox.post("account_event", outbox.to(user), {"event": event, **told})
    log.info(kind.value, user=str(user.id), **told)
    revocation.recheck_person(user.id)
