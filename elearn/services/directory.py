"""Who is here: the search among the people of the school, and the page of one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, null, select, type_coerce, union_all

from elearn.errors import Invalid, NotFound
from elearn.extensions import db
from elearn.languages import _
from elearn.models import Course, CourseState, Enrolment, EnrolmentState, Role, User
from elearn.permissions import Action, Actor, can, require
from elearn.services import activity, search, sign_ins
from elearn.services.activity import Line
from elearn.services.course_cards import PERSON, PersonCard, person_card
from elearn.services.paging import PER_PAGE, Bounded, Page, paginate, paginate_bounded
from elearn.services.sign_ins import OpenDevice

COURSES = 50
# Which enrolments stand on the page of a person.
KEPT = (EnrolmentState.ACTIVE, EnrolmentState.BLOCKED)


class State(StrEnum):
    """How an account stands, for those who oversee people."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    WAITING = "waiting"
    UNVERIFIED = "unverified"
    UNREACHABLE = "unreachable"


class PeopleSort(StrEnum):
    """In which order people come."""

    NAME = "full_name"
    NEWEST = "-created_at"


STATES: dict[State, tuple[ColumnElement[bool], ...]] = {
    State.ACTIVE: (User.blocked_at.is_(None),),
    State.BLOCKED: (User.blocked_at.is_not(None),),
    State.WAITING: (User.requested_role.is_not(None), User.blocked_at.is_(None)),
    State.UNVERIFIED: (User.email_verified_at.is_(None),),
    State.UNREACHABLE: (User.email_refused_at.is_not(None),),
}


# Few are so: they are read by an index of their own, and sorted. All others are walked through in their order.
FEW = {State.BLOCKED, State.WAITING, State.UNVERIFIED, State.UNREACHABLE}


@dataclass(frozen=True)
class Only:
    """Narrow the people; what is not given is not asked for. `blocked` leaves out the blocked, or all others."""

    role: Role | None = None
    blocked: bool | None = None
    state: State | None = None


@dataclass(frozen=True)
class FoundPerson(PersonCard):
    """Show somebody who was found, as far as the reader may see them.

    Teachers see name, username, photo, role and whether somebody is blocked; the address only of the students of their
    own courses, which stands in the lists of those courses too. They may search by an address that they know already.
    """

    email: str | None
    is_blocked: bool
    # For those who oversee people.
    is_verified: bool | None = None
    email_refused_at: datetime | None = None
    requested_role: Role | None = None
    created_at: datetime | None = None


@dataclass(frozen=True)
class OwnCourse:
    """Show a course on the page of somebody who teaches or studies there."""

    id: UUID
    title: str
    code: str
    state: CourseState
    enrolment: EnrolmentState | None
    since: datetime


@dataclass(frozen=True)
class PersonPage:
    """Hold all that those who oversee people see of one."""

    user: User
    taught: Sequence[OwnCourse]
    studied: Sequence[OwnCourse]
    devices: Sequence[OpenDevice]
    lines: Sequence[Line]
    # Which roles the reader may give.
    roles: Sequence[Role]


COLUMNS = (
    *PERSON, User.email, User.blocked_at, User.email_verified_at, User.email_refused_at, User.requested_role,
    User.created_at,
)  # fmt: skip


def search_people(
    actor: Actor,
    *,
    q: str = "",
    only: Only | None = None,
    sort: PeopleSort = PeopleSort.NAME,
    page: int = 1,
    per_page: int = PER_PAGE,
) -> Bounded[FoundPerson]:
    """Return people whose name, username or address has words that begin as the words of `q` do.

    Counted up to a bound: however many people there are, a page costs the same. Those who were searched for by words
    come by name: in another order all who were found would have to be read.
    """
    require(actor, Action.SEARCH_PEOPLE)
    only = only or Only()
    if only.state is not None or sort is not PeopleSort.NAME:  # others do not learn how accounts stand
        require(actor, Action.OVERSEE_PEOPLE)
    columns: Any = COLUMNS
    if sort is PeopleSort.NAME:
        query = select(*columns).where(User.deleted_at.is_(None), *_conditions(only, User.role))
        found = search.find(query, q, page=page, per_page=per_page, make=_found)
    elif q.strip():
        raise Invalid("invalid", _("A search by words comes by name: leave out the words or the sort"), field="sort")
    else:
        found = paginate_bounded(_newest_first(columns, only), page=page, per_page=per_page, make=_found)
    if can(actor, Action.OVERSEE_PEOPLE) or not isinstance(actor, User):
        return found
    return _as_teacher_sees(actor, found)


def _conditions(only: Only, role: Any) -> list[ColumnElement[bool]]:
    conditions = [role == only.role] if only.role is not None else []
    if only.blocked is not None:
        conditions += STATES[State.BLOCKED if only.blocked else State.ACTIVE]
    return conditions + list(STATES[only.state] if only.state is not None else ())


def _newest_first(columns: Any, only: Only) -> Select[Any]:
    """Select the people, walking through all in their order, or reading and sorting those who are few."""
    role: Any = User.role
    created_at: Any = User.created_at
    if only.state in FEW or only.blocked:
        # What is no column keeps the databases from walking through all people in search of a few.
        role, created_at = (func.coalesce(column, column) for column in (role, created_at))
    query = select(*columns).where(User.deleted_at.is_(None), *_conditions(only, role))
    return query.order_by(created_at.desc(), User.id.desc())


def _found(*row: Any) -> FoundPerson:
    card = person_card(*row[: len(PERSON)])
    email, blocked_at, verified_at, refused_at, requested_role, created_at = row[len(PERSON) :]
    return FoundPerson(
        **vars(card),
        email=email,
        is_blocked=blocked_at is not None,
        is_verified=verified_at is not None,
        email_refused_at=refused_at,
        requested_role=requested_role,
        created_at=created_at,
    )


def _as_teacher_sees(teacher: User, found: Bounded[FoundPerson]) -> Bounded[FoundPerson]:
    mine = set(
        db.session.scalars(
            select(Enrolment.user_id)
            .join(Course, Course.id == Enrolment.course_id)
            .where(
                Course.teacher_id == teacher.id,
                Enrolment.user_id.in_([person.id for person in found.items]),
                Enrolment.state == EnrolmentState.ACTIVE,
            )
        )
    )
    items = [
        FoundPerson(
            **{name: getattr(person, name) for name in PersonCard.__dataclass_fields__},
            email=person.email if person.id in mine else None,
            is_blocked=person.is_blocked,
        )
        for person in found.items
    ]
    return Bounded(items, found.total, found.page, found.per_page, found.is_more)


def waiting(actor: Actor) -> int:
    """Return how many people wait for somebody to approve or decline what they asked to be."""
    require(actor, Action.OVERSEE_PEOPLE)
    asked = select(func.count()).select_from(User).where(User.deleted_at.is_(None), *STATES[State.WAITING])
    return db.session.scalar(asked) or 0


# One person


def get(actor: Actor, user_id: UUID) -> User:
    """Return somebody, for those who oversee people."""
    require(actor, Action.OVERSEE_PEOPLE)
    user = db.session.get(User, user_id)
    if user is None or user.deleted_at is not None:
        raise NotFound(_("This person is not here any more."))
    return user


def page_of(actor: Actor, user_id: UUID) -> PersonPage:
    """Return somebody with their courses, devices and the last lines about them."""
    user = get(actor, user_id)
    taught = (
        select(Course.id, Course.title, Course.code, Course.state, Course.created_at)
        .where(Course.teacher_id == user.id)
        .order_by(Course.created_at.desc(), Course.id)
        .limit(COURSES)
    )
    studied = (
        select(Course.id, Course.title, Course.code, Course.state, Enrolment.state, Enrolment.changed_at)
        .join(Course, Course.id == Enrolment.course_id)
        .where(Enrolment.user_id == user.id, Enrolment.state.in_(KEPT))
        .order_by(Enrolment.changed_at.desc(), Course.id)
        .limit(COURSES)
    )
    return PersonPage(
        user=user,
        taught=[OwnCourse(*row[:4], None, row[4]) for row in db.session.execute(taught)],
        studied=[OwnCourse(*row) for row in db.session.execute(studied)],
        devices=sign_ins.list_of(actor, user.id).items,
        lines=activity.latest_of(actor, user.id),
        roles=grantable(actor),
    )


def devices_of(actor: Actor, user_id: UUID, *, page: int = 1, per_page: int = PER_PAGE) -> Page[OpenDevice]:
    """Return where somebody is signed in, for those who oversee people."""
    return sign_ins.list_of(actor, get(actor, user_id).id, page=page, per_page=per_page)


def courses_of(actor: Actor, user_id: UUID, *, page: int = 1, per_page: int = PER_PAGE) -> Page[OwnCourse]:
    """Return the courses that somebody teaches, studies in, or is blocked in: the latest first."""
    user = get(actor, user_id)
    no_enrolment: Any = type_coerce(null(), Enrolment.state.type).label("enrolment")
    taught = select(
        Course.id, Course.title, Course.code, Course.state, no_enrolment, Course.created_at.label("since")
    ).where(Course.teacher_id == user.id)
    studied = (
        select(Course.id, Course.title, Course.code, Course.state, Enrolment.state, Enrolment.changed_at)
        .join(Course, Course.id == Enrolment.course_id)
        .where(Enrolment.user_id == user.id, Enrolment.state.in_(KEPT))
    )
    found = union_all(taught, studied).subquery()
    query = select(*found.c).order_by(found.c.since.desc(), found.c.id)
    return paginate(query, page=page, per_page=per_page, make=OwnCourse)


def grantable(actor: Actor) -> list[Role]:
    """Return the roles that the actor may give to somebody."""
    return [role for role in Role if can(actor, Action.GRANT_ROLE, role)]
