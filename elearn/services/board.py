"""The whiteboard of a room: pages of objects, changed by numbered batches of operations."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm.attributes import flag_modified

from elearn import clock
from elearn.errors import Conflict, Forbidden, Invalid, NotFound
from elearn.extensions import current_settings, db
from elearn.integrations import realtime
from elearn.languages import _
from elearn.models import Background, BoardBatch, BoardObject, BoardPage, Classroom, User
from elearn.permissions import Action, can
from elearn.services import board_objects, classrooms
from elearn.transaction import transactional

NAMESPACE = "/whiteboard"
BATCH_BYTES = 64 * 1024


@dataclass(frozen=True)
class PageContent:
    """Hold what a client needs to show a page: everything, or only the batches that it missed."""

    page: dict[str, Any]
    rev: int
    objects: list[dict[str, Any]] | None = None
    batches: list[dict[str, Any]] | None = None

    def as_dict(self) -> dict[str, Any]:
        if self.batches is not None:
            return {"ops": self.batches, "rev": self.rev}
        return {"objects": self.objects or [], "rev": self.rev}


def describe_page(page: BoardPage) -> dict[str, Any]:
    return {"id": str(page.id), "position": page.position, "background": page.background.value, "rev": page.rev}


def _pages(room: Classroom) -> list[BoardPage]:
    return list(
        db.session.scalars(
            select(BoardPage).where(BoardPage.classroom_id == room.id).order_by(BoardPage.position, BoardPage.id)
        )
    )


def _page(room: Classroom, page_id: UUID, *, lock: bool = False) -> BoardPage:
    query = select(BoardPage).where(BoardPage.id == page_id, BoardPage.classroom_id == room.id)
    page = db.session.scalar(query.with_for_update() if lock else query)
    if page is None:
        raise NotFound(_("This page is not on the board any more."))
    return page


def _objects(page: BoardPage) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        select(BoardObject).where(BoardObject.page_id == page.id).order_by(BoardObject.added_rev, BoardObject.id)
    )
    return [_whole(row) for row in rows]


def _whole(row: BoardObject) -> dict[str, Any]:
    return {"id": row.id, **row.body, "by": str(row.author_id)}


# Reading


def snapshot(actor: User, room_id: UUID) -> dict[str, Any]:
    """Return all pages of the board and what stands on the one that everybody sees."""
    room = classrooms.get(actor, room_id)
    pages = _pages(room)
    if not pages:
        _first_page(room.id)
        room = classrooms.get(actor, room_id)
        pages = _pages(room)
    shown = next((page for page in pages if page.id == room.page_id), pages[0])
    return {
        "pages": [describe_page(page) for page in pages],
        "page": str(shown.id),
        "objects": _objects(shown),
        "rev": shown.rev,
    }


def beat(room_id: UUID) -> dict[str, Any] | None:
    """Return the latest numbers of the chat and of each page, so that a client notices what it missed."""
    chat = db.session.execute(select(Classroom.seq, Classroom.deletions).where(Classroom.id == room_id)).one_or_none()
    if chat is None:
        return None
    rows = db.session.execute(select(BoardPage.id, BoardPage.rev).where(BoardPage.classroom_id == room_id))
    pages = {str(page_id): rev for page_id, rev in rows}
    return {"room": str(room_id), "seq": chat.seq, "deletions": chat.deletions, "pages": pages}


@transactional
def _first_page(room_id: UUID) -> None:
    room = db.session.scalar(select(Classroom).where(Classroom.id == room_id).with_for_update())
    if room is not None and not _pages(room):
        _add_page(room, Background.WHITE)


def open_page(actor: User, room_id: UUID, page_id: UUID, *, after: int | None = None) -> PageContent:
    """Return what stands on a page, or the batches after a number where all of them are still kept."""
    room = classrooms.get(actor, room_id)
    page = _page(room, page_id)
    if after is not None and 0 <= after <= page.rev:
        rows = db.session.scalars(
            select(BoardBatch).where(BoardBatch.page_id == page.id, BoardBatch.rev > after).order_by(BoardBatch.rev)
        ).all()
        if len(rows) == page.rev - after:
            return PageContent(describe_page(page), page.rev, batches=[_batch(row) for row in rows])
    return PageContent(describe_page(page), page.rev, objects=_objects(page))


def _batch(row: BoardBatch) -> dict[str, Any]:
    return {"rev": row.rev, "by": str(row.author_id), "cid": row.cid, "ops": row.ops}


# Drawing


@transactional
def apply(actor: User, room_id: UUID, page_id: UUID, *, cid: str, ops: list[dict[str, Any]]) -> int:
    """Apply a batch of operations whole or not at all, and return the page's new number.

    The same `cid` from the same person is the same batch: its number comes again and nothing changes; with other
    operations it is a `Conflict`. Raises `Invalid` for what docs/whiteboard.md does not know.
    """
    if not board_objects.CID.fullmatch(cid):
        raise Invalid("invalid", _("The cid must have 8 to 64 letters, digits, dashes or underscores."), field="cid")
    clean = board_objects.clean_ops(ops)
    if len(json.dumps(clean)) > BATCH_BYTES:
        raise Invalid("invalid", _("This is too much at once: send at most 64 KB of operations."), field="ops")
    room = classrooms.get(actor, room_id, Action.DRAW)
    if any(op["op"] == "clear" for op in clean) and not can(actor, Action.LEAD_ROOM, room):
        raise Forbidden(_("Only somebody who leads the room can clear the board."))
    page = _page(room, page_id, lock=True)
    earlier = db.session.scalar(
        select(BoardBatch).where(BoardBatch.page_id == page.id, BoardBatch.author_id == actor.id, BoardBatch.cid == cid)
    )
    if earlier is not None:
        if _as_sent(earlier.ops)[: len(clean)] != clean:
            raise Conflict("cid_reused", _("This cid was used for other operations."))
        return earlier.rev
    return _number(page, actor, cid, clean)


def _as_sent(ops: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return stored operations without what the server wrote into them."""
    return [
        {**op, "object": {key: value for key, value in op["object"].items() if key != "by"}}
        if op["op"] == "add"
        else op
        for op in ops
    ]


def _number(page: BoardPage, actor: User, cid: str, ops: list[dict[str, Any]]) -> int:
    page.rev += 1
    ops = [{"op": "add", "object": {**op["object"], "by": str(actor.id)}} if op["op"] == "add" else op for op in ops]
    _change(page, actor, ops)
    db.session.flush()
    ops += _make_room(page)
    db.session.add(
        BoardBatch(page_id=page.id, rev=page.rev, author_id=actor.id, cid=cid, ops=ops, applied_at=clock.now())
    )
    db.session.flush()
    room = str(page.classroom_id)
    realtime.publish(
        NAMESPACE,
        room,
        "ops",
        {"room": room, "page": str(page.id), "rev": page.rev, "by": str(actor.id), "cid": cid, "ops": ops},
    )
    return page.rev


def _change(page: BoardPage, actor: User, ops: list[dict[str, Any]]) -> None:
    """Bring the rows of the page to what the operations say, in their order."""
    named = {op.get("id") or op["object"]["id"] for op in ops if op["op"] != "clear"}
    rows = {
        row.id: row
        for row in db.session.scalars(
            select(BoardObject).where(BoardObject.page_id == page.id, BoardObject.id.in_(named))
        )
    }
    for op in ops:
        verb, name = op["op"], op.get("id", "")
        if verb == "clear":
            db.session.flush()
            db.session.execute(delete(BoardObject).where(BoardObject.page_id == page.id))
            rows.clear()
        elif verb == "add":
            _add_object(page, actor, op["object"], rows)
        elif name not in rows:
            continue  # deleted meanwhile: delete wins
        elif verb == "set":
            row = rows[name]
            changes = {key: value for key, value in op.items() if key not in {"op", "id"}}
            row.body = {**row.body, **board_objects.clean_changes(row.body["kind"], changes)}
            flag_modified(row, "body")
        else:
            db.session.delete(rows.pop(name))
            db.session.flush()


def _add_object(page: BoardPage, actor: User, made: dict[str, Any], rows: dict[str, BoardObject]) -> None:
    name = made["id"]
    if name in rows:
        return
    body = {key: value for key, value in made.items() if key not in {"id", "by"}}
    rows[name] = BoardObject(page_id=page.id, id=name, added_rev=page.rev, author_id=actor.id, body=body)
    db.session.add(rows[name])


def _make_room(page: BoardPage) -> list[dict[str, Any]]:
    """Delete the oldest objects beyond the limit, and return the operations that say so."""
    of_page = BoardObject.page_id == page.id
    count = db.session.scalar(select(func.count()).where(of_page)) or 0
    surplus = count - current_settings().whiteboard_max_objects
    if surplus <= 0:
        return []
    names = db.session.scalars(
        select(BoardObject.id).where(of_page).order_by(BoardObject.added_rev, BoardObject.id).limit(surplus)
    ).all()
    db.session.execute(delete(BoardObject).where(of_page, BoardObject.id.in_(names)))
    return [{"op": "delete", "id": name} for name in names]


# Pages


def _tell_pages(room: Classroom) -> None:
    realtime.publish(
        NAMESPACE,
        str(room.id),
        "pages",
        {"room": str(room.id), "pages": [describe_page(page) for page in _pages(room)], "page": str(room.page_id)},
    )


def _add_page(room: Classroom, background: Background) -> BoardPage:
    last = db.session.scalar(select(func.max(BoardPage.position)).where(BoardPage.classroom_id == room.id))
    page = BoardPage(classroom_id=room.id, position=0 if last is None else last + 1, background=background, rev=0)
    db.session.add(page)
    db.session.flush()
    if room.page_id is None:
        room.page_id = page.id
    return page


@transactional
def add_page(actor: User, room_id: UUID, *, background: Background) -> dict[str, Any]:
    """Put an empty page behind the others."""
    room = classrooms.get(actor, room_id, Action.LEAD_ROOM, lock=True)
    limit = current_settings().whiteboard_max_pages
    if len(_pages(room)) >= limit:
        raise Conflict("full", _("A board has at most %(limit)s pages. Remove one first.", limit=limit))
    page = _add_page(room, background)
    db.session.flush()
    _tell_pages(room)
    return describe_page(page)


@transactional
def remove_page(actor: User, room_id: UUID, page_id: UUID) -> None:
    """Take a page away with all that stands on it; the last one stays."""
    room = classrooms.get(actor, room_id, Action.LEAD_ROOM, lock=True)
    page = _page(room, page_id, lock=True)
    pages = _pages(room)
    if len(pages) == 1:
        raise Conflict("last_page", _("The board needs one page. Clear it instead."))
    if room.page_id == page.id:
        index = pages.index(page)
        room.page_id = pages[index - 1 if index else 1].id
    db.session.delete(page)
    db.session.flush()
    _tell_pages(room)


@transactional
def turn(actor: User, room_id: UUID, page_id: UUID) -> None:
    """Show another page to everybody."""
    room = classrooms.get(actor, room_id, Action.LEAD_ROOM, lock=True)
    page = _page(room, page_id)
    room.page_id = page.id
    db.session.flush()
    realtime.publish(NAMESPACE, str(room.id), "turn", {"room": str(room.id), "page": str(page.id)})
