"""Enrolling many people at once, with the same rules and tidings as one."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from elearn import clock
from elearn.extensions import db
from elearn.models import ActivityKind, Course, Enrolment, EnrolmentState, NotificationKind, User
from elearn.permissions import Actor, memberships
from elearn.services import activity, notifications
from elearn.transaction import upsert


def enrol_all(actor: Actor, pairs: Sequence[tuple[User, Course]]) -> set[tuple[UUID, UUID]]:
    """Enrol these people, within the open transaction, and return who came into which course by it.

    The caller has looked at the rights. A block stays, and who is enrolled already is not enrolled again, also when
    somebody else was faster.
    """
    if not pairs:
        return set()
    now = clock.now()
    values = {"state": EnrolmentState.ACTIVE, "reason": "", "changed_at": now, "enrolled_at": now}
    rows = [{"course_id": course.id, "user_id": user.id, **values} for user, course in pairs]
    before = _active(pairs)
    statement = upsert(Enrolment).on_conflict_do_update(
        index_elements=[Enrolment.course_id, Enrolment.user_id],
        set_=values,
        where=Enrolment.state.not_in((EnrolmentState.ACTIVE, EnrolmentState.BLOCKED)),
    )
    db.session.execute(statement, rows)
    memberships.forget()
    entered = _active(pairs) - before
    by_course: dict[Course, list[UUID]] = {}
    for user, course in pairs:
        if (user.id, course.id) in entered:
            by_course.setdefault(course, []).append(user.id)
            activity.record(ActivityKind.ADDED, actor, subject=user, about=(course.id, course.title))
    for course, user_ids in by_course.items():
        notifications.notify(NotificationKind.ADDED_TO_COURSE, user_ids, actor=actor, course=course)
    return entered


def _active(pairs: Sequence[tuple[User, Course]]) -> set[tuple[UUID, UUID]]:
    """Return which of these enrolments are active now."""
    found = db.session.execute(
        select(Enrolment.user_id, Enrolment.course_id).where(
            Enrolment.user_id.in_({user.id for user, _ in pairs}),
            Enrolment.course_id.in_({course.id for _, course in pairs}),
            Enrolment.state == EnrolmentState.ACTIVE,
        )
    )
    return set(found.tuples())
