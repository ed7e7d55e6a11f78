"""The live room: who may enter, who is there, hands, rights, and the lessons held in it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.orm import contains_eager, joinedload

from elearn import clock
from elearn.errors import Conflict, Hidden, Invalid, NotFound
from elearn.extensions import current_settings, db
from elearn.integrations import realtime, revocation
from elearn.integrations.presence import current_presence
from elearn.languages import _
from elearn.models import (
    Classroom,
    Course,
    CourseState,
    Enrolment,
    EnrolmentState,
    Lesson,
    SignIn,
    Standing,
    User,
)
from elearn.permissions import Action, can, memberships, require
from elearn.services.paging import Page, paginate
from elearn.transaction import taken_means, transactional

log = structlog.get_logger(__name__)

NAMESPACE = "/classroom"
TITLE_MAX = 120

# What a client is told it may do; the words of the protocol.
RIGHTS: dict[str, Action] = {
    "write": Action.WRITE_MESSAGE,
    "hand": Action.RAISE_HAND,
    "draw": Action.DRAW,
    "speak": Action.SPEAK,
    "lead": Action.LEAD_ROOM,
}


# Finding


def get(actor: User, room_id: UUID, action: Action = Action.ENTER_ROOM, *, lock: bool = False) -> Classroom:
    """Return the room, if the actor may do this in it.

    Raises `NotFound` when the actor may not even know the course, `Forbidden` when they may know it but not do this.
    `lock` makes others wait who would write in the same room.
    """
    # One query for all that the policy will ask: this runs with every event of every socket.
    query = (
        select(Classroom, Enrolment, Standing)
        .join(Classroom.course)
        .options(contains_eager(Classroom.course))
        .outerjoin(Enrolment, and_(Enrolment.course_id == Classroom.course_id, Enrolment.user_id == actor.id))
        .outerjoin(Standing, and_(Standing.classroom_id == Classroom.id, Standing.user_id == actor.id))
        .where(Classroom.id == room_id)
    )
    if lock:
        query = query.with_for_update(of=Classroom)
    row = db.session.execute(query).first()
    room: Classroom | None = None
    if row is not None:
        room, enrolment, standing = row
        memberships.remember(actor, room.course_id, enrolment, room.id, standing)
    return admit(actor, room, action)


def admit(actor: User, room: Classroom | None, action: Action) -> Classroom:
    """Return the room that was found, if the actor may do this in it; raises as `get` does."""
    if room is None or not (can(actor, action, room) or can(actor, Action.SEE_COURSE, room.course)):
        raise (Hidden if room else NotFound)(_("This room does not exist, or it belongs to a course of others."))
    refusal = None
    if action is Action.ENTER_ROOM:
        refusal = _("This room is for the people of the course.")
        if _was_shown_out(actor, room):
            refusal = _("A teacher has shown you out. You can come in again when the lesson is over.")
    require(actor, action, room, refusal)
    return room


def _was_shown_out(person: User, room: Classroom) -> bool:
    standing = memberships.standing_of(person, room.id)
    return standing is not None and standing.removed_at is not None


# Built once: it is asked with every message.
_LOCKED = (
    select(Classroom, User.id, Enrolment, Standing)
    .join(Classroom.course)
    .options(contains_eager(Classroom.course))
    .join(User, User.id.in_(bindparam("people", expanding=True)))
    .outerjoin(Enrolment, and_(Enrolment.course_id == Classroom.course_id, Enrolment.user_id == User.id))
    .outerjoin(Standing, and_(Standing.classroom_id == Classroom.id, Standing.user_id == User.id))
    .where(Classroom.id.in_(bindparam("rooms", expanding=True)))
    .order_by(Classroom.id)
    .with_for_update(of=Classroom)
    .execution_options(populate_existing=True)  # the number may have grown while we waited for the lock
)


def lock_all(people: Mapping[UUID, User], room_ids: Collection[UUID]) -> dict[UUID, Classroom]:
    """Return those rooms that exist, locked, with all that the policy will ask of these people in them: one query.

    The locks are taken in the order of the ids, so that two who lock many rooms do not wait for each other for ever.
    """
    rows = db.session.execute(_LOCKED, {"people": list(people), "rooms": list(room_ids)})
    rooms: dict[UUID, Classroom] = {}
    for room, user_id, enrolment, standing in rows:
        rooms[room.id] = room
        memberships.remember(people[user_id], room.course_id, enrolment, room.id, standing)
    return rooms


@dataclass(frozen=True)
class RoomCard:
    """Show a room in a list."""

    id: UUID
    name: str
    course_id: UUID
    course_title: str
    lesson: Lesson | None
    people: int


def list_for(actor: User, *, page: int = 1, per_page: int = 20) -> Page[RoomCard]:
    """Return the rooms that the actor teaches or studies in, those with a lesson going on first."""
    require(actor, Action.BROWSE_CATALOGUE)
    studied = select(Enrolment.course_id).where(Enrolment.user_id == actor.id, Enrolment.state == EnrolmentState.ACTIVE)
    query = (
        select(Classroom, Course.title, Lesson)
        .join(Course, Course.id == Classroom.course_id)
        .outerjoin(Lesson, (Lesson.classroom_id == Classroom.id) & Lesson.ended_at.is_(None))
        .where(
            ((Course.teacher_id == actor.id) & (Course.state != CourseState.DRAFT))
            | (Course.id.in_(studied) & (Course.state == CourseState.PUBLISHED))
        )
        .order_by(Lesson.started_at.is_(None), Course.title, Classroom.id)
    )
    found = paginate(query, page=page, per_page=per_page, make=lambda *row: row)
    counts = current_presence().counts([str(room.id) for room, _, _ in found.items])
    cards = [
        RoomCard(room.id, room.name, room.course_id, title, lesson, counts[str(room.id)])
        for room, title, lesson in found.items
    ]
    return Page(cards, found.total, found.page, found.per_page)


def rights(actor: User, room: Classroom) -> list[str]:
    """Return what the actor may do in the room, in the words of the protocol."""
    return [word for word, action in RIGHTS.items() if can(actor, action, room)]


# Who is there


def describe_person(user: User, room: Classroom) -> dict[str, Any]:
    """Return a person as the room shows them: only what everybody in the room may see."""
    standing = memberships.standing_of(user, room.id)
    return {
        "id": str(user.id),
        "name": user.full_name,
        "photo": user.photo_url,
        "initials": user.initials,
        "tint": user.tint,
        "role": "teacher" if can(user, Action.LEAD_ROOM, room) else "student",
        "hand": bool(standing and standing.hand_at),
        "can": rights(user, room),
    }


def people_in(room: Classroom) -> list[dict[str, Any]]:
    """Return everybody who is in the room now, in the order in which they came."""
    ids = [UUID(person) for person in current_presence().people(str(room.id))]
    return describe_people(room, ids)


def describe_people(room: Classroom, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    users = {user.id: user for user in db.session.scalars(select(User).where(User.id.in_(ids)))}
    memberships.preload_room(users, room.course_id, room.id)
    return [describe_person(users[person], room) for person in ids if person in users]


def tell_people(room_id: UUID, *, came: Sequence[UUID], left: Sequence[UUID]) -> None:
    """Tell the room who came and who went."""
    room = db.session.scalar(select(Classroom).options(joinedload(Classroom.course)).where(Classroom.id == room_id))
    if room is not None:
        publish(
            room,
            "people",
            joined=describe_people(room, came),
            left=[str(user_id) for user_id in left],
            count=current_presence().counts([str(room_id)])[str(room_id)],
        )


def hands(room: Classroom) -> list[dict[str, Any]]:
    """Return the raised hands in the order of raising."""
    rows = db.session.execute(
        select(Standing.user_id, Standing.hand_at, User.full_name)
        .join(User, User.id == Standing.user_id)
        .where(Standing.classroom_id == room.id, Standing.hand_at.is_not(None))
        .order_by(Standing.hand_at, Standing.user_id)
    )
    return [{"id": str(user_id), "name": name, "at": wire_time(at)} for user_id, at, name in rows]


def wire_time(moment: Any) -> str:
    """Write a moment as the protocol does: ISO 8601 in UTC with Z, to the millisecond."""
    text: str = moment.isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def snapshot(actor: User, room: Classroom) -> dict[str, Any]:
    """Return what somebody who comes in needs to know of the room, without its messages."""
    return {
        "room": {
            "id": str(room.id),
            "name": room.name,
            "course": {"id": str(room.course_id), "title": room.course.title},
        },
        "you": describe_person(actor, room),
        "people": people_in(room),
        "hands": hands(room),
        "lesson": describe_lesson(open_lesson(room)),
        "everyone_draws": room.everyone_draws,
    }


@dataclass(frozen=True)
class Verdict:
    """Say why somebody may not stay in a room, or with which rights they may."""

    reason: str | None
    rights: list[str]


_SIGNED_IN = (
    select(User, SignIn)
    .join(SignIn, SignIn.user_id == User.id)
    .where(SignIn.id.in_(bindparam("sign_ins", expanding=True)))
)


def open_sign_ins(sign_ins: Iterable[UUID]) -> dict[UUID, User]:
    """Return those devices that are still signed in, with their people."""
    now = clock.now()
    rows = db.session.execute(_SIGNED_IN, {"sign_ins": list(sign_ins)})
    return {opened.id: user for user, opened in rows if opened.is_open(now) and not user.is_blocked}


def still_allowed(seats: Iterable[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Verdict]:
    """Look again at many seats (sign-in, room): who may stay, with which rights.

    The number of queries depends on the number of rooms, not of people.
    """
    seats = list(seats)
    db.session.rollback()  # read what others have committed since
    people = open_sign_ins({sign_in for sign_in, _ in seats})
    rooms = {
        room.id: room
        for room in db.session.scalars(
            select(Classroom).options(joinedload(Classroom.course)).where(Classroom.id.in_({room for _, room in seats}))
        )
    }
    for room in rooms.values():
        inside = {people[sign_in].id for sign_in, room_id in seats if room_id == room.id and sign_in in people}
        memberships.preload_room(inside, room.course_id, room.id)
    return {(sign_in, room_id): _judge(people.get(sign_in), rooms.get(room_id)) for sign_in, room_id in seats}


def _judge(person: User | None, room: Classroom | None) -> Verdict:
    if person is None:
        return Verdict("signed_out", [])
    if room is None:
        return Verdict("deleted", [])
    if not can(person, Action.ENTER_ROOM, room):
        return Verdict("shown_out" if _was_shown_out(person, room) else "removed", [])
    return Verdict(None, rights(person, room))


def publish(room: Classroom, event: str, **payload: Any) -> None:
    """Tell the room something once the transaction is committed."""
    realtime.publish(NAMESPACE, str(room.id), event, {"room": str(room.id), **payload})


# Lessons


def open_lesson(room: Classroom) -> Lesson | None:
    """Return the lesson that is going on in the room."""
    return db.session.scalar(select(Lesson).where(Lesson.classroom_id == room.id, Lesson.ended_at.is_(None)))


def describe_lesson(lesson: Lesson | None) -> dict[str, Any] | None:
    if lesson is None:
        return None
    return {
        "id": str(lesson.id),
        "title": lesson.title,
        "started_at": wire_time(lesson.started_at),
        "ended_at": wire_time(lesson.ended_at) if lesson.ended_at else None,
    }


def lessons(actor: User, room_id: UUID, *, page: int = 1, per_page: int = 20) -> Page[Lesson]:
    """Return the lessons that were held in the room, newest first."""
    room = get(actor, room_id)
    query = select(Lesson).where(Lesson.classroom_id == room.id).order_by(Lesson.started_at.desc(), Lesson.id)
    return paginate(query, page=page, per_page=per_page)


@transactional
def start_lesson(actor: User, room_id: UUID, *, title: str = "") -> Lesson:
    """Begin a live lesson; only one goes on in a room."""
    room = get(actor, room_id, Action.LEAD_ROOM, lock=True)
    title = " ".join(title.split()) or room.name
    if len(title) > TITLE_MAX:
        raise Invalid("invalid", _("Use at most %(most)s characters", most=TITLE_MAX), field="title")
    going_on = _("A lesson is going on in this room already.")
    if open_lesson(room) is not None:
        raise Conflict("going_on", going_on)
    _let_all_in(room)
    with taken_means("classroom_id", "going_on", going_on, "title"):
        lesson = Lesson(classroom_id=room.id, title=title, started_by=actor.id, started_at=clock.now())
        db.session.add(lesson)
    publish(room, "lesson", lesson=describe_lesson(lesson))
    log.info("lesson_started", room=str(room.id))
    return lesson


@transactional
def end_lesson(actor: User, room_id: UUID, lesson_id: UUID | None = None) -> Lesson:
    """End the lesson: hands go down, voices stop, students' rights to speak end; chat and board stay."""
    room = get(actor, room_id, Action.LEAD_ROOM, lock=True)
    lesson = open_lesson(room)
    if lesson is None or (lesson_id is not None and lesson.id != lesson_id):
        if lesson_id is not None and db.session.scalar(
            select(Lesson).where(Lesson.id == lesson_id, Lesson.classroom_id == room.id)
        ):
            raise Conflict("ended", _("This lesson has ended already."))
        raise NotFound(_("No lesson is going on in this room."))
    wind_down(room)
    return lesson


def wind_down(room: Classroom) -> None:
    """End what goes on in the room, as part of ending the lesson or closing the course."""
    lesson = open_lesson(room)
    if lesson is not None:
        lesson.ended_at = clock.now()
        log.info("lesson_ended", room=str(room.id))
    db.session.execute(
        update(Standing).where(Standing.classroom_id == room.id).values(hand_at=None, speaks=False, removed_at=None)
    )
    memberships.forget()
    db.session.flush()
    publish(room, "hands", queue=[])
    publish(room, "lesson", lesson=None)
    revocation.recheck_room(room.id)


def _let_all_in(room: Classroom) -> None:
    db.session.execute(update(Standing).where(Standing.classroom_id == room.id).values(removed_at=None))
    memberships.forget()


def announces(room: Classroom) -> bool:
    """Tell whether the room is small enough that coming and going is written in the chat."""
    return current_presence().counts([str(room.id)])[str(room.id)] <= current_settings().room_announce_max
