"""Tell every process to look again at somebody's open sockets, after a right may have been lost."""

from uuid import UUID

from elearn.integrations import realtime
from elearn.transaction import after_commit


def recheck_person(user_id: UUID) -> None:
    """Recheck all sockets of this person once the change is committed."""
    message = {"recheck": "person", "id": str(user_id)}
    after_commit(lambda: realtime.control(message))


def recheck_room(classroom_id: UUID) -> None:
    """Recheck everybody in this room once the change is committed."""
    message = {"recheck": "room", "id": str(classroom_id)}
    after_commit(lambda: realtime.control(message))
