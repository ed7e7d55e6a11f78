"""Overseeing people: find, create, change roles, block, unblock, reset passwords."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy import func, or_, select

from elearn import clock
from elearn.errors import Conflict, NotFound
from elearn.extensions import db
from elearn.integrations import passwords, revocation
from elearn.models import Role, SignIn, User, fold
from elearn.permissions import Action, Actor, require
from elearn.services import accounts
from elearn.transaction import transactional

log = structlog.get_logger(__name__)


def create(actor: Actor, *, username: str, email: str, password: str, full_name: str, role: Role) -> User:
    """Create an account with any role, one below the actor's own."""
    require(actor, Action.CREATE_PERSON, role)
    return accounts.add(username=username, email=email, password=password, full_name=full_name, role=role)


def find(actor: Actor, login: str) -> User:
    """Return the account with this username or email."""
    require(actor, Action.OVERSEE_PEOPLE)
    key = accounts.login_key(login)
    user = db.session.scalar(select(User).where(or_(User.username_key == key, User.email_key == key)))
    if user is None:
        raise NotFound(f"Nobody here is called {login}.")
    return user


def list_for(
    actor: Actor, *, role: Role | None = None, blocked: bool | None = None, q: str = "", limit: int = 100
) -> Sequence[User]:
    """Return accounts, newest first, filtered by role, block and a part of a name or address."""
    require(actor, Action.OVERSEE_PEOPLE)
    query = select(User).order_by(User.created_at.desc(), User.id.desc()).limit(limit)
    if role is not None:
        query = query.where(User.role == role)
    if blocked is not None:
        query = query.where(User.blocked_at.is_not(None) if blocked else User.blocked_at.is_(None))
    if q:
        query = query.where(
            or_(
                User.username_key.contains(fold(q), autoescape=True),
                User.email_key.contains(fold(q), autoescape=True),
                func.lower(User.full_name).contains(q.lower(), autoescape=True),
            )
        )
    return db.session.scalars(query).all()


@transactional
def set_role(actor: Actor, user_id: UUID, role: Role) -> User:
    """Give somebody another role; the last admin keeps theirs."""
    user = _get_for_change(actor, user_id)
    require(actor, Action.GRANT_ROLE, role)
    if user.role is Role.ADMIN and role is not Role.ADMIN:
        _keep_one_admin(user)
    user.role = role
    log.info("role_changed", user=str(user.id), role=role.value)
    revocation.recheck_person(user.id)
    return user


@transactional
def block(actor: Actor, user_id: UUID, reason: str = "") -> User:
    """Refuse somebody everywhere at once: pages, API and open sockets."""
    user = _get_for_change(actor, user_id)
    if user.role is Role.ADMIN:
        _keep_one_admin(user)
    if not user.is_blocked:
        user.blocked_at = clock.now()
    user.blocked_reason = reason[:300]
    accounts.end_sign_ins(SignIn.user_id == user.id)
    log.info("blocked", user=str(user.id))
    revocation.recheck_person(user.id)
    return user


@transactional
def unblock(actor: Actor, user_id: UUID) -> User:
    """Let somebody sign in again."""
    user = _get_for_change(actor, user_id)
    user.blocked_at, user.blocked_reason = None, ""
    log.info("unblocked", user=str(user.id))
    return user


def reset_password(actor: Actor, user_id: UUID, password: str) -> User:
    """Set a new password for somebody, and sign them out everywhere."""
    require(actor, Action.OVERSEE_PEOPLE)
    accounts.clean_password(password)
    return _set_password(actor, user_id, passwords.hash_password(password))


@transactional
def _set_password(actor: Actor, user_id: UUID, password_hash: str) -> User:
    user = _get_for_change(actor, user_id)
    user.password_hash = password_hash
    accounts.end_sign_ins(SignIn.user_id == user.id)
    log.info("password_reset", user=str(user.id))
    revocation.recheck_person(user.id)
    return user


def _get_for_change(actor: Actor, user_id: UUID) -> User:
    require(actor, Action.OVERSEE_PEOPLE)
    user = db.session.get(User, user_id, with_for_update=True)
    if user is None or user.deleted_at is not None:
        raise NotFound("This person is not here any more.")
    require(actor, Action.CHANGE_PERSON, user)
    return user


def _keep_one_admin(user: User) -> None:
    # The lock on all admins makes two admins who remove each other wait in line (PostgreSQL; SQLite has one writer).
    admins = db.session.scalars(
        select(User.id).where(User.role == Role.ADMIN, User.blocked_at.is_(None)).with_for_update()
    ).all()
    if set(admins) <= {user.id}:
        raise Conflict("last_admin", f"{user.full_name} is the last admin. Make somebody else an admin first.")
