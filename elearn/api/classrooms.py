"""The live rooms over REST: what the sockets do, for clients without one. The services are the same."""

from typing import Any
from uuid import UUID

from flask import Response

from elearn.api.board_schemas import (
    Board,
    BoardPageItem,
    NewPage,
    Operations,
    PageContent,
    PageQuery,
    Revision,
    ShownPage,
)
from elearn.api.classroom_schemas import (
    Grant,
    Hand,
    HandQueue,
    History,
    HistoryQuery,
    LessonItem,
    LessonPage,
    MessageItem,
    NewLesson,
    NewMessage,
    RoomPage,
    RoomWhole,
)
from elearn.api.fields import ALL
from elearn.api.idempotency import repeatable
from elearn.api.schemas import Paged
from elearn.api.section import Section, no_content
from elearn.extensions import limiter
from elearn.identity import me
from elearn.models import Lesson
from elearn.services import board, chat, classrooms, standings
from elearn.services.classrooms import RoomCard
from elearn.services.paging import Page

bp = Section("classrooms", __name__, description="Live rooms: lessons, chat and whiteboard.")

ROOM = "/<uuid:room_id>/"
# The budgets of the sockets, where a client without one does the same.
WRITING, DRAWING = "20/10 seconds;120/minute", "200/10 seconds;1200/minute"
RAISING = "10/10 seconds;60/minute"


@bp.route("/")
@bp.arguments(Paged, location="query")
@bp.response(200, RoomPage, description="One page of one's rooms.")
def list_rooms(query: dict[str, Any]) -> Page[RoomCard]:
    """List the rooms that one teaches or studies in, those with a lesson going on first."""
    return classrooms.list_for(me(), **query)


@bp.route(ROOM)
@bp.refuses(403)
@bp.response(200, RoomWhole, description="The room as it is now.")
def show_room(room_id: UUID) -> dict[str, Any]:
    """Read who is in a room, what goes on, and what one may do there."""
    snapshot = classrooms.snapshot(me(), classrooms.get(me(), room_id))
    return {**snapshot.pop("room"), **snapshot}


@bp.route(f"{ROOM}lessons/")
@bp.refuses(403)
@bp.arguments(Paged, location="query")
@bp.response(200, LessonPage, description="One page of the room's lessons.")
def list_lessons(query: dict[str, Any], room_id: UUID) -> Page[Lesson]:
    """List the lessons of a room, newest first."""
    return classrooms.lessons(me(), room_id, **query)


@bp.route(f"{ROOM}lessons/", methods=["POST"])
@repeatable
@bp.refuses(s409="A lesson is going on already.")
@bp.arguments(NewLesson, required=False)
@bp.response(201, LessonItem, description="The lesson that began.")
def start_lesson(data: dict[str, Any], room_id: UUID) -> Lesson:
    """Begin a live lesson."""
    return classrooms.start_lesson(me(), room_id, **data)


@bp.route(f"{ROOM}lessons/<uuid:lesson_id>/end/", methods=["POST"])
@bp.refuses(s409="The lesson has ended already.")
@bp.response(200, LessonItem, description="The lesson that ended.")
def end_lesson(room_id: UUID, lesson_id: UUID) -> Lesson:
    """End a live lesson: hands go down and voices stop; chat and board stay."""
    return classrooms.end_lesson(me(), room_id, lesson_id)


# Hands and rights


@bp.route(f"{ROOM}hand/", methods=["PUT"])
@limiter.limit(RAISING)
@bp.refuses(s403="Only students raise hands.")
@bp.arguments(Hand)
@bp.response(200, HandQueue, description="The queue as it is now; once more changes nothing.")
def raise_hand(data: dict[str, Any], room_id: UUID) -> dict[str, Any]:
    """Raise or lower one's own hand.

    Whoever is in the room by a socket lets it down by leaving; without one it stays up until it is lowered here, until
    one is called, or until the lesson ends.
    """
    return {"queue": standings.raise_hand(me(), room_id, **data)}


@bp.route(f"{ROOM}rights/", methods=["PUT"])
@bp.arguments(Grant)
@bp.response(204, description="So it is; once more changes nothing.")
def grant_right(data: dict[str, Any], room_id: UUID) -> Response:
    """Let somebody draw or speak, or everyone draw; or take it back. Being called lowers the hand."""
    user = data.pop("user")
    if user == ALL:
        standings.grant_everyone(me(), room_id, **data)
    else:
        standings.grant(me(), room_id, user_id=user, **data)
    return no_content()


@bp.route(f"{ROOM}people/<uuid:user_id>/", methods=["DELETE"])
@bp.refuses(s403="The person leads the room, or the reader does not.")
@bp.response(204, description="Out of the room until the lesson is over, with their open sockets.")
def show_out(room_id: UUID, user_id: UUID) -> Response:
    """Show somebody out of the room until the lesson is over; the enrolment stays."""
    standings.remove(me(), room_id, user_id=user_id)
    return no_content()


# Chat


@bp.route(f"{ROOM}messages/")
@bp.refuses(403)
@bp.arguments(HistoryQuery, location="query")
@bp.response(200, History, description="A stretch of the chat.")
def list_messages(query: dict[str, Any], room_id: UUID) -> chat.History:
    """Read the chat: the latest messages, those before a number, or those after one."""
    return chat.history(me(), room_id, **query)


@bp.route(f"{ROOM}messages/", methods=["POST"])
@limiter.limit(WRITING)
@bp.refuses(s409="The nonce was used for another message.")
@bp.arguments(NewMessage)
@bp.response(201, MessageItem, description="The message, with its number.")
def post_message(data: dict[str, Any], room_id: UUID) -> dict[str, Any]:
    """Write in the chat; the same nonce with the same text answers with the first message."""
    return chat.post(me(), room_id, **data)


@bp.route(f"{ROOM}messages/<uuid:message_id>/", methods=["DELETE"])
@bp.response(204, description="The text is gone; the number stays.")
def delete_message(room_id: UUID, message_id: UUID) -> Response:
    """Delete a message: one's own, or any as somebody who leads the room."""
    chat.delete(me(), room_id, message_id)
    return no_content()


# Whiteboard


@bp.route(f"{ROOM}board/")
@bp.refuses(403)
@bp.response(200, Board, description="The board.")
def show_board(room_id: UUID) -> dict[str, Any]:
    """Read the pages of the board, and what stands on the one that everybody sees."""
    return board.snapshot(me(), room_id)


@bp.route(f"{ROOM}board/pages/<uuid:page_id>/")
@bp.refuses(403)
@bp.arguments(PageQuery, location="query")
@bp.response(200, PageContent, description="What stands on the page, or the batches that were missed.")
def show_board_page(query: dict[str, Any], room_id: UUID, page_id: UUID) -> dict[str, Any]:
    """Read a page of the board, or only what happened after a number."""
    return board.open_page(me(), room_id, page_id, **query).as_dict()


@bp.route(f"{ROOM}board/pages/<uuid:page_id>/ops/", methods=["POST"])
@limiter.limit(DRAWING)
@bp.refuses(s409="The cid was used for other operations.")
@bp.arguments(Operations)
@bp.response(200, Revision, description="The page has this number now.")
def draw(data: dict[str, Any], room_id: UUID, page_id: UUID) -> dict[str, int]:
    """Draw: apply a batch of operations whole or not at all."""
    return {"rev": board.apply(me(), room_id, page_id, **data)}


@bp.route(f"{ROOM}board/pages/", methods=["POST"])
@repeatable
@bp.refuses(s409="The board has as many pages as it may have.")
@bp.arguments(NewPage, required=False)
@bp.response(201, BoardPageItem, description="The new page.")
def add_board_page(data: dict[str, Any], room_id: UUID) -> dict[str, Any]:
    """Put an empty page behind the others, as somebody who leads the room."""
    return board.add_page(me(), room_id, **data)


@bp.route(f"{ROOM}board/pages/<uuid:page_id>/", methods=["DELETE"])
@bp.refuses(s409="It is the last page.")
@bp.response(204, description="The page is gone, with all that stood on it.")
def remove_board_page(room_id: UUID, page_id: UUID) -> Response:
    """Take a page away, as somebody who leads the room; the last one stays."""
    board.remove_page(me(), room_id, page_id)
    return no_content()


@bp.route(f"{ROOM}board/turn/", methods=["PUT"])
@bp.arguments(ShownPage)
@bp.response(204, description="Everybody sees this page.")
def turn_board(data: dict[str, Any], room_id: UUID) -> Response:
    """Show another page to everybody, as somebody who leads the room."""
    board.turn(me(), room_id, data["page"])
    return no_content()
