"""The chat of a room: numbered without a gap, acknowledged once committed, never doubled."""

import re
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, select
from sqlalchemy.orm import joinedload

from elearn import clock
from elearn.errors import Conflict, Invalid, NotFound
from elearn.extensions import db
from elearn.integrations import realtime
from elearn.models import Classroom, Message, MessageKind, User, uuid7
from elearn.permissions import Action, can, require
from elearn.services import classrooms, standings
from elearn.services.classrooms import NAMESPACE, wire_time
from elearn.transaction import transactional, upsert

TEXT_MAX = 5000
LATEST, MOST = 100, 500
# Control characters but tab and new line, and halves of surrogate pairs.
HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
NONCE_COLUMNS = ("classroom_id", "sender_id", "nonce")
NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True)
class History:
    """Hold a stretch of the chat in the order of its numbers; `more` tells that it goes on that way."""

    messages: list[dict[str, Any]]
    seq: int
    more: bool


def describe(message: Message) -> dict[str, Any]:
    """Return a message as the wire shows it; a deleted one keeps its number and loses its text."""
    sender = message.sender
    deleted = message.deleted_at is not None
    return {
        "room": str(message.classroom_id),
        "seq": message.seq,
        "id": str(message.id),
        "kind": message.kind.value,
        "sender": {
            "id": str(sender.id),
            "name": sender.full_name,
            "photo": sender.photo_url,
            "initials": sender.initials,
            "tint": sender.tint,
        },
        "text": "" if deleted else message.text,
        "deleted": deleted,
        "at": wire_time(message.sent_at),
        "nonce": message.nonce,
    }


def clean_text(text: str) -> str:
    """Return the trimmed text; only visible characters and new lines may stand in it."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not clean:
        raise Invalid("invalid", "Write something first.", field="text")
    if len(clean) > TEXT_MAX:
        raise Invalid("invalid", f"Use at most {TEXT_MAX} characters, this has {len(clean)}.", field="text")
    if HIDDEN.search(clean):
        raise Invalid("invalid", "Leave out characters that cannot be seen.", field="text")
    return clean


@transactional
def post(actor: User, room_id: UUID, *, text: str, nonce: str) -> dict[str, Any]:
    """Write into the room's chat.

    The same `nonce` from the same person is the same message: the first answer comes again and nothing changes;
    with another text it is a `Conflict`.
    """
    clean = clean_text(text)
    if not NONCE.fullmatch(nonce):
        raise Invalid("invalid", "The nonce must have 8 to 64 letters, digits, dashes or underscores.", field="nonce")
    room = classrooms.get(actor, room_id, Action.WRITE_MESSAGE, lock=True)
    return _write(room, actor, clean, MessageKind.TEXT, nonce) or _earlier(room, actor, clean, nonce)


def _earlier(room: Classroom, actor: User, text: str, nonce: str) -> dict[str, Any]:
    """Return the message that was written with this nonce before."""
    message = db.session.scalars(
        select(Message)
        .options(joinedload(Message.sender))
        .where(Message.classroom_id == room.id, Message.sender_id == actor.id, Message.nonce == nonce)
    ).one()
    if message.text != text and message.deleted_at is None:
        raise Conflict("nonce_reused", "This nonce was used for another message.", message_id=str(message.id))
    return describe(message)


@transactional
def announce(actor: User, room_id: UUID, text: str) -> None:
    """Write a line of the house into the chat: somebody came or left."""
    room = db.session.scalar(select(Classroom).where(Classroom.id == room_id).with_for_update())
    if room is not None:
        _write(room, actor, text, MessageKind.SYSTEM, None)


@transactional
def say_goodbye(room_id: UUID, user_id: UUID) -> None:
    """Take note that somebody went away: the hand goes down, and in a small room the chat says so."""
    room = db.session.scalar(select(Classroom).where(Classroom.id == room_id).with_for_update())
    user = db.session.get(User, user_id)
    if room is None or user is None:
        return
    standings.lower_hand(room, user_id)
    if classrooms.announces(room):
        _write(room, user, f"{user.full_name} left", MessageKind.SYSTEM, None)


def _write(room: Classroom, actor: User, text: str, kind: MessageKind, nonce: str | None) -> dict[str, Any] | None:
    """Add the row with the next number, or nothing where the nonce was used before.

    The caller holds the lock on the room, which keeps the numbers without a gap. Plain statements, because everybody
    in the room waits for this.
    """
    values = {
        "id": uuid7(),
        "classroom_id": room.id,
        "seq": room.seq + 1,
        "kind": kind,
        "sender_id": actor.id,
        "text": text,
        "nonce": nonce,
        "sent_at": clock.now(),
    }
    statement = upsert(Message).values(values).on_conflict_do_nothing(index_elements=NONCE_COLUMNS)
    if not cast("CursorResult[Any]", db.session.execute(statement)).rowcount:
        return None
    room.seq += 1
    db.session.flush()
    payload = describe(Message(**values, sender=actor))
    realtime.publish(NAMESPACE, str(room.id), "message", payload)
    return payload


def history(
    actor: User, room_id: UUID, *, before: int | None = None, after: int | None = None, limit: int = LATEST
) -> History:
    """Return the latest messages, those before a number, or those after one (at most 500)."""
    room = classrooms.get(actor, room_id)
    limit = min(max(1, limit), MOST)
    query = select(Message).options(joinedload(Message.sender)).where(Message.classroom_id == room.id)
    if after is not None:
        rows = list(db.session.scalars(query.where(Message.seq > after).order_by(Message.seq).limit(limit + 1)))
        found = rows[:limit]
    else:
        if before is not None:
            query = query.where(Message.seq < before)
        rows = list(db.session.scalars(query.order_by(Message.seq.desc()).limit(limit + 1)))
        found = rows[:limit][::-1]
    return History([describe(message) for message in found], room.seq, len(rows) > limit)


@transactional
def delete(actor: User, room_id: UUID, message_id: UUID) -> None:
    """Take a message out of the chat: one's own, or any as somebody who leads the room."""
    room = classrooms.get(actor, room_id, lock=True)
    message = db.session.scalar(select(Message).where(Message.id == message_id, Message.classroom_id == room.id))
    if message is None or message.kind is MessageKind.SYSTEM:
        raise NotFound("This message is not in the room.")
    if message.sender_id != actor.id or not can(actor, Action.WRITE_MESSAGE, room):
        require(actor, Action.DELETE_MESSAGE, room, "Only its writer or a teacher can delete a message.")
    if message.deleted_at is None:
        message.deleted_at, message.deleted_by = clock.now(), actor.id
        realtime.publish(
            NAMESPACE,
            str(room.id),
            "message_deleted",
            {"room": str(room.id), "id": str(message.id), "by": str(actor.id)},
        )
