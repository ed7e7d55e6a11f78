"""One running server for all tests of this folder; each test brings its own people, course and room."""

from collections.abc import Callable, Iterator

import pytest

from elearn.models import User
from tests import shared_school
from tests.servers import RunningSchool
from tests.sockets_client import RoomClient

# One server for the folder; fixtures are known by the names that they have here.
shared_settings, shared_app, server = shared_school.shared_settings, shared_school.shared_app, shared_school.server
app, school = shared_school.app, shared_school.school
course, room = shared_school.course, shared_school.room


@pytest.fixture
def connect(server: RunningSchool) -> Iterator[Callable[..., RoomClient]]:
    """Open sockets as somebody; all are closed at the end."""
    opened: list[RoomClient] = []

    def connect_as(user: User, to: RunningSchool | None = None, cookie: str = "") -> RoomClient:
        target = to or server
        opened.append(RoomClient(target.url, cookie=cookie or target.cookie(user)))
        return opened[-1]

    yield connect_as
    for client in opened:
        client.close()
