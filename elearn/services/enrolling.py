"""Enrolling many people at once, with the same rules and tidings as one."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, select

from elearn import clock
from elearn.extensions import db
from elearn.models import ActivityKind, Course, Enrolment, EnrolmentState, NotificationKind, User
from elearn.permissions import Actor, memberships
from elearn.services import activity, notifications
from elearn.transaction import upsert

Pair = tuple[User, Course]


def add_all(actor: Actor, pairs: Sequence[Pair]) -> None:
    """Enrol these people on behalf of a teacher, within the open transaction, and tell them."""
    by_course: dict[Course, list[UUID]] = {}
    for user, course in _enter(pairs):
        by_course.setdefault(course, []).append(user.id)
        activity.record(ActivityKind.ADDED, actor, subject=user, about=(course.id, course.title))
    for course, user_ids in by_course.items():
        notifications.notify(NotificationKind.ADDED_TO_COURSE, user_ids, actor=actor, course=course)


def enter_all(user: User, courses: Sequence[Course]) -> None:
    """Enrol one person into all of these, as they wish, within the open transaction, and tell the teachers."""
    for _user, course in _enter([(user, course) for course in courses]):
        activity.record(ActivityKind.ENROLLED, user, subject=user, about=(course.id, course.title))
        notifications.notify(NotificationKind.STUDENT_ENROLLED, [course.teacher_id], actor=user, course=course)


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
