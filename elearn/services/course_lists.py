"""Lists of courses: the catalogue for everybody, one's own, and all of the school."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from elearn.extensions import db
from elearn.models import Course, CourseState, EnrolmentState, Lesson, Subject, User
from elearn.permissions import Action, Actor, require
from elearn.services.course_cards import (
    CourseCard,
    Mine,
    cards_for,
    course_card,
    every_word,
    is_not_blocked,
    today_for,
    with_mine,
)
from elearn.services.paging import Page, paginate

When = Literal["", "open", "later"]
Sort = Literal["title", "-created_at", "-students"]


class MineSort(StrEnum):
    """In which order one's own courses come, other than what is live first."""

    TITLE = "title"
    NEWEST = "-created_at"


@dataclass(frozen=True)
class CatalogueCounts:
    """Say how many courses each choice of the filter would show, with the rest of the filter as it is."""

    total: int
    subjects: dict[Subject, int]
    open: int
    later: int


def catalogue(
    actor: Actor,
    *,
    q: str = "",
    subjects: Sequence[Subject] = (),
    when: When = "",
    sort: Sort = "title",
    page: int = 1,
    per_page: int = 20,
) -> Page[CourseCard]:
    """Return the published courses that match, without those in which the actor is blocked."""
    require(actor, Action.BROWSE_CATALOGUE)
    query = cards_for(actor).where(*_matching(q), *_of_subjects(subjects), *_at(when, today_for(actor)))
    orders = {
        "title": (func.lower(Course.title),),
        "-created_at": (Course.created_at.desc(),),
        "-students": (query.selected_columns["students"].desc(), func.lower(Course.title)),
    }
    return paginate(query.order_by(*orders[sort], Course.id), page=page, per_page=per_page, make=course_card)


def catalogue_counts(
    actor: Actor, *, q: str = "", subjects: Sequence[Subject] = (), when: When = ""
) -> CatalogueCounts:
    """Count the catalogue for its filter."""
    require(actor, Action.BROWSE_CATALOGUE)
    today = today_for(actor)
    total = db.session.scalar(_count(actor, func.count()).where(*_matching("")))
    by_subject = db.session.execute(
        _count(actor, Course.subject, func.count()).where(*_matching(q), *_at(when, today)).group_by(Course.subject)
    )
    is_open, is_later = (func.count().filter(and_(*_at(choice, today))) for choice in ("open", "later"))
    now_open, later = db.session.execute(
        _count(actor, is_open, is_later).where(*_matching(q), *_of_subjects(subjects))
    ).one()
    return CatalogueCounts(total or 0, dict(by_subject.tuples().all()), now_open, later)


def _count(actor: Actor, *columns: Any) -> Select[Any]:
    return with_mine(select(*columns).select_from(Course), actor)


def _matching(q: str) -> list[ColumnElement[bool]]:
    texts = (Course.title, Course.code, Course.summary, User.full_name)
    return [Course.state == CourseState.PUBLISHED, is_not_blocked(), *every_word(q, texts)]


def _of_subjects(subjects: Sequence[Subject]) -> list[ColumnElement[bool]]:
    return [Course.subject.in_(subjects)] if subjects else []


def _at(when: str, today: date) -> list[ColumnElement[bool]]:
    if when == "open":
        return [
            or_(Course.starts_on.is_(None), Course.starts_on <= today),
            or_(Course.ends_on.is_(None), Course.ends_on >= today),
        ]
    return [Course.starts_on > today] if when == "later" else []


def mine(
    actor: Actor,
    *,
    q: str = "",
    state: CourseState | None = None,
    sort: MineSort | None = None,
    page: int = 1,
    per_page: int = 20,
) -> Page[CourseCard]:
    """Return the courses that the actor teaches or studies: what is live first, the archive last, or as asked."""
    require(actor, Action.BROWSE_CATALOGUE)
    query = cards_for(actor).where(belongs_to(actor), *every_word(q, (Course.title, Course.code, User.full_name)))
    if state is not None:
        query = query.where(Course.state == state)
    orders = {
        None: mine_first(),
        MineSort.TITLE: (func.lower(Course.title), Course.id),
        MineSort.NEWEST: (Course.created_at.desc(), Course.id),
    }
    return paginate(query.order_by(*orders[sort]), page=page, per_page=per_page, make=course_card)


def list_for(
    actor: Actor, *, q: str = "", state: CourseState | None = None, page: int = 1, per_page: int = 20
) -> Page[CourseCard]:
    """Return all courses of the school by code, for those who oversee it."""
    require(actor, Action.SEE_SCHOOL_NUMBERS)
    query = cards_for(actor).where(*every_word(q, (Course.title, Course.code, User.full_name)))
    if state is not None:
        query = query.where(Course.state == state)
    return paginate(query.order_by(Course.code_key), page=page, per_page=per_page, make=course_card)


def belongs_to(actor: Actor) -> ColumnElement[bool]:
    """Keep the courses that the actor teaches, or is enrolled in and may still read."""
    me = actor.id if isinstance(actor, User) else None
    studied = and_(Mine.state == EnrolmentState.ACTIVE, Course.state != CourseState.DRAFT)
    return or_(Course.teacher_id == me, studied)


def mine_first() -> tuple[Any, ...]:
    """Order one's own courses: a live lesson, then published, drafts, the archive, each by title."""
    return (
        Lesson.started_at.is_(None),
        Course.state == CourseState.ARCHIVED,
        Course.state == CourseState.DRAFT,
        func.lower(Course.title),
        Course.id,
    )
