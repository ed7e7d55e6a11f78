"""Enrolling many people at once, with the same rules and tidings as one."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, func, select

from elearn import clock
from elearn.extensions import db
from elearn.models import Activity, ActivityKind, Course, Enrolment, EnrolmentState, NotificationKind, User
from elearn.permissions import Actor, memberships
from elearn.services import activity, notifications
from elearn.transaction import upsert

Pair = tuple[User, Course]

# What changes back and forth fills nobody's letterbox: of one person in one course so much is told within an hour.
TOLD_AN_HOUR = 3
BY_THEMSELVES = (ActivityKind.ENROLLED, ActivityKind.LEFT)
BY_TEACHERS = (ActivityKind.ADDED, ActivityKind.REMOVED)
BLOCKS = (ActivityKind.BLOCKED_IN_COURSE,)


def add_all(actor: Actor, pairs: Sequence[Pair]) -> None:
    """Enrol these people on behalf of a teacher, within the open transaction, and tell them."""
    by_course: dict[Course, list[UUID]] = {}
    entered = _enter(pairs)
    known = _known(BY_TEACHERS, {course.id for _, course in entered}, {user.id for user, _ in entered})
    for user, course in entered:
        if (course.id, user.id) not in known:
            by_course.setdefault(course, []).append(user.id)
        activity.record(ActivityKind.ADDED, actor, subject=user, about=(course.id, course.title))
    for course, user_ids in by_course.items():
        notifications.notify(NotificationKind.ADDED_TO_COURSE, user_ids, actor=actor, course=course)


def enter_all(user: User, courses: Sequence[Course]) -> None:
    """Enrol one person into all of these, as they wish, within the open transaction, and tell the teachers."""
    entered = [course for _, course in _enter([(user, course) for course in courses])]
    known = _known(BY_THEMSELVES, {course.id for course in entered}, {user.id})
    for course in entered:
        activity.record(ActivityKind.ENROLLED, user, subject=user, about=(course.id, course.title))
        if (course.id, user.id) not in known:
            notifications.notify(NotificationKind.STUDENT_ENROLLED, [course.teacher_id], actor=user, course=course)


def is_news(kinds: Collection[ActivityKind], course_id: UUID, user_id: UUID) -> bool:
    """Tell whether a change of these kinds is worth telling: it did not come again and again within the hour.

    Ask before it stands in the log.
    """
    return not _known(kinds, {course_id}, {user_id})


def _known(
    kinds: Collection[ActivityKind], course_ids: Collection[UUID], user_ids: Collection[UUID]
) -> set[tuple[UUID | None, UUID | None]]:
    """Return of whom in which course enough was told lately."""
    whose = Activity.actor_id if kinds is BY_THEMSELVES else Activity.subject_id
    if not course_ids:
        return set()
    found = db.session.execute(
        select(Activity.object_id, whose)
        .where(Activity.object_id.in_(course_ids), Activity.at > clock.now() - timedelta(hours=1))
        .where(whose.in_(user_ids), Activity.kind.in_(kinds))
        .group_by(Activity.object_id, whose)
        .having(func.count() >= TOLD_AN_HOUR)
    )
    return set(found.tuples())


def _enter(pairs: Sequence[Pair]) -> list[Pair]:
    """Write the active rows, and return those that were not active before.

    The caller has looked at the rights. A block stays, and who is enrolled already is not enrolled again, also when
    somebody else was faster.
    """
    if not pairs:
        return []
    now = clock.now()
    values = {"state": EnrolmentState.ACTIVE, "reason": "", "changed_at": now, "enrolled_at": now}
    before = _active(pairs)
    statement = upsert(Enrolment).on_conflict_do_update(
        index_elements=[Enrolment.course_id, Enrolment.user_id],
        set_=values,
        where=and_(Enrolment.state != EnrolmentState.ACTIVE, Enrolment.state != EnrolmentState.BLOCKED),
    )
    # In one order, so that two lists never wait for each other.
    keys = sorted({(course.id, user.id) for user, course in pairs})
    db.session.execute(statement, [{"course_id": course, "user_id": user, **values} for course, user in keys])
    memberships.forget()
    entered = _active(pairs) - before
    return [(user, course) for user, course in pairs if (user.id, course.id) in entered]


def _active(pairs: Sequence[Pair]) -> set[tuple[UUID, UUID]]:
    """Return which of these enrolments are active now."""
    found = db.session.execute(
        select(Enrolment.user_id, Enrolment.course_id).where(
            Enrolment.user_id.in_({user.id for user, _ in pairs}),
            Enrolment.course_id.in_({course.id for _, course in pairs}),
            Enrolment.state == EnrolmentState.ACTIVE,
        )
    )
    return set(found.tuples())
