"""Handing a course over to another teacher, as before somebody leaves the school."""

from uuid import UUID

import structlog
from sqlalchemy import delete

from elearn.errors import Conflict
from elearn.extensions import db
from elearn.integrations import revocation
from elearn.languages import _
from elearn.models import ActivityKind, Course, Enrolment, NotificationKind
from elearn.permissions import Action, Actor, can, memberships, require
from elearn.services import activity, courses, enrolments
from elearn.services.activity import leaves_trace
from elearn.services.notifications import notify
from elearn.transaction import transactional

log = structlog.get_logger(__name__)


def get(actor: Actor, course_id: UUID) -> Course:
    """Return a course that the actor may hand over."""
    require(actor, Action.OVERSEE_PEOPLE)
    return courses.get(actor, course_id, Action.EDIT_COURSE)


@leaves_trace
@transactional
def hand_over(actor: Actor, course_id: UUID, login: str) -> Course:
    """Give a course with all that is in it to the teacher with this username, email or id; to whoever has it: nothing.

    Whoever taught it before leads it no more.
    """
    require(actor, Action.OVERSEE_PEOPLE)
    course = courses.get(actor, course_id, Action.EDIT_COURSE, lock="change")
    teacher = enrolments.person_by_login(actor, course_id, login)
    db.session.refresh(teacher, with_for_update={"read": True, "key_share": True})
    if not can(teacher, Action.CREATE_COURSE):
        sentence = _("%(name)s cannot teach: choose a teacher.", name=teacher.full_name)
        raise Conflict("no_teacher", sentence, field="login")
    before = course.teacher_id
    if before == teacher.id:
        return course
    course.teacher_id = teacher.id
    # Whoever teaches a course is not enrolled in it as well.
    db.session.execute(delete(Enrolment).where(Enrolment.course_id == course.id, Enrolment.user_id == teacher.id))
    memberships.forget()
    activity.record(ActivityKind.COURSE_HANDED_OVER, actor, subject=teacher, about=(course.id, course.title))
    notify(NotificationKind.ACCOUNT, [teacher.id], actor=actor, course=course, event="course_received")
    notify(NotificationKind.ACCOUNT, [before], actor=actor, course_title=course.title, event="course_given")
    log.info("course_handed_over", course=str(course.id), before=str(before), after=str(teacher.id))
    revocation.recheck_room(courses.room_of(course).id)
    return course
