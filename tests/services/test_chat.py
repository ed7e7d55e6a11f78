"""The rules of chat and board that two could break together, on both databases."""

import threading
from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from elearn.extensions import db
from elearn.models import BoardPage, Classroom, Course, Message, User
from elearn.services import board, chat, classrooms
from tests import make
from tests.people import People

pytestmark = pytest.mark.usefixtures("school_database")


@pytest.fixture
def course(school: People) -> Course:
    made = make.course(school.ada)
    make.enrol(school.ben, made)
    return made


@pytest.fixture
def room(course: Course) -> Classroom:
    return make.room(course)


def at_once(app: Flask, number: int, task: Callable[[int], object]) -> list[object]:
    """Run a task many times in parallel; return what came, answers and errors alike."""
    results: list[object] = []
    barrier = threading.Barrier(number)

    def run(index: int) -> None:
        with app.app_context():
            barrier.wait()
            try:
                results.append(task(index))
            except Exception as error:  # noqa: BLE001 - the test looks at them
                results.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_numbers_have_no_gap_and_no_double(app: Flask, school: People, room: Classroom) -> None:
    people, room_id = [school.ada.id, school.ben.id], room.id

    def write(index: int) -> int:
        user = db.session.get_one(User, people[index % 2])
        return int(chat.post(user, room_id, text=f"Text {index}", nonce=uuid4().hex)["seq"])

    assert sorted(at_once(app, 16, write)) == list(range(1, 17))  # type: ignore[type-var]
    db.session.rollback()
    assert db.session.scalars(select(Message.seq).order_by(Message.seq)).all() == list(range(1, 17))


def test_one_nonce_at_once_is_one_message(app: Flask, school: People, room: Classroom) -> None:
    ben, room_id, nonce = school.ben.id, room.id, uuid4().hex

    def write(_index: int) -> object:
        return chat.post(db.session.get_one(User, ben), room_id, text="Once", nonce=nonce)["id"]

    assert len(set(at_once(app, 10, write))) == 1
    db.session.rollback()
    assert db.session.query(Message).count() == 1


def test_batches_at_once_get_one_order(app: Flask, school: People, room: Classroom) -> None:
    ada, room_id = school.ada.id, room.id
    board.snapshot(school.ada, room_id)
    page_id = db.session.scalars(select(BoardPage.id)).one()

    def draw(_index: int) -> int:
        thing = {"id": uuid4().hex, "kind": "pen", "z": 1, "color": "red", "width": 1, "points": [1, 1]}
        ops = [{"op": "add", "object": thing}]
        return board.apply(db.session.get_one(User, ada), room_id, page_id, cid=uuid4().hex, ops=ops)

    assert sorted(at_once(app, 12, draw)) == list(range(1, 13))  # type: ignore[type-var]
    db.session.rollback()
    content = board.open_page(db.session.get_one(User, ada), room_id, page_id)
    assert content.rev == 12
    assert len(content.objects or []) == 12


def test_two_lessons_at_once_are_one(app: Flask, school: People, room: Classroom) -> None:
    ada, room_id = school.ada.id, room.id

    def start(_index: int) -> object:
        return classrooms.start_lesson(db.session.get_one(User, ada), room_id, title="A lesson").title

    results = at_once(app, 8, start)
    assert results.count("A lesson") == 1
    assert {getattr(result, "code", None) for result in results if result != "A lesson"} == {"going_on"}


def test_history_pages_in_both_directions(school: People, room: Classroom) -> None:
    for number in range(9):
        chat.post(school.ben, room.id, text=f"Text {number}", nonce=uuid4().hex)
    latest = chat.history(school.ben, room.id, limit=4)
    assert [message["seq"] for message in latest.messages] == [6, 7, 8, 9]
    assert latest.more
    before = chat.history(school.ben, room.id, before=6, limit=10)
    assert [message["seq"] for message in before.messages] == [1, 2, 3, 4, 5]
    assert not before.more
    after = chat.history(school.ben, room.id, after=2, limit=3)
    assert [message["seq"] for message in after.messages] == [3, 4, 5]
    assert after.more
    assert chat.history(school.ben, room.id, after=99).messages == []
