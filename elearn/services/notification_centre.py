"""What one was told: the list, what of it is unread, and marking it read.

Nobody sees here what they may no longer see: a notification of a course counts only for those who teach or study it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, String, cast, func, or_, select, update
from sqlalchemy.orm import aliased

from elearn import clock
from elearn.errors import NotFound, Unauthenticated
from elearn.extensions import db
from elearn.languages import _, in_language
from elearn.models import Course, Notification, NotificationKind, SignIn, User
from elearn.permissions import Action, Actor, require
from elearn.permissions.membership_sql import belongs_to_course
from elearn.services import notification_kinds, notifications
from elearn.services.course_cards import PersonCard, person_card
from elearn.services.notification_kinds import KINDS, Facts, Group
from elearn.services.paging import Page, paginate
from elearn.transaction import transactional

Show = Literal["all", "unread"]
# Nobody counts further: the disc says 99+.
COUNTED = 100

_Doer = aliased(User)
_DOER = (_Doer.id, _Doer.username, _Doer.full_name, _Doer.photo, _Doer.role)


@dataclass(frozen=True)
class NotificationCard:
    """Show one notification; `text` is in the reader's language."""

    id: UUID
    kind: NotificationKind
    group: Group
    icon: str
    text: str
    path: str
    actor: PersonCard | None
    course_id: UUID | None
    created_at: datetime
    read_at: datetime | None

    @property
    def is_unread(self) -> bool:
        return self.read_at is None


def may_be_seen() -> ColumnElement[bool]:
    """Keep notifications that name no course, or one that their reader belongs to."""
    member = belongs_to_course(Notification.course_id, Notification.user_id)
    return or_(Notification.course_id.is_(None), member)


def _reader(actor: Actor) -> User:
    if not isinstance(actor, User):
        raise Unauthenticated
    require(actor, Action.EDIT_PROFILE, actor)
    return actor


def _of(user: User) -> list[Any]:
    return [Notification.user_id == user.id, Notification.in_page, may_be_seen()]


def _told(*more: Any) -> Select[Any]:
    """Select notifications with who did it and in which course, for `_card`."""
    return (
        select(Notification, *_DOER, Course.title, *more)
        .outerjoin(_Doer, _Doer.id == Notification.actor_id)
        .outerjoin(Course, Course.id == Notification.course_id)
    )


def list_for(
    actor: Actor, *, show: Show = "all", group: Group | None = None, page: int = 1, per_page: int = 20
) -> Page[NotificationCard]:
    """Return what the actor was told, the newest first."""
    reader = _reader(actor)
    query = _told().where(*_of(reader)).order_by(Notification.id.desc())
    if show == "unread":
        query = query.where(Notification.read_at.is_(None))
    if group is not None:
        query = query.where(Notification.kind.in_([kind for kind, about in KINDS.items() if about.group is group]))

    def card(notification: Notification, *rest: Any) -> NotificationCard:
        return _card(notification, *rest, zone=reader.time_zone)

    return paginate(query, page=page, per_page=per_page, make=card)


def _card(notification: Notification, *rest: Any, zone: str) -> NotificationCard:
    doer, course = rest[: len(_DOER)], rest[len(_DOER)]
    actor = person_card(*doer) if doer[0] is not None else None
    facts = Facts(notification.data, actor.full_name if actor else "", course or "", notification.course_id, zone)
    about = KINDS[notification.kind]
    return NotificationCard(
        notification.id, notification.kind, about.group, about.icon,
        notification_kinds.sentence(notification.kind, facts), notification_kinds.path(notification.kind, facts),
        actor, notification.course_id, notification.created_at, notification.read_at,
    )  # fmt: skip


def unread_count(actor: Actor) -> int:
    """Count what the actor has not read, up to 100."""
    reader = _reader(actor)
    some = select(Notification.id).where(*_of(reader), Notification.read_at.is_(None)).limit(COUNTED)
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0


# Reading


@transactional
def mark_read(actor: Actor, notification_id: UUID) -> NotificationCard:
    """Mark one's notification as read, and return it; once more changes nothing."""
    reader = _reader(actor)
    row = db.session.execute(_told().where(*_of(reader), Notification.id == notification_id)).first()
    if row is None:
        raise NotFound(_("This notification does not exist, or it is not for you any more."))
    notification: Notification = row[0]
    if notification.read_at is None:
        notification.read_at = clock.now()
        notifications.tell_pages([reader.id])
    return _card(*row, zone=reader.time_zone)


@transactional
def mark_all_read(actor: Actor, *, until: UUID | None = None) -> None:
    """Mark all as read; with `until` only what was told up to that one, which its reader has seen."""
    reader = _reader(actor)
    unread = [Notification.user_id == reader.id, Notification.read_at.is_(None), Notification.in_page]
    if until is not None:
        unread.append(Notification.id <= until)
    db.session.execute(update(Notification).where(*unread).values(read_at=clock.now()))
    notifications.tell_pages([reader.id])


# For open pages, many people at once


@dataclass(frozen=True)
class Push:
    """What one open page is sent when somebody is told something."""

    user_id: UUID
    id: UUID
    payload: dict[str, Any]


def open_sign_ins(sign_ins: Iterable[UUID]) -> set[UUID]:
    """Return those devices that are still signed in."""
    query = (
        select(SignIn.id)
        .join(User, User.id == SignIn.user_id)
        .where(SignIn.id.in_(list(sign_ins)), SignIn.ended_at.is_(None), SignIn.expires_at > clock.now())
        .where(User.blocked_at.is_(None), User.deleted_at.is_(None))
    )
    return set(db.session.scalars(query))


def marks(people: Iterable[UUID]) -> dict[UUID, tuple[int, str]]:
    """Return a mark of each person that has unread notifications; another mark means that something changed.

    It is read off one index, and it counts what may not be seen any more, too: whoever sees another mark looks closer.
    """
    query = (
        select(Notification.user_id, func.count(), func.max(cast(Notification.id, String)))
        .where(Notification.user_id.in_(list(people)), Notification.read_at.is_(None), Notification.in_page)
        .group_by(Notification.user_id)
    )
    return {user_id: (number, newest) for user_id, number, newest in db.session.execute(query)}


def unread_counts(people: Iterable[UUID]) -> dict[UUID, int]:
    """Count what each of these people has not read."""
    query = (
        select(Notification.user_id, func.count())
        .where(Notification.user_id.in_(list(people)), Notification.read_at.is_(None), Notification.in_page)
        .where(may_be_seen())
        .group_by(Notification.user_id)
    )
    return {user_id: min(number, COUNTED) for user_id, number in db.session.execute(query)}


def pushes(people: Iterable[UUID], after: UUID) -> list[Push]:
    """Return what these people were told after this id and have not read, the oldest first, in their readers' words."""
    query = (
        _told(User.language, User.time_zone)
        .join(User, User.id == Notification.user_id)
        .where(Notification.user_id.in_(list(people)), Notification.read_at.is_(None), Notification.in_page)
        .where(Notification.id > after, may_be_seen())
        .order_by(Notification.id)
    )
    return [_push(row) for row in db.session.execute(query)]


def _push(row: Row[Any]) -> Push:
    told = tuple(row)
    with in_language(told[-2]):
        card = _card(*told[:-2], zone=told[-1])
        about = told[-3] or card.group.label  # the course, when it is about one
    payload = {
        "id": str(card.id),
        "kind": card.kind.value,
        "title": about,
        "message": card.text,
        "link": card.path,
        "at": card.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "unread": card.is_unread,
    }
    return Push(row[0].user_id, card.id, payload)


def first_id_of(moment: datetime) -> UUID:
    """Return the lowest id that a row of this moment can have: ids grow with time."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
