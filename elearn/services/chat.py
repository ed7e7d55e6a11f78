"""The chat of a room: numbered without a gap, acknowledged once committed, never doubled."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from elearn import clock
from elearn.errors import Conflict, Invalid, NotFound
from elearn.extensions import db
from elearn.integrations import realtime
from elearn.models import Classroom, Message, MessageKind, User
from elearn.permissions import Action, can, require
from elearn.services import classrooms
from elearn.services.classrooms import NAMESPACE, wire_time
from elearn.transaction import transactional

TEXT_MAX = 5000
LATEST, MOST = 100, 500
# Control characters but tab and new line, and halves of surrogate pairs.
HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
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
    earlier = db.session.scalar(
        select(Message)
        .options(joinedload(Message.sender))
        .where(Message.classroom_id == room.id, Message.sender_id == actor.id, Message.nonce == nonce)
    )
    if earlier is not None:
        if earlier.text != clean and earlier.deleted_at is None:
            raise Conflict("nonce_reused", "This nonce was used for another message.", message_id=str(earlier.id))
        return describe(earlier)
    return _write(room, actor, clean, MessageKind.TEXT, nonce)


@transactional
def announce(actor: User, room_id: UUID, text: str) -> None:
    """Write a line of the house into the chat: somebody came or left."""
    room = db.session.scalar(select(Classroom).where(Classroom.id == room_id).with_for_update())
    if room is not None:
        _write(room, actor, text, MessageKind.SYSTEM, None)


def _write(room: Classroom, actor: User, text: str, kind: MessageKind, nonce: str | None) -> dict[str, Any]:
    """Take the next number and add the row; the lock on the room keeps the numbers without a gap."""
    seq = db.session.scalar(
        update(Classroom)
        .where(Classroom.id == room.id)
        .values(seq=Classroom.seq + 1)
        .returning(Classroom.seq)
        .execution_options(synchronize_session=False)
    )
    message = Message(
        classroom_id=room.id, seq=seq, kind=kind, sender_id=actor.id, text=text, nonce=nonce, sent_at=clock.now()
    )
    message.sender = actor
    db.session.add(message)
    db.session.flush()
    payload = describe(message)
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
