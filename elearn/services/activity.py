"""The activity log: who did what to whom, when, and from where."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import Engine, Select, and_, delete, or_, select

from elearn import clock
from elearn.errors import DomainError, Hidden, RateLimited, Unavailable
from elearn.extensions import current_settings, db
from elearn.integrations import rate_limits
from elearn.integrations.csv_files import Cell
from elearn.models import Activity, ActivityKind, Classroom, Course, Invitation, InvitationImport, Role, User
from elearn.permissions import OPERATOR, Action, Actor, require
from elearn.services import search
from elearn.services.paging import Bounded, paginate_bounded
from elearn.transaction import after_rollback, transactional

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger(__name__)

EXPORT_MAX, EXPORT_BATCH = 100_000, 1000
FORGET_BATCH = 10_000  # one sweep holds the writer of SQLite for as long as this takes: about a tenth of a second
EXPORTS = "10/hour"  # of one person: each reads up to all of the log
REFUSALS = "60/hour"  # of one person; whoever tries on tells nothing new
# A password mistyped and an address not proved yet are refused as well, and are no attempts at what is not one's own.
ATTEMPTS = {"forbidden", "last_admin"}
# How services call what something is done with, what that is, and how it is named in the log.
THINGS: dict[str, tuple[type[Any], str]] = {
    "course_id": (Course, "title"),
    "room_id": (Classroom, "name"),
    "invitation_id": (Invitation, "email"),
    "import_id": (InvitationImport, "file_name"),
}
HEADER = ("at", "kind", "actor", "subject", "object", "address", "detail")


@dataclass(frozen=True)
class Line:
    """Show one line of the log; the names are those of then."""

    id: UUID
    at: datetime
    kind: ActivityKind
    actor_id: UUID | None
    actor_name: str
    subject_id: UUID | None
    subject_name: str
    object_id: UUID | None
    object_name: str
    address: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class Filter:
    """Narrow the log; what is not given is not asked for. The days are in UTC, both included.

    `actor` and `subject` are ids, or words by which people are found; `about` is somebody as one or the other.
    `object` is the id of a thing, such as a course.
    """

    kind: ActivityKind | None = None
    actor: str | UUID = ""
    subject: str | UUID = ""
    about: UUID | None = None
    object: UUID | None = None
    since: date | None = None
    until: date | None = None
    address: str = ""


COLUMNS = (
    Activity.id,
    Activity.at,
    Activity.kind,
    Activity.actor_id,
    Activity.actor_name,
    Activity.subject_id,
    Activity.subject_name,
    Activity.object_id,
    Activity.object_name,
    Activity.address,
    Activity.detail,
)


# Writing


def record(
    kind: ActivityKind,
    actor: Actor,
    *,
    subject: User | None = None,
    about: tuple[UUID, str] | None = None,
    address: str = "",
    **detail: Any,
) -> None:
    """Write one line, within the transaction of what it tells of.

    `subject` is the person to whom it was done, `about` the id and the name of the thing. The address is that of the
    actor's request, unless the door knows another.
    """
    who = actor if isinstance(actor, User) else None
    db.session.add(
        Activity(
            kind=kind,
            actor_id=who.id if who else None,
            actor_name=actor.full_name if actor is not None else "",
            subject_id=subject.id if subject else None,
            subject_name=subject.full_name if subject else "",
            object_id=about[0] if about else None,
            object_name=about[1][:200] if about else "",
            address=(address or (who.address if who else ""))[:45],
            detail=detail,
        )
    )


def leaves_trace(function: Callable[P, R]) -> Callable[P, R]:
    """Write a line when this is refused to the actor, who is the first argument.

    To whom, with what and as what it was to be done is read off the names of the arguments. The refused transaction is
    rolled back with all that it wrote: the line gets one of its own.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        actor: Any = args[0]
        # Read before: afterwards the session has let go of what it loaded.
        who: tuple[UUID | None, str] = (actor.id, actor.address) if isinstance(actor, User) else (None, "")
        try:
            return function(*args, **kwargs)
        except DomainError as error:
            if actor is not None and (error.code in ATTEMPTS or isinstance(error, Hidden)):
                given = signature.bind(*args, **kwargs).arguments
                after_rollback(lambda: _note_refusal(*who, function.__name__.lstrip("_"), given))
            raise

    return wrapper


def _note_refusal(actor_id: UUID | None, address: str, tried: str, given: Mapping[str, Any]) -> None:
    try:
        rate_limits.spend(REFUSALS, "refusals", str(actor_id))
    except (RateLimited, Unavailable):
        log.info("refusal_not_recorded", user=str(actor_id))
    else:
        _record_refusal(actor_id, address, tried, given)


@transactional
def _record_refusal(actor_id: UUID | None, address: str, tried: str, given: Mapping[str, Any]) -> None:
    actor = db.session.get(User, actor_id) if actor_id else OPERATOR
    if actor is None:
        return
    user_id, role = given.get("user_id"), given.get("role")
    subject = db.session.get(User, user_id) if isinstance(user_id, UUID) else None
    detail = {"role": role.value} if isinstance(role, Role) else {}
    record(ActivityKind.REFUSED, actor, subject=subject, about=_thing(given), address=address, tried=tried, **detail)


def _thing(given: Mapping[str, Any]) -> tuple[UUID, str] | None:
    """Return the id and the name of what something was to be done with."""
    for argument, (model, name) in THINGS.items():
        thing = db.session.get(model, given[argument]) if isinstance(given.get(argument), UUID) else None
        if thing is not None:
            return thing.id, getattr(thing, name)
    return None


@transactional
def forget_old() -> None:
    """Drop the lines that are older than the school keeps them."""
    limit = clock.now() - timedelta(days=current_settings().activity_days)
    old = select(Activity.id).where(Activity.at < limit).order_by(Activity.at).limit(FORGET_BATCH)
    db.session.execute(delete(Activity).where(Activity.id.in_(old)))


# Reading


def list_for(actor: Actor, only: Filter | None = None, *, page: int = 1, per_page: int = 50) -> Bounded[Line]:
    """Return the newest lines first."""
    require(actor, Action.SEE_ACTIVITY)
    return paginate_bounded(_narrowed(select(*COLUMNS), only or Filter()), page=page, per_page=per_page, make=Line)


def _narrowed(query: Select[Any], only: Filter) -> Select[Any]:
    query = query.order_by(Activity.at.desc(), Activity.id.desc())
    if only.kind is not None:
        query = query.where(Activity.kind == only.kind)
    for column, who in ((Activity.actor_id, only.actor), (Activity.subject_id, only.subject)):
        if who:
            query = query.where(column == who if isinstance(who, UUID) else column.in_(search.ids(who)))
    if only.about is not None:
        query = query.where(or_(Activity.actor_id == only.about, Activity.subject_id == only.about))
    if only.object is not None:
        query = query.where(Activity.object_id == only.object)
    if only.since is not None:
        query = query.where(Activity.at >= _start_of(only.since))
    if only.until is not None and only.until < date.max:
        query = query.where(Activity.at < _start_of(only.until + timedelta(days=1)))
    if only.address:
        query = query.where(Activity.address == only.address)
    return query


def _start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=clock.now().tzinfo)


def export(actor: User, only: Filter) -> tuple[Sequence[str], Iterator[Sequence[Cell]]]:
    """Return the header and the rows of a CSV file of these lines; that it was made is a line as well."""
    require(actor, Action.SEE_ACTIVITY)
    rate_limits.spend(EXPORTS, "activity-export", str(actor.id))
    _record_export(actor)
    return HEADER, _rows(db.engine, only)


@transactional
def _record_export(actor: User) -> None:
    record(ActivityKind.EXPORTED, actor, what="activity")


def _rows(engine: Engine, only: Filter) -> Iterator[Sequence[Cell]]:
    """Read batch by batch, each for itself: the request is over, and a slow reader must not hold a transaction open."""
    last: Line | None = None
    for _ in range(EXPORT_MAX // EXPORT_BATCH):
        with engine.connect() as connection:
            lines = [Line(*row) for row in connection.execute(_batch(only, last))]
        yield from (_cells(line) for line in lines)
        if len(lines) < EXPORT_BATCH:
            return
        last = lines[-1]


def _batch(only: Filter, last: Line | None) -> Select[Any]:
    query = _narrowed(select(*COLUMNS), only).limit(EXPORT_BATCH)
    if last is None:
        return query
    older = or_(Activity.at < last.at, and_(Activity.at == last.at, Activity.id < last.id))
    return query.where(Activity.at <= last.at, older)


def _cells(line: Line) -> Sequence[Cell]:
    names = (line.actor_name, line.subject_name, line.object_name)
    return (line.at, line.kind.value, *names, line.address, in_words(line.detail))


def in_words(detail: dict[str, Any]) -> str:
    """Return the details as `role: teacher, from: student`."""
    return ", ".join(f"{name}: {value}" for name, value in detail.items() if value not in ("", None))


def latest_of(actor: Actor, user_id: UUID, number: int = 8) -> list[Line]:
    """Return what somebody did last, and what was done to them."""
    require(actor, Action.SEE_ACTIVITY)
    query = _narrowed(select(*COLUMNS), Filter())
    # Two ranges of two indexes, each with its limit, cost little however long the log is.
    found: dict[UUID, Line] = {}
    for column in (Activity.actor_id, Activity.subject_id):
        for row in db.session.execute(query.where(column == user_id).limit(number)):
            found[row[0]] = Line(*row)
    return sorted(found.values(), key=lambda line: (line.at, line.id), reverse=True)[:number]
