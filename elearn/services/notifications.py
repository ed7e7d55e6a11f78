"""What people are told: written where it happens, in the same transaction; open pages hear of it after the commit.

Few are told at once. Many are told by the worker (`services/notices.py`), so that nobody waits for it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select

from elearn import clock
from elearn.extensions import db
from elearn.integrations import realtime, waking
from elearn.languages import in_language
from elearn.models import (
    Course,
    EmailChoice,
    Notice,
    Notification,
    NotificationKind,
    NotificationPreference,
    User,
    uuid7,
)
from elearn.permissions import Actor
from elearn.services import notification_kinds, outbox
from elearn.services.notification_kinds import KINDS, Facts
from elearn.services.outbox import Recipient
from elearn.transaction import after_commit, upsert

AT_ONCE = 200  # more people than this are told by the worker
CHUNK = 1000
LETTER = "notification"


def notify(
    kind: NotificationKind,
    recipients: Iterable[UUID],
    *,
    actor: Actor = None,
    course: Course | None = None,
    **data: Any,
) -> None:
    """Tell these people, within the open transaction; the actor is never told of what they did themselves.

    `course` limits who may see it later: name it unless the notification tells of losing the course. `data` are the
    facts of the sentence: plain names and numbers, and `path` where the notification leads.
    """
    who = actor if isinstance(actor, User) else None
    people = [one for one in dict.fromkeys(recipients) if who is None or one != who.id]
    news = News(
        kind, data, who.id if who else None, who.full_name if who else "", course.id if course else None,
        course.title if course else "", clock.now(),
    )  # fmt: skip
    if len(people) <= AT_ONCE:
        tell(news, people)
        return
    notice = Notice(
        id=uuid7(), kind=kind, actor_id=news.actor_id, course_id=news.course_id, data=data,
        recipients=[str(one) for one in people], created_at=news.at,
    )  # fmt: skip
    db.session.add(notice)
    waking.wake("notice", str(notice.id))


class News(NamedTuple):
    """One thing that is told: its kind and facts, who did it, and in which course."""

    kind: NotificationKind
    data: dict[str, Any]
    actor_id: UUID | None
    who: str
    course_id: UUID | None
    course: str
    at: datetime
    notice_id: UUID | None = None


class _Reader(NamedTuple):
    """Somebody who is told, and how they want this kind."""

    id: UUID
    email: str
    full_name: str
    language: str
    time_zone: str
    verified_at: datetime | None
    page: bool | None
    choice: EmailChoice | None


def tell(news: News, people: Sequence[UUID]) -> None:
    """Write what these people see and get: one question and at most two inserts for each thousand of them."""
    for start in range(0, len(people), CHUNK):
        readers = _readers(news.kind, people[start : start + CHUNK])
        rows, letters = [], []
        texts: dict[tuple[str, str], dict[str, Any]] = {}
        for reader in readers:
            in_page, choice = wishes(news.kind, reader.page, reader.choice)
            if in_page or choice is EmailChoice.DIGEST:
                rows.append(_row(news, reader.id, in_page=in_page, for_digest=choice is EmailChoice.DIGEST))
            # An address that nobody proved may be a stranger's.
            if choice is EmailChoice.NOW and reader.verified_at is not None:
                key = (reader.language, reader.time_zone)
                if key not in texts:
                    texts[key] = words(news, *key)
                letters.append((Recipient(reader.email, reader.full_name, reader.language, reader.id), texts[key]))
        if rows:
            _insert(rows)
            tell_pages([row["user_id"] for row in rows if row["in_page"]])
        if letters:
            outbox.post_all(LETTER, letters)


def _readers(kind: NotificationKind, people: Sequence[UUID]) -> list[_Reader]:
    """Return those of the people who are still here."""
    preference = and_(NotificationPreference.user_id == User.id, NotificationPreference.kind == kind)
    query = (
        select(
            User.id, User.email, User.full_name, User.language, User.time_zone, User.email_verified_at,
            NotificationPreference.in_page, NotificationPreference.email,
        )
        .outerjoin(NotificationPreference, preference)
        .where(User.id.in_(people), User.blocked_at.is_(None), User.deleted_at.is_(None))
    )  # fmt: skip
    return [_Reader(*row) for row in db.session.execute(query)]


def wishes(kind: NotificationKind, in_page: bool | None, choice: EmailChoice | None) -> tuple[bool, EmailChoice]:
    """Return how a kind comes to somebody who chose this, or nothing: in the page or not, and how by email."""
    about = KINDS[kind]
    if about.is_fixed or in_page is None or choice is None:
        return True, about.email
    return in_page, choice


def _row(news: News, user_id: UUID, *, in_page: bool, for_digest: bool) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "user_id": user_id,
        "kind": news.kind,
        "notice_id": news.notice_id,
        "actor_id": news.actor_id,
        "course_id": news.course_id,
        "data": news.data,
        "in_page": in_page,
        "for_digest": for_digest,
        "created_at": news.at,
    }


def _insert(rows: list[dict[str, Any]]) -> None:
    """Write the rows; those of a notice that are there already stay as they are."""
    once = upsert(Notification).on_conflict_do_nothing(index_elements=["notice_id", "user_id"])
    db.session.flush()
    # Asking for the ids lets PostgreSQL's driver send all rows in one message; otherwise it would send each by itself.
    db.session.connection().execute(once.returning(Notification.id), rows)


def words(news: News, language: str, zone: str) -> dict[str, Any]:
    """Return what an email says, in the language and the time zone of its readers."""
    facts = Facts(news.data, news.who, news.course, news.course_id, zone)
    with in_language(language):
        return {
            "kind": news.kind.value,
            "text": notification_kinds.sentence(news.kind, facts),
            "path": notification_kinds.path(news.kind, facts),
        }


def tell_pages(people: Iterable[UUID]) -> None:
    """Let the open pages of these people look again, once the open transaction is committed.

    The sentence is made there, by whoever has the page. Where this message is lost, the next look finds it.
    """
    named = [str(one) for one in people]
    if named:
        after_commit(lambda: realtime.control({"told": named}))
