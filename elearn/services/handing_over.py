"""Handing a course over to another teacher, as before somebody leaves the school."""

from uuid import UUID

import structlog
from sqlalchemy import delete

from elearn.errors import Invalid, NotFound
from elearn.extensions import db
from elearn.integrations import revocation
from elearn.languages import _
from elearn.models import Course, Enrolment, User
from elearn.permissions import Action, Actor, can, memberships, require
from elearn.services import courses
from elearn.transaction import transactional

log = structlog.get_logger(__name__)


@transactional
def hand_over(actor: Actor, course_id: UUID, teacher_id: UUID) -> Course:
    """Give a course with all that is in it another teacher; whoever taught it before leads it no more."""
    require(actor, Action.OVERSEE_PEOPLE)
    course = courses.get(actor, course_id, Action.EDIT_COURSE, lock="change")
    teacher = db.session.get(User, teacher_id, with_for_update={"read": True, "key_share": True})
    if teacher is None or teacher.deleted_at is not None:
        raise NotFound(_("This person is not here any more."))
    if not can(teacher, Action.CREATE_COURSE):
        raise Invalid("invalid", _("%(name)s cannot teach: choose a teacher.", name=teacher.full_name), field="teacher")
    before = course.teacher_id
    if before == teacher.id:
        return course
    course.teacher_id = teacher.id
    # Whoever teaches a course is not enrolled in it as well.
    db.session.execute(delete(Enrolment).where(Enrolment.course_id == course.id, Enrolment.user_id == teacher.id))
    memberships.forget()
    log.info("course_handed_over", course=str(course.id), before=str(before), after=str(teacher.id))
    revocation.recheck_room(courses.room_of(course).id)
    return course
