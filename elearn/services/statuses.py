"""What people say about today: one status each, seen for a day by those who share a course with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import joinedload

from elearn import clock
from elearn.errors import Invalid, NotFound
from elearn.extensions import db
from elearn.integrations import rate_limits, realtime
from elearn.languages import _
from elearn.models import STATUS_LIFE, Course, CourseState, Enrolment, EnrolmentState, Status, User, uuid7
from elearn.permissions import Action, Actor, can, require
from elearn.services import course_texts
from elearn.services.course_cards import PERSON, PersonCard, person_card
from elearn.services.paging import Page, paginate
from elearn.transaction import transactional, upsert

log = structlog.get_logger(__name__)

TEXT_MAX = 280
POST_LIMIT = "30/hour"
NAMESPACE, ROOM, EVENT = "/notifications", "feed", "status"


@dataclass(frozen=True)
class StatusCard:
    """Show a status in the feed; `may_edit` and `may_delete` are the reader's, `is_staff` tells of its writer."""

    id: UUID
    user: PersonCard
    text: str
    created_at: datetime
    edited_at: datetime | None
    may_edit: bool
    may_delete: bool

    @property
    def is_staff(self) -> bool:
        return not self.user.role.enrols


def clean_text(text: str) -> str:
    """Return the status as one line."""
    clean = course_texts.line(text, "text", TEXT_MAX)
    if not clean:
        raise Invalid("invalid", _("Write something first"), field="text")
    return clean


def feed(actor: Actor, *, page: int = 1, per_page: int = 20) -> Page[StatusCard]:
    """Return the statuses of the last 24 hours that the actor may see, the newest first."""
    require(actor, Action.SEE_FEED)
    return paginate(_newest_first(actor), page=page, per_page=per_page, make=_card_for(actor))


def newest(actor: Actor, most: int) -> Sequence[StatusCard]:
    """Return the newest statuses for a first page; nothing for whoever may not read the feed yet."""
    if not can(actor, Action.SEE_FEED):
        return []
    make = _card_for(actor)
    return [make(*row) for row in db.session.execute(_newest_first(actor).limit(most))]


def _newest_first(actor: Actor) -> Any:
    return _seen_by(actor, select(Status, *PERSON)).order_by(Status.created_at.desc(), Status.id.desc())


def _card_for(actor: Actor) -> Callable[..., StatusCard]:
    def card(status: Status, *person: Any) -> StatusCard:
        return StatusCard(
            status.id, person_card(*person), status.text, status.created_at, status.edited_at,
            can(actor, Action.EDIT_STATUS, status), can(actor, Action.DELETE_STATUS, status),
        )  # fmt: skip

    return card


def of(actor: User) -> Status | None:
    """Return what the actor said within the last 24 hours."""
    return db.session.scalar(select(Status).where(Status.user_id == actor.id, _is_fresh()))


def get(actor: Actor, status_id: UUID) -> Status:
    """Return a status that the actor may see, with its writer."""
    require(actor, Action.SEE_FEED)
    query = _seen_by(actor, select(Status).options(joinedload(Status.user))).where(Status.id == status_id)
    status: Status | None = db.session.scalar(query)
    if status is None:
        raise NotFound(_("This status is gone. Statuses stay for 24 hours."))
    return status


@transactional
def post(actor: User, text: str) -> Status:
    """Say something about today; what the actor said before goes."""
    require(actor, Action.POST_STATUS, message=_("Prove your email address first, then you can post."))
    clean = clean_text(text)
    rate_limits.spend(POST_LIMIT, "status", str(actor.id))
    status_id = uuid7()
    values = {"id": status_id, "text": clean, "created_at": clock.now(), "edited_at": None}
    statement = upsert(Status).values(user_id=actor.id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=[Status.user_id], set_=values))
    _tell()
    return get(actor, status_id)


@transactional
def edit(actor: User, status_id: UUID, text: str) -> Status:
    """Put one's own status right; it does not live longer by that."""
    status = get(actor, status_id)
    require(actor, Action.EDIT_STATUS, status, _("Only its writer can change a status."))
    clean = clean_text(text)
    if clean != status.text:
        status.text, status.edited_at = clean, clock.now()
        _tell()
    return status


@transactional
def delete(actor: Actor, status_id: UUID) -> None:
    """Take a status away: one's own, or any as somebody who oversees the school."""
    status = get(actor, status_id)
    require(actor, Action.DELETE_STATUS, status, _("Only its writer or a manager can delete a status."))
    db.session.delete(status)
    log.info("status_deleted", status=str(status_id), by=str(actor.id) if actor else "")
    _tell()


def _tell() -> None:
    """Let open home pages read the feed again; what each may see is asked for anew, and nothing is told here."""
    realtime.publish(NAMESPACE, ROOM, EVENT, {})


def _is_fresh() -> ColumnElement[bool]:
    return Status.created_at > clock.now() - STATUS_LIFE


def _seen_by(actor: Actor, query: Any) -> Any:
    """Narrow to fresh statuses of people who are here and share a course with the actor; overseers see all."""
    query = query.join(User, User.id == Status.user_id)
    return query.where(_is_fresh(), User.blocked_at.is_(None), User.deleted_at.is_(None), _shares_course(actor))


def _shares_course(actor: Actor) -> ColumnElement[bool]:
    if not isinstance(actor, User) or can(actor, Action.OVERSEE_PEOPLE):
        return true()
    enrolled = select(Enrolment.course_id).where(
        Enrolment.user_id == actor.id, Enrolment.state == EnrolmentState.ACTIVE
    )
    mine = select(Course.id).where(
        Course.state != CourseState.DRAFT, or_(Course.teacher_id == actor.id, Course.id.in_(enrolled))
    )
    students = select(Enrolment.user_id).where(Enrolment.course_id.in_(mine), Enrolment.state == EnrolmentState.ACTIVE)
    teachers = select(Course.teacher_id).where(Course.id.in_(mine))
    return or_(Status.user_id == actor.id, Status.user_id.in_(students), Status.user_id.in_(teachers))
