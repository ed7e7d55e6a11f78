"""Small questions about an actor and an object; the policy puts them together."""

from typing import Any

from elearn.models import Classroom, Course, CourseState, Invitation, InvitationImport, Role, Status, User
from elearn.permissions import memberships
from elearn.permissions.memberships import enrolment_of, standing_of


class Operator:
    """Whoever has the terminal of the server: the `flask` commands and the jobs act as this."""

    id = None
    full_name = "The operator"


OPERATOR = Operator()
Actor = User | Operator | None


def _course_of(obj: Any) -> Course:
    course: Course = obj.course if isinstance(obj, Classroom) else obj
    return course


def is_operator(actor: Actor, _obj: Any) -> bool:
    return isinstance(actor, Operator)


def is_signed_in(actor: Actor, _obj: Any) -> bool:
    return isinstance(actor, User) and not actor.is_blocked


def is_student(actor: Actor, _obj: Any) -> bool:
    return isinstance(actor, User) and actor.role is Role.STUDENT


def is_teacher(actor: Actor, _obj: Any) -> bool:
    return isinstance(actor, User) and actor.role is Role.TEACHER


def is_manager(actor: Actor, _obj: Any) -> bool:
    return isinstance(actor, User) and actor.role in {Role.MANAGER, Role.ADMIN}


def is_admin(actor: Actor, _obj: Any) -> bool:
    return isinstance(actor, User) and actor.role is Role.ADMIN


def is_verified(actor: Actor, _obj: Any) -> bool:
    """Have proved the email address."""
    return isinstance(actor, User) and actor.is_verified


def outranks(actor: Actor, obj: Any) -> bool:
    """Stand above this person."""
    return isinstance(actor, User) and isinstance(obj, User) and actor.role.rank > obj.role.rank


def is_above_role(actor: Actor, obj: Any) -> bool:
    """Stand above this role."""
    return isinstance(actor, User) and isinstance(obj, Role) and actor.role.rank > obj.rank


def is_other(actor: Actor, obj: Any) -> bool:
    return isinstance(actor, User) and isinstance(obj, User) and actor.id != obj.id


def shares_course(actor: Actor, obj: Any) -> bool:
    """Study or teach together with this person in a course that is not a draft."""
    return isinstance(actor, User) and isinstance(obj, User) and memberships.share_course(actor, obj)


def wrote(actor: Actor, obj: Any) -> bool:
    return isinstance(actor, User) and isinstance(obj, Status) and obj.user_id == actor.id


def invited(actor: Actor, obj: Any) -> bool:
    """Have invited somebody, or brought a whole list."""
    known = isinstance(obj, Invitation | InvitationImport)
    return isinstance(actor, User) and known and obj.invited_by_id == actor.id


def is_above_invitation(actor: Actor, obj: Any) -> bool:
    """Stand above the role of an invitation, or above whoever brought a list."""
    if isinstance(obj, InvitationImport):
        return outranks(actor, obj.invited_by)
    return isinstance(actor, User) and isinstance(obj, Invitation) and actor.role.rank > obj.role.rank


def is_self(actor: Actor, obj: Any) -> bool:
    return isinstance(actor, User) and isinstance(obj, User) and actor.id == obj.id


def teaches(actor: Actor, obj: Any) -> bool:
    """Own the course (or the course of the room), while still being allowed to teach."""
    return isinstance(actor, User) and actor.role is not Role.STUDENT and _course_of(obj).teacher_id == actor.id


def studies(actor: Actor, obj: Any) -> bool:
    """Hold an active enrolment in the course (or the course of the room)."""
    if not isinstance(actor, User):
        return False
    enrolment = enrolment_of(actor, _course_of(obj).id)
    return enrolment is not None and enrolment.is_active


def is_not_blocked_in(actor: Actor, obj: Any) -> bool:
    if not isinstance(actor, User):
        return False
    enrolment = enrolment_of(actor, _course_of(obj).id)
    return enrolment is None or not enrolment.is_blocked


def is_published(_actor: Actor, obj: Any) -> bool:
    return _course_of(obj).state is CourseState.PUBLISHED


def is_not_draft(_actor: Actor, obj: Any) -> bool:
    return _course_of(obj).state is not CourseState.DRAFT


def may_draw(actor: Actor, obj: Any) -> bool:
    """Draw because everyone may here, or because a teacher granted it."""
    if not isinstance(actor, User):
        return False
    standing = standing_of(actor, obj.id)
    return obj.everyone_draws or (standing is not None and standing.draws)


def may_speak(actor: Actor, obj: Any) -> bool:
    standing = standing_of(actor, obj.id) if isinstance(actor, User) else None
    return standing is not None and standing.speaks


def was_not_shown_out(actor: Actor, obj: Any) -> bool:
    standing = standing_of(actor, obj.id) if isinstance(actor, User) else None
    return standing is None or standing.removed_at is None
