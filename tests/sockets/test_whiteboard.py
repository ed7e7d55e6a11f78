from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from elearn.extensions import db
from elearn.models import BoardObject, Classroom, Course, Right
from tests import make
from tests.people import People
from tests.sockets_client import RoomClient

Connect = Callable[..., RoomClient]
BOARD = "/whiteboard"


def line(**changes: Any) -> dict[str, Any]:
    return {
        "id": uuid4().hex, "kind": "line", "z": 1, "color": "blue", "width": 2, "dash": 0,
        "x1": 0, "y1": 0, "x2": 5000, "y2": 5000,
    } | changes  # fmt: skip


def pen(*points: int) -> dict[str, Any]:
    return {"id": uuid4().hex, "kind": "pen", "z": 1, "color": "red", "width": 1, "points": list(points)}


class Drawing:
    """A client at the board's first page."""

    def __init__(self, client: RoomClient, room: Classroom) -> None:
        self.client = client
        self.room = str(room.id)
        self.joined = client.call(BOARD, "join", {"room": self.room})
        self.page = self.joined.get("page")

    def ops(self, *ops: dict[str, Any], cid: str | None = None) -> dict[str, Any]:
        return self.client.call(
            BOARD, "ops", {"room": self.room, "page": self.page, "cid": cid or uuid4().hex, "ops": list(ops)}
        )

    def add(self, thing: dict[str, Any]) -> dict[str, Any]:
        return self.ops({"op": "add", "object": thing})

    def objects(self) -> dict[str, dict[str, Any]]:
        answer = self.client.call(BOARD, "open", {"room": self.room, "page": self.page})
        return {thing["id"]: thing for thing in answer["objects"]}


def test_everybody_gets_the_same_numbered_batches(connect: Connect, school: People, room: Classroom) -> None:
    ada, ben = Drawing(connect(school.ada), room), Drawing(connect(school.ben), room)
    first, second = line(), pen(10, 10, 5, 5, 5, -5)
    assert ada.add(first)["rev"] == 1
    assert ada.add(second)["rev"] == 2
    assert ada.ops({"op": "set", "id": first["id"], "x1": 100}, {"op": "delete", "id": second["id"]})["rev"] == 3
    for drawing in (ada, ben):
        drawing.client.wait("ops", lambda batch: batch["rev"] == 3)
        assert [batch["rev"] for batch in drawing.client.got("ops")] == [1, 2, 3]
    expected = {first["id"]: {**first, "x1": 100, "by": str(school.ada.id)}}
    assert ben.objects() == expected
    late = Drawing(connect(school.ben), room)
    assert {thing["id"]: thing for thing in late.joined["objects"]} == expected
    assert late.joined["rev"] == 3


def test_who_was_away_gets_what_was_missed(connect: Connect, school: People, room: Classroom) -> None:
    ada = Drawing(connect(school.ada), room)
    for _ in range(4):
        ada.add(line())
    answer = ada.client.call(BOARD, "open", {"room": ada.room, "page": ada.page, "after": 2})
    assert [batch["rev"] for batch in answer["ops"]] == [3, 4]
    beyond = ada.client.call(BOARD, "open", {"room": ada.room, "page": ada.page, "after": 99})
    assert beyond["rev"] == 4
    assert len(beyond["objects"]) == 4


def test_the_same_cid_is_the_same_batch(connect: Connect, school: People, room: Classroom) -> None:
    ada = Drawing(connect(school.ada), room)
    cid, thing = uuid4().hex, line()
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: ada.ops({"op": "add", "object": thing}, cid=cid), range(5)))
    assert {answer["rev"] for answer in answers} == {1}
    assert ada.ops({"op": "clear"}, cid=cid)["error"]["code"] == "cid_reused"
    assert len(ada.objects()) == 1


@pytest.mark.parametrize(
    "op",
    [
        {"op": "add", "object": line(kind="rocket")},
        {"op": "add", "object": line(x1=99999)},
        {"op": "add", "object": line(x1=1.5)},
        {"op": "add", "object": line(x1=True)},
        {"op": "add", "object": line(x1=float("nan"))},
        {"op": "add", "object": line(onload="alert(1)")},
        {"op": "add", "object": line(id="short")},
        {"op": "add", "object": line(id="../../../etc")},
        {"op": "add", "object": pen(1)},
        {"op": "add", "object": pen(*range(3000))},
        {"op": "add", "object": {**line(), "color": "url(x)"}},
        {"op": "add"},
        {"op": "set", "id": "a" * 20},
        {"op": "set", "id": "a" * 20, "by": "somebody"},
        {"op": "fly"},
        {"op": "delete", "id": 5},
        {},
    ],
)
def test_what_the_board_does_not_know_is_refused_whole(
    connect: Connect, school: People, room: Classroom, op: dict[str, Any]
) -> None:
    ada = Drawing(connect(school.ada), room)
    answer = ada.ops({"op": "add", "object": line()}, op)
    assert answer["error"]["code"] == "invalid"
    assert ada.objects() == {}


def test_only_those_who_may_draw_do(connect: Connect, school: People, room: Classroom, course: Course) -> None:
    ada, ben = Drawing(connect(school.ada), room), Drawing(connect(school.ben), room)
    stroke = {"room": ben.room, "page": ben.page, "id": uuid4().hex, "points": [1, 1]}
    assert ben.add(line())["error"]["code"] == "forbidden"
    assert ben.client.call(BOARD, "live", stroke)["error"]["code"] == "forbidden"
    assert Drawing(connect(school.eve), room).joined["error"]["code"] == "forbidden"
    make.grant(school.ben, room, Right.DRAW)
    again = Drawing(connect(school.ben), room)
    theirs = line()
    assert again.add(theirs)["ok"]
    assert again.ops({"op": "clear"})["error"]["code"] == "forbidden"
    assert again.client.call(BOARD, "turn", {"room": ben.room, "page": ben.page})["error"]["code"] == "forbidden"
    assert ada.ops({"op": "clear"})["ok"]
    assert ada.objects() == {}


def test_a_stroke_in_progress_reaches_the_others_and_is_not_stored(
    connect: Connect, school: People, room: Classroom
) -> None:
    ada, ben = Drawing(connect(school.ada), room), Drawing(connect(school.ben), room)
    style = {"kind": "pen", "color": "blue", "width": 2}
    stroke = {"room": ada.room, "page": ada.page, "id": uuid4().hex, "style": style, "points": [100, 100, 5, 5]}
    ada.client.send(BOARD, "live", stroke)
    got = ben.client.wait("live")
    assert (got["by"], got["points"], got["style"]) == (str(school.ada.id), [100, 100, 5, 5], style)
    assert ada.client.got("live") == []
    ada.client.send(BOARD, "cursor", {"room": ada.room, "page": ada.page, "x": 10, "y": 20})
    cursors = ben.client.wait("cursors")["cursors"]
    assert cursors == [{"user": str(school.ada.id), "name": "Ada Novak", "x": 10, "y": 20}]
    assert ben.objects() == {}


def test_pages_are_added_turned_and_removed_by_the_teacher(connect: Connect, school: People, room: Classroom) -> None:
    ada, ben = Drawing(connect(school.ada), room), Drawing(connect(school.ben), room)
    ada.add(line())
    only = {"room": ada.room, "page": ada.page}
    assert ada.client.call(BOARD, "remove_page", only)["error"]["code"] == "last_page"
    added = ada.client.call(BOARD, "add_page", {"room": ada.room, "background": "squared"})["page"]
    assert ben.client.wait("pages")["pages"][1]["id"] == added["id"]
    assert ada.client.call(BOARD, "turn", {"room": ada.room, "page": added["id"]})["ok"]
    assert ben.client.wait("turn")["page"] == added["id"]
    assert Drawing(connect(school.ben), room).page == added["id"]
    assert ada.client.call(BOARD, "remove_page", {"room": ada.room, "page": added["id"]})["ok"]
    ben.client.wait("pages", lambda event: event["page"] == ada.page)
    gone = ada.client.call(BOARD, "open", {"room": ada.room, "page": added["id"]})
    assert gone["error"]["code"] == "not_found"


def test_a_full_page_lets_the_oldest_go(connect: Connect, school: People, room: Classroom) -> None:
    ada, ben = Drawing(connect(school.ada), room), Drawing(connect(school.ben), room)
    for _ in range(5):
        assert ada.ops(*({"op": "add", "object": line()} for _ in range(100)))["ok"]
    oldest = ada.client.got("ops")[0]["ops"]
    assert ada.ops(*({"op": "add", "object": line()} for _ in range(3)))["rev"] == 6
    batch = ben.client.wait("ops", lambda batch: batch["rev"] == 6)
    gone = {op["id"] for op in batch["ops"] if op["op"] == "delete"}
    assert len(gone) == 3
    assert gone <= {op["object"]["id"] for op in oldest}
    db.session.rollback()
    assert db.session.query(BoardObject).filter_by(page_id=UUID(ada.page)).count() == 500


def test_writers_at_once_leave_one_order(connect: Connect, school: People, room: Classroom) -> None:
    drawings = [Drawing(connect(school.ada), room) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        acks = list(pool.map(lambda index: drawings[index % 3].add(line()), range(24)))
    assert sorted(ack["rev"] for ack in acks) == list(range(1, 25))
    for drawing in drawings:
        drawing.client.wait("ops", lambda batch: batch["rev"] == 24)
        assert [batch["rev"] for batch in drawing.client.got("ops")] == list(range(1, 25))
