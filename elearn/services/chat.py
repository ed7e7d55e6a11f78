"""The chat of a room: numbered without a gap, acknowledged once committed, never doubled."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from elearn import clock
from elearn.errors import Conflict, DomainError, Invalid, NotFound, Unauthenticated
from elearn.extensions import db
from elearn.integrations import realtime
from elearn.languages import _
from elearn.models import Classroom, Message, MessageKind, User, uuid7
from elearn.permissions import Action, can, require
from elearn.services import classrooms, standings
from elearn.services.classrooms import NAMESPACE, wire_time
from elearn.transaction import transactional

TEXT_MAX = 5000
LATEST, MOST = 100, 500
# Control characters but tab and new line, and halves of surrogate pairs.
HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")

Payload = dict[str, Any]
Answer = Payload | DomainError
Key = tuple[UUID, UUID, str]  # room, sender, nonce: what makes two letters the same message


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody wants to write in a room."""

    room_id: UUID
    text: str
    nonce: str


class Entry(NamedTuple):
    """A letter that may be written."""

    room: Classroom
    sender: User
    text: str
    nonce: str

    @property
    def key(self) -> Key:
        return self.room.id, self.sender.id, self.nonce


class Line(NamedTuple):
    """A new message, as the database keeps it and as the wire shows it."""

    row: dict[str, Any]
    payload: Payload


@dataclass(frozen=True)
class History:
    """Hold a stretch of the chat in the order of its numbers; `more` tells that it goes on that way.

    `deletions` counts what was deleted in the room so far.
    """

    messages: list[Payload]
    seq: int
    more: bool
    deletions: int


def describe(message: Message) -> Payload:
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
        raise Invalid("invalid", _("Write something first."), field="text")
    if len(clean) > TEXT_MAX:
        raise Invalid(
            "invalid",
            _("Use at most %(most)s characters, this has %(count)s.", most=TEXT_MAX, count=len(clean)),
            field="text",
        )
    if HIDDEN.search(clean):
        raise Invalid("invalid", _("Leave out characters that cannot be seen."), field="text")
    return clean


def clean_nonce(nonce: str) -> str:
    if not NONCE.fullmatch(nonce):
        raise Invalid(
            "invalid", _("The nonce must have 8 to 64 letters, digits, dashes or underscores."), field="nonce"
        )
    return nonce


@transactional
def post(actor: User, room_id: UUID, *, text: str, nonce: str) -> Payload:
    """Write into the room's chat.

    The same `nonce` from the same person is the same message: the first answer comes again and nothing changes;
    with another text it is a `Conflict`.
    """
    [answer] = _post([(actor, Letter(room_id, text, nonce))])
    if isinstance(answer, DomainError):
        raise answer
    return answer


@transactional
def post_all(letters: Sequence[tuple[UUID, Letter]]) -> list[Answer]:
    """Write many letters in one transaction, each as `post` would; a letter comes with the sign-in of its sender.

    A refused letter is answered with its error and leaves the others alone. The number of statements does not depend
    on the number of letters.
    """
    people = classrooms.open_sign_ins({sign_in_id for sign_in_id, _ in letters})
    return _post([(people.get(sign_in_id), letter) for sign_in_id, letter in letters])


def _post(letters: Sequence[tuple[User | None, Letter]]) -> list[Answer]:
    people = {actor.id: actor for actor, _ in letters if actor is not None}
    rooms = classrooms.lock_all(people, {letter.room_id for _, letter in letters})
    checked = [_check(actor, letter, rooms.get(letter.room_id)) for actor, letter in letters]
    said = _said_before([entry.key for entry in checked if isinstance(entry, Entry)])
    lines: list[Line] = []
    answers = [_say(entry, said, lines) if isinstance(entry, Entry) else entry for entry in checked]
    _write(lines)
    return answers


def _check(actor: User | None, letter: Letter, room: Classroom | None) -> Entry | DomainError:
    """Return what is to be written, or the reason why nothing is."""
    try:
        if actor is None:
            raise Unauthenticated(_("This sign-in has ended. Sign in again."))
        text, nonce = clean_text(letter.text), clean_nonce(letter.nonce)
        return Entry(classrooms.admit(actor, room, Action.WRITE_MESSAGE), actor, text, nonce)
    except DomainError as refusal:
        return refusal


def _say(entry: Entry, said: dict[Key, Payload], lines: list[Line]) -> Answer:
    """Add a line, unless the nonce was used before: then the first answer comes again."""
    payload = said.get(entry.key)
    if payload is None:
        line = _next_line(entry.room, entry.sender, entry.text, nonce=entry.nonce)
        lines.append(line)
        payload = said[entry.key] = line.payload
    elif payload["text"] != entry.text and not payload["deleted"]:
        return Conflict("nonce_reused", _("This nonce was used for another message."), message_id=payload["id"])
    return payload


# Built once: they run with every message.
# Three lists, not one of triples: SQLite has no index for those and would read the whole chat.
_WITH_NONCES = (
    select(Message)
    .options(joinedload(Message.sender))
    .where(
        Message.classroom_id.in_(bindparam("rooms", expanding=True)),
        Message.sender_id.in_(bindparam("senders", expanding=True)),
        Message.nonce.in_(bindparam("nonces", expanding=True)),
    )
)
_ADD = insert(Message).execution_options(dml_strategy="raw")
_COUNT = (
    update(Classroom)
    .where(Classroom.id == bindparam("room"))
    .values(seq=bindparam("latest"))
    .execution_options(synchronize_session=False)
)


def _said_before(keys: Sequence[Key]) -> dict[Key, Payload]:
    """Return what was written with these nonces before.

    Nobody else writes in these rooms meanwhile, because we hold their locks; the unique constraint has the last word.
    """
    if not keys:
        return {}
    rooms, senders, nonces = (list(set(names)) for names in zip(*keys, strict=True))
    messages = db.session.scalars(_WITH_NONCES, {"rooms": rooms, "senders": senders, "nonces": nonces})
    return {(message.classroom_id, message.sender_id, message.nonce or ""): describe(message) for message in messages}


def _next_line(
    room: Classroom, sender: User, text: str, kind: MessageKind = MessageKind.TEXT, nonce: str | None = None
) -> Line:
    """Take the room's next number; the caller holds the lock on the room, which keeps the numbers without a gap."""
    set_committed_value(room, "seq", room.seq + 1)  # `_write` stores it
    row = {
        "id": uuid7(),
        "classroom_id": room.id,
        "seq": room.seq,
        "kind": kind,
        "sender_id": sender.id,
        "text": text,
        "nonce": nonce,
        "sent_at": clock.now(),
    }
    return Line(row, describe(Message(**row, sender=sender)))


def _write(lines: Sequence[Line]) -> None:
    """Store the lines and the latest numbers of their rooms; plain statements, because everybody waits for this."""
    if not lines:
        return
    db.session.execute(_ADD, [line.row for line in lines])
    for room_id, latest in {line.row["classroom_id"]: line.row["seq"] for line in lines}.items():
        db.session.execute(_COUNT, {"room": room_id, "latest": latest})
    for line in lines:
        room = line.payload["room"]
        realtime.publish(NAMESPACE, room, "message", line.payload)


@transactional
def announce(actor: User, room_id: UUID, text: str) -> None:
    """Write a line of the house into the chat: somebody came or left."""
    room = db.session.scalar(select(Classroom).where(Classroom.id == room_id).with_for_update())
    if room is not None:
        _write([_next_line(room, actor, text, MessageKind.SYSTEM)])


@transactional
def say_goodbye(room_id: UUID, user_id: UUID) -> None:
    """Take note that somebody went away: the hand goes down, and in a small room the chat says so."""
    room = db.session.scalar(select(Classroom).where(Classroom.id == room_id).with_for_update())
    user = db.session.get(User, user_id)
    if room is None or user is None:
        return
    standings.lower_hand(room, user_id)
    if classrooms.announces(room):
        _write([_next_line(room, user, f"{user.full_name} left", MessageKind.SYSTEM)])


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
    return History([describe(message) for message in found], room.seq, len(rows) > limit, room.deletions)


@transactional
def delete(actor: User, room_id: UUID, message_id: UUID) -> None:
    """Take a message out of the chat: one's own, or any as somebody who leads the room."""
    room = classrooms.get(actor, room_id, lock=True)
    message = db.session.scalar(select(Message).where(Message.id == message_id, Message.classroom_id == room.id))
    if message is None or message.kind is MessageKind.SYSTEM:
        raise NotFound(_("This message is not in the room."))
    if message.sender_id != actor.id or not can(actor, Action.WRITE_MESSAGE, room):
        require(actor, Action.DELETE_MESSAGE, room, _("Only its writer or a teacher can delete a message."))
    if message.deleted_at is None:
        message.deleted_at, message.deleted_by = clock.now(), actor.id
        room.deletions += 1
        realtime.publish(
            NAMESPACE,
            str(room.id),
            "message_deleted",
            {"room": str(room.id), "id": str(message.id), "by": str(actor.id), "deletions": room.deletions},
        )
