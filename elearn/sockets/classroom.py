"""`/classroom`: who is here, who may do what, chat."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from flask import Flask

from elearn.extensions import socketio
from elearn.integrations import realtime
from elearn.integrations.presence import Presence
from elearn.models import Classroom, Right, User
from elearn.services import chat, classrooms, standings
from elearn.sockets import protocol
from elearn.sockets.budgets import Budgets
from elearn.sockets.letters import Letterbox
from elearn.sockets.namespace import Connection, RoomNamespace, Seat

# A reload or a short gap in the line is not leaving.
LEAVE_GRACE = 4.0
NEWS_EVERY = 0.25


class ClassroomNamespace(RoomNamespace):
    """Answer the events of `/classroom`."""

    def __init__(self, app: Flask, budgets: Budgets) -> None:
        super().__init__(protocol.CLASSROOM, app, budgets)
        self._presence: Presence = app.extensions["presence"]
        self._letterbox = Letterbox(chat.post_all)
        # Room -> person -> came (True) or went (False), told together a moment later.
        self._news: dict[UUID, dict[UUID, bool]] = defaultdict(dict)
        self._leaving: set[tuple[UUID, UUID]] = set()

    def on_join(self, connection: Connection, actor: User, room_id: UUID, after: int | None) -> dict[str, Any]:
        room = classrooms.get(actor, room_id)
        # The seat first, then the state: what happens in between comes twice, and the numbers sort it out.
        self.sit_down(connection, room_id, classrooms.rights(actor, room))
        if self._presence.enter(str(room_id), str(actor.id), connection.sid):
            self._came(actor, room)
        found = chat.history(actor, room_id, after=after, limit=chat.LATEST if after is None else chat.MOST)
        room = classrooms.get(actor, room_id)
        return {
            **classrooms.snapshot(actor, room),
            "messages": found.messages,
            "seq": found.seq,
            "more": found.more,
            "deletions": found.deletions,
        }

    def on_leave(self, connection: Connection, actor: User, room_id: UUID) -> None:
        self.stand_up(connection, room_id)

    def on_message(self, connection: Connection, room_id: UUID, text: str, nonce: str) -> dict[str, Any]:
        return {"message": self._letterbox.send(connection.sign_in_id, chat.Letter(room_id, text, nonce))}

    def on_history(
        self,
        connection: Connection,
        actor: User,
        room_id: UUID,
        before: int | None,
        after: int | None,
        limit: int,
    ) -> dict[str, Any]:
        found = chat.history(actor, room_id, before=before, after=after, limit=limit)
        return {
            "messages": found.messages,
            "seq": found.seq,
            "more": found.more,
            "deletions": found.deletions,
        }

    def on_delete_message(self, connection: Connection, actor: User, room_id: UUID, id: UUID) -> None:
        chat.delete(actor, room_id, id)

    def on_typing(self, connection: Connection, seat: Seat, room_id: UUID) -> None:
        if "write" in seat.rights:
            payload = {"room": str(room_id), "user": str(connection.user_id), "name": connection.name}
            realtime.relay(self.namespace, str(room_id), "typing", payload, skip_sid=connection.sid)

    def on_hand(self, connection: Connection, actor: User, room_id: UUID, *, raised: bool) -> dict[str, Any]:
        return {"queue": standings.raise_hand(actor, room_id, raised=raised)}

    def on_grant(
        self,
        connection: Connection,
        actor: User,
        room_id: UUID,
        *,
        user: UUID | str,
        right: Right,
        on: bool,
    ) -> None:
        if isinstance(user, UUID):
            standings.grant(actor, room_id, user_id=user, right=right, on=on)
        else:
            standings.grant_everyone(actor, room_id, right=right, on=on)

    def on_remove(self, connection: Connection, actor: User, room_id: UUID, user: UUID) -> None:
        standings.remove(actor, room_id, user_id=user)

    def on_start_lesson(self, connection: Connection, actor: User, room_id: UUID, title: str) -> dict[str, Any]:
        return {"lesson": classrooms.describe_lesson(classrooms.start_lesson(actor, room_id, title=title))}

    def on_end_lesson(self, connection: Connection, actor: User, room_id: UUID) -> None:
        classrooms.end_lesson(actor, room_id)

    # Coming and going, told together and without the noise of reloads

    def stand_up(self, connection: Connection, room_id: UUID) -> None:
        sat = room_id in connection.seats
        super().stand_up(connection, room_id)
        if sat and self._presence.leave(str(room_id), str(connection.user_id), connection.sid):
            self._leaving.add((room_id, connection.user_id))
            socketio.start_background_task(self._went_after_grace, room_id, connection.user_id)

    def _came(self, actor: User, room: Classroom) -> None:
        if (room.id, actor.id) in self._leaving:
            self._leaving.discard((room.id, actor.id))  # back before anybody was told
            return
        if classrooms.announces(room):
            chat.announce(actor, room.id, f"{actor.full_name} joined")
        self._tell(room.id, actor.id, came=True)

    def _went_after_grace(self, room_id: UUID, user_id: UUID) -> None:
        socketio.sleep(LEAVE_GRACE)
        if (room_id, user_id) not in self._leaving:
            return
        self._leaving.discard((room_id, user_id))
        with self.app.app_context():
            if str(user_id) in self._presence.people(str(room_id)):
                return  # in another process
            chat.say_goodbye(room_id, user_id)
            self._tell(room_id, user_id, came=False)

    def _tell(self, room_id: UUID, user_id: UUID, *, came: bool) -> None:
        waiting = room_id in self._news
        self._news[room_id][user_id] = came
        if not waiting:
            socketio.start_background_task(self._tell_news, room_id)

    def _tell_news(self, room_id: UUID) -> None:
        socketio.sleep(NEWS_EVERY)
        news = self._news.pop(room_id, {})
        with self.app.app_context():
            came = [user_id for user_id, came in news.items() if came]
            left = [user_id for user_id, came in news.items() if not came]
            classrooms.tell_people(room_id, came=came, left=left)
