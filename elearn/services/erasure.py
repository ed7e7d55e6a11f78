"""Deleting an account: what names the person goes, what they said among others stays without their name.

What happens to each column stands in `privacy.py`. The row of the account stays, emptied, so that lists and lessons
have somebody to point at.
"""

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import JSON, ColumnElement, String, cast, delete, func, inspect, or_, select, update

from elearn import clock
from elearn.errors import Conflict, Forbidden, NotFound
from elearn.extensions import current_settings, db
from elearn.integrations import passwords, rate_limits, realtime, revocation
from elearn.integrations.storage import storage
from elearn.languages import _
from elearn.models import Activity, ActivityKind, Course, Email, User
from elearn.permissions import Action, Actor, require
from elearn.services import activity, outbox, people, statuses
from elearn.services.activity import leaves_trace
from elearn.services.privacy import FORMER, HOLDINGS, Holding, Made, Person
from elearn.transaction import after_commit, transactional

log = structlog.get_logger(__name__)

NAMED = 20  # of the courses that stand in the way
RANDOM_BYTES = 8


@dataclass(frozen=True)
class Hindrance:
    """Say what has to be done before an account can be deleted."""

    courses: Sequence[Course] = ()
    is_last_admin: bool = False

    def __bool__(self) -> bool:
        return bool(self.courses) or self.is_last_admin


def hindrance(actor: User) -> Hindrance:
    """Return what stands in the way of deleting one's own account."""
    require(actor, Action.EDIT_PROFILE, actor)
    return Hindrance(_taught(actor.id), people.is_last_admin(actor))


def _taught(user_id: UUID) -> Sequence[Course]:
    query = select(Course).where(Course.teacher_id == user_id).order_by(func.lower(Course.title), Course.id)
    return db.session.scalars(query.limit(NAMED)).all()


def erase(actor: User, password: str) -> None:
    """Delete one's own account, with the password; it cannot be undone."""
    require(actor, Action.EDIT_PROFILE, actor)
    rate_limits.spend(current_settings().sign_in_limit, "password", str(actor.id))
    if not passwords.verify(actor.password_hash, password):
        raise Forbidden(_("This is not your password."), code="wrong_password", field="password")
    _erase(actor, actor.id)


def erase_for(actor: Actor, user_id: UUID) -> None:
    """Delete somebody's account, for whoever has the terminal of the server."""
    _erase(actor, user_id)


@leaves_trace
@transactional
def _erase(actor: Actor, user_id: UUID) -> None:
    user = db.session.get(User, user_id, populate_existing=True)
    if user is None or user.deleted_at is not None:
        raise NotFound(_("This account is not here any more."))
    require(actor, Action.EDIT_PROFILE, user)
    people.keep_one_admin(user)
    user = db.session.get_one(User, user_id, with_for_update=True, populate_existing=True)
    if user.deleted_at is not None:
        raise NotFound(_("This account is not here any more."))
    _refuse_teaching(user)
    # To an address that is known to be theirs; under the account, so that `sweep` finds it once it is sent.
    farewell = outbox.to(user) if user.is_verified else None
    names, made = person(user), _made()
    for holding in HOLDINGS:
        _let_go(holding, names, made)
    db.session.refresh(user)
    user.deleted_at = clock.now()
    if farewell is not None:
        outbox.post("account_event", farewell, {"event": "deleted"})
    user.address = ""  # the line of the log is not to tell from where
    activity.record(ActivityKind.ACCOUNT_DELETED, user if isinstance(actor, User) else actor, subject=user)
    log.info("account_deleted", user=str(user.id))
    realtime.publish(statuses.NAMESPACE, statuses.ROOM, statuses.EVENT, {})
    revocation.recheck_person(user.id)


def _refuse_teaching(user: User) -> None:
    courses = _taught(user.id)
    if courses:
        titles = ", ".join(course.title for course in courses)
        sentence = _("Courses still have this teacher: %(titles)s. Delete them or hand them over first.", titles=titles)
        raise Conflict("still_teaching", sentence)


def _made() -> dict[Made, str]:
    name = f"deleted-{secrets.token_hex(RANDOM_BYTES)}"
    return {Made.NAME: name, Made.ADDRESS: f"{name}@deleted.invalid"}


# Who it is


def person(user: User) -> Person:
    """Return all by which somebody is named here, as far as it is written down: their earlier names as well."""
    names = {user.full_name}
    for name, whose in ((Activity.actor_name, Activity.actor_id), (Activity.subject_name, Activity.subject_id)):
        names |= set(db.session.scalars(select(name).where(whose == user.id, name != "").distinct()))
    sent = select(func.lower(Email.to_email)).where(Email.user_id == user.id).distinct()
    addresses = {user.email_key, user.email.lower(), *db.session.scalars(sent)}
    longest_first = sorted(names - {FORMER}, key=len, reverse=True)
    return Person(user.id, tuple(longest_first), tuple(sorted(addresses, key=len, reverse=True)))


# What happens to the rows


def _let_go(holding: Holding, names: Person, made: dict[Made, str]) -> None:
    """Do with these rows as it is declared, and drop the files that they name."""
    whose, table = holding.whose(names), holding.model
    for column, shelf in holding.files.items():
        key = getattr(table, column)
        for name in db.session.scalars(select(key).where(whose, key.is_not(None))):
            _drop(shelf, name)
    if holding.rows_go:
        db.session.execute(delete(table).where(whose).execution_options(synchronize_session=False))
        return
    for column in holding.named_in.split():
        _forget_names(getattr(table, column), whose, names)
    values = {
        column: made.get(value, value) if isinstance(value, Made) else value
        for column, value in holding.emptied.items()
    }
    if values:
        db.session.execute(update(table).where(whose).values(values).execution_options(synchronize_session=False))


def _drop(shelf: str, name: str) -> None:
    files = storage()
    after_commit(lambda: files.delete(shelf, name))


def _forget_names(column: Any, whose: ColumnElement[bool], names: Person) -> None:
    """Replace the person's names and addresses where they stand within texts that are about others as well."""
    table = column.class_
    keys = list(inspect(table).primary_key)
    mentions = or_(*(cast(column, String).icontains(word, autoescape=True) for word in _as_stored(column, names)))
    found = db.session.execute(select(*keys, column).where(whose, mentions)).all()
    pattern = _pattern(names)
    for *key, value in found:
        changed = _without(pattern, value)
        if changed != value:
            statement = update(table).where(*(one == known for one, known in zip(keys, key, strict=True)))
            db.session.execute(statement.values({column.key: changed}).execution_options(synchronize_session=False))


def _as_stored(column: Any, names: Person) -> set[str]:
    """Return the words to look for; JSON writes letters beyond ASCII in another way."""
    words = {*names.names, *names.addresses}
    return {json.dumps(word)[1:-1] for word in words} if isinstance(column.type, JSON) else words


def _pattern(names: Person) -> re.Pattern[str]:
    """Match a name of several words and an address wherever they stand alone; a single word only where a text begins.

    A sentence about somebody begins with their name, while one word may as well be a word of the language.
    """
    sure = [word for word in (*names.names, *names.addresses) if " " in word or "@" in word]
    single = [word for word in names.names if " " not in word]
    parts = [rf"(?<!\w){re.escape(word)}(?!\w)" for word in sure] + [rf"\A{re.escape(word)}(?!\w)" for word in single]
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)


def _without(pattern: re.Pattern[str], value: Any) -> Any:
    if isinstance(value, str):
        return pattern.sub(FORMER, value)
    if isinstance(value, dict):
        return {name: _without(pattern, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without(pattern, inner) for inner in value]
    return value


@transactional
def sweep() -> None:
    """Drop the last letter to people who have gone, once it is settled: it holds their address."""
    gone = select(User.id).where(User.deleted_at.is_not(None))
    db.session.execute(delete(Email).where(Email.state.in_(outbox.FINISHED), Email.user_id.in_(gone)))
