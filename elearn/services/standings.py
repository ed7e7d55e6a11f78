"""Hands and rights: how one person stands in one room, and what those who lead it may change about that."""

from typing import Any
from uuid import UUID

from sqlalchemy import update

from elearn import clock
from elearn.errors import Forbidden, Invalid, NotFound
from elearn.extensions import db
from elearn.integrations import revocation
from elearn.languages import _
from elearn.models import Classroom, Right, Standing, User
from elearn.permissions import Action, can, memberships
from elearn.services.activity import leaves_trace
from elearn.services.classrooms import get, hands, people_in, publish, rights
from elearn.transaction import transactional


def _standing(room: Classroom, user_id: UUID) -> Standing:
    standing = db.session.get(Standing, (room.id, user_id))
    if standing is None:
        standing = Standing(classroom_id=room.id, user_id=user_id, draws=False, speaks=False)
        db.session.add(standing)
    memberships.forget()
    return standing


@transactional
def raise_hand(actor: User, room_id: UUID, *, raised: bool) -> list[dict[str, Any]]:
    """Raise or lower one's own hand; return the queue."""
    room = get(actor, room_id, Action.RAISE_HAND, lock=True)
    standing = _standing(room, actor.id)
    if raised != (standing.hand_at is not None):
        standing.hand_at = clock.now() if raised else None
    db.session.flush()
    queue = hands(room)
    publish(room, "hands", queue=queue)
    return queue


def lower_hand(room: Classroom, user_id: UUID) -> None:
    """Take down the hand of somebody who went away: nobody can be called who is not here."""
    standing = db.session.get(Standing, (room.id, user_id))
    if standing is not None and standing.hand_at is not None:
        standing.hand_at = None
        db.session.flush()
        publish(room, "hands", queue=hands(room))


def _member(room: Classroom, user_id: UUID) -> User:
    user = db.session.get(User, user_id)
    if user is None or not can(user, Action.ENTER_ROOM, room):
        raise NotFound(_("This person does not belong to the room."))
    return user


@leaves_trace
@transactional
def grant(actor: User, room_id: UUID, *, user_id: UUID, right: Right, on: bool) -> None:
    """Give or take the right to draw or to speak; being called lowers the hand."""
    room = get(actor, room_id, Action.LEAD_ROOM, lock=True)
    user = _member(room, user_id)
    standing = _standing(room, user_id)
    if right is Right.DRAW:
        standing.draws = on
    else:
        standing.speaks = on
    if on and right is Right.SPEAK and standing.hand_at is not None:
        standing.hand_at = None
        db.session.flush()
        publish(room, "hands", queue=hands(room))
    db.session.flush()
    publish(room, "rights", user=str(user_id), can=rights(user, room))
    revocation.recheck_person(user_id)


@leaves_trace
@transactional
def grant_everyone(actor: User, room_id: UUID, *, right: Right, on: bool) -> None:
    """Let everyone draw, or take a right back from all students at once ("Mute all").

    Everyone may draw together; everyone speaking at once helps nobody, so that is refused.
    """
    room = get(actor, room_id, Action.LEAD_ROOM, lock=True)
    if right is Right.SPEAK and on:
        raise Invalid("invalid", _("Let people speak one by one."))
    column = {Right.DRAW: Standing.draws, Right.SPEAK: Standing.speaks}[right]
    if right is Right.DRAW:
        room.everyone_draws = on
    if not on:
        db.session.execute(update(Standing).where(Standing.classroom_id == room.id).values({column: False}))
        db.session.expire_all()
        memberships.forget()
        room = get(actor, room_id, Action.LEAD_ROOM)
    db.session.flush()
    publish(room, "everyone", right=right.value, on=on)
    for person in people_in(room):
        publish(room, "rights", user=person["id"], can=person["can"])
    revocation.recheck_room(room.id)


@leaves_trace
@transactional
def remove(actor: User, room_id: UUID, *, user_id: UUID) -> None:
    """Show somebody out of the room until the lesson is over; the enrolment stays."""
    room = get(actor, room_id, Action.LEAD_ROOM, lock=True)
    user = _member(room, user_id)
    if can(user, Action.LEAD_ROOM, room):
        raise Forbidden(_("Somebody who leads the room cannot be shown out of it."))
    standing = _standing(room, user_id)
    standing.removed_at, standing.hand_at = clock.now(), None
    standing.draws = standing.speaks = False
    db.session.flush()
    publish(room, "hands", queue=hands(room))
    revocation.recheck_person(user_id)


def dismiss(room: Classroom, user_id: UUID) -> None:
    """Take hand and rights from somebody whose place in the course ended; who was shown out stays shown out."""
    db.session.execute(
        update(Standing)
        .where(Standing.user_id == user_id, Standing.classroom_id == room.id)
        .values(draws=False, speaks=False, hand_at=None)
        .execution_options(synchronize_session="fetch")
    )
    memberships.forget()
    publish(room, "hands", queue=hands(room))
    revocation.recheck_person(user_id)
