"""The one table of who may do what: action -> any of (all of these rules)."""

from collections.abc import Callable
from typing import Any

from elearn.errors import Forbidden, Unauthenticated
from elearn.languages import _, after_colon
from elearn.permissions import rules as r
from elearn.permissions.actions import Action
from elearn.permissions.rules import Actor

Rule = Callable[[Actor, Any], bool]
Alternative = tuple[Rule, ...]

_STAFF: tuple[Alternative, ...] = ((r.is_signed_in, r.is_manager), (r.is_operator,))
_ADMIN: tuple[Alternative, ...] = ((r.is_signed_in, r.is_admin), (r.is_operator,))
# Nobody gives a role at or above their own; an admin does.
_MAY_GRANT: tuple[Alternative, ...] = ((r.is_signed_in, r.is_manager, r.is_above_role), *_ADMIN)
_TEACHER_OR_STAFF: tuple[Alternative, ...] = ((r.is_signed_in, r.teaches), *_STAFF)
_LEADER: tuple[Alternative, ...] = ((r.is_signed_in, r.teaches, r.is_not_draft), (r.is_signed_in, r.is_manager))
_STUDENT_OF_ROOM: Alternative = (r.is_signed_in, r.studies, r.is_published, r.was_not_shown_out)

POLICY: dict[Action, tuple[Alternative, ...]] = {
    Action.SEE_SCHOOL_NUMBERS: _STAFF,
    Action.SEE_OUTBOX: _ADMIN,
    Action.SEE_ACTIVITY: _STAFF,
    Action.SEARCH_PEOPLE: ((r.is_signed_in, r.is_verified, r.is_teacher), *_STAFF),
    Action.OVERSEE_PEOPLE: _STAFF,
    Action.CREATE_PERSON: _MAY_GRANT,
    Action.GRANT_ROLE: _MAY_GRANT,
    # Nobody acts upwards or on an equal; an admin acts on everybody else.
    Action.CHANGE_PERSON: (
        (r.is_signed_in, r.is_manager, r.outranks),
        (r.is_signed_in, r.is_admin, r.is_other),
        (r.is_operator,),
    ),
    Action.INVITE: ((r.is_signed_in, r.is_verified, r.is_teacher, r.is_above_role), *_MAY_GRANT),
    Action.MANAGE_INVITATION: (
        (r.is_signed_in, r.invited),
        (r.is_signed_in, r.is_manager, r.is_above_invitation),
        *_ADMIN,
    ),
    Action.SEE_PROFILE: ((r.is_signed_in, r.is_self), (r.is_signed_in, r.shares_course), *_STAFF),
    Action.SEE_PHOTOS: ((r.is_signed_in,),),
    Action.EDIT_PROFILE: ((r.is_signed_in, r.is_self), (r.is_operator,)),
    Action.POST_STATUS: ((r.is_signed_in, r.is_verified),),
    Action.SEE_FEED: ((r.is_signed_in, r.is_verified),),
    Action.EDIT_STATUS: ((r.is_signed_in, r.is_verified, r.wrote),),
    Action.DELETE_STATUS: ((r.is_signed_in, r.wrote), *_STAFF),
    Action.BROWSE_CATALOGUE: ((r.is_signed_in,), (r.is_operator,)),
    Action.CREATE_COURSE: ((r.is_signed_in, r.is_verified, r.is_teacher), *_STAFF),
    Action.SEE_COURSE: (
        (r.is_signed_in, r.is_published, r.is_not_blocked_in),
        (r.is_signed_in, r.studies, r.is_not_draft),
        *_TEACHER_OR_STAFF,
    ),
    Action.EDIT_COURSE: _TEACHER_OR_STAFF,
    Action.PUBLISH_COURSE: _TEACHER_OR_STAFF,
    Action.DELETE_COURSE: _TEACHER_OR_STAFF,
    Action.ENROL: ((r.is_signed_in, r.is_verified, r.is_student, r.is_published, r.is_not_blocked_in),),
    Action.LEAVE: ((r.is_signed_in, r.studies),),
    Action.SEE_STUDENTS: _TEACHER_OR_STAFF,
    Action.MANAGE_STUDENTS: _TEACHER_OR_STAFF,
    Action.ENTER_ROOM: (*_LEADER, _STUDENT_OF_ROOM),
    Action.WRITE_MESSAGE: (*_LEADER, _STUDENT_OF_ROOM),
    Action.DELETE_MESSAGE: _LEADER,
    Action.RAISE_HAND: (_STUDENT_OF_ROOM,),
    Action.DRAW: (*_LEADER, (*_STUDENT_OF_ROOM, r.may_draw)),
    Action.SPEAK: (*_LEADER, (*_STUDENT_OF_ROOM, r.may_speak)),
    Action.LEAD_ROOM: _LEADER,
}


def can(actor: Actor, action: Action, obj: Any = None) -> bool:
    """Tell whether the actor may do this with the object."""
    return any(all(rule(actor, obj) for rule in rules) for rules in POLICY[action])


def require(actor: Actor, action: Action, obj: Any = None, message: str | None = None) -> None:
    """Refuse with `Forbidden`, or `Unauthenticated` when nobody is signed in."""
    if can(actor, action, obj):
        return
    if actor is None:
        raise Unauthenticated
    if _waits_for_proof(actor, action, obj):
        raise Forbidden(_("Prove your email address first: type the code that we sent you."), code="unverified")
    raise Forbidden(message or _("You are not allowed to do this: %(action)s.", action=after_colon(_(action.value))))


def _waits_for_proof(actor: Actor, action: Action, obj: Any) -> bool:
    """Tell whether nothing is missing but the proof of the address."""
    return not r.is_verified(actor, obj) and any(
        all(rule is r.is_verified or rule(actor, obj) for rule in rules) for rules in POLICY[action]
    )
