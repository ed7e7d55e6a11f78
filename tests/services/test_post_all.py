"""Letters that share a transaction: each with its own answer, on both databases."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from elearn import clock
from elearn.errors import DomainError, Unavailable
from elearn.extensions import db, socketio
from elearn.models import Classroom, Course, EnrolmentState, Message, SignIn, User
from elearn.services import chat
from elearn.services.chat import Letter
from elearn.sockets.letters import Letterbox
from tests import make
from tests.people import People
from tests.queries import counted
from tests.services.test_chat import at_once

pytestmark = pytest.mark.usefixtures("school_database")


@pytest.fixture
def course(school: People) -> Course:
    made = make.course(school.ada)
    make.enrol(school.ben, made)
    return made


@pytest.fixture
def room(course: Course) -> UUID:
    return make.room(course).id


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return what the room hears."""
    heard: list[dict[str, Any]] = []
    monkeypatch.setattr(socketio, "emit", lambda _event, payload, **_: heard.append(payload))
    return heard


def come_in(user: User) -> UUID:
    return make.sign_in(user).id


def letter(room: UUID, text: str = "Hello", nonce: str | None = None) -> Letter:
    return Letter(room, text, uuid4().hex if nonce is None else nonce)


def stored(room: UUID) -> list[tuple[int, str]]:
    db.session.rollback()
    query = select(Message.seq, Message.text).where(Message.classroom_id == room).order_by(Message.seq)
    return [(seq, text) for seq, text in db.session.execute(query)]


def outcome(answer: chat.Answer) -> object:
    return answer.code if isinstance(answer, DomainError) else answer["seq"]


def test_fifty_at_once_have_no_gap_and_each_its_own_answer(
    app: Flask, school: People, course: Course, room: UUID, published: list[dict[str, Any]]
) -> None:
    members = [make.person() for _ in range(3)]
    for person in members:
        make.enrol(person, course)
    sign_ins = [come_in(person) for person in (school.ada, school.ben, *members)]
    box = Letterbox(chat.post_all)
    db.session.rollback()

    def write(index: int) -> tuple[str, int]:
        answer = box.send(sign_ins[index % 5], letter(room, f"Text {index}"))
        return answer["text"], answer["seq"]

    answers: Any = at_once(app, 50, write)
    assert sorted(text for text, _ in answers) == sorted(f"Text {index}" for index in range(50))
    assert sorted(answers, key=lambda pair: pair[1]) == [(text, seq) for seq, text in stored(room)]
    assert [message["seq"] for message in published] == list(range(1, 51))


def test_who_is_refused_harms_nobody_else(
    school: People, course: Course, room: UUID, published: list[dict[str, Any]]
) -> None:
    blocked_here, blocked, gone = make.person(), make.person(), make.person()
    make.enrol(blocked_here, course, EnrolmentState.BLOCKED)
    for person in (blocked, gone):
        make.enrol(person, course)
    ada, ben, eve = come_in(school.ada), come_in(school.ben), come_in(school.eve)
    of_blocked_here, of_blocked, of_gone = come_in(blocked_here), come_in(blocked), come_in(gone)
    make.change(blocked, blocked_at=clock.now())
    make.change(db.session.get_one(SignIn, of_gone), ended_at=clock.now())
    chat.post(school.ben, room, text="Before", nonce="nonce-of-ben")
    answers = chat.post_all(
        [
            (ben, letter(room, "One")),
            (of_blocked_here, letter(room)),
            (of_blocked, letter(room)),
            (of_gone, letter(room)),
            (uuid4(), letter(room)),
            (eve, letter(room)),
            (ben, letter(room, "Another text", "nonce-of-ben")),
            (ben, letter(room, "Before", "nonce-of-ben")),
            (ada, letter(room, "Not Ben's", "nonce-of-ben")),
            (ben, letter(room, " \n ")),
            (ben, letter(room, "x" * 5001)),
            (ben, letter(room, "half \ud800")),
            (ben, letter(room, "Hello", "nonce \ud800\x00")),
            (ben, letter(uuid4())),
            (ada, letter(room, "Two", "nonce-of-ada")),
            (ada, letter(room, "Two", "nonce-of-ada")),
            (ada, letter(room, "Three", "nonce-of-ada")),
            (ben, letter(room, "Four")),
        ]
    )
    assert [outcome(answer) for answer in answers] == [
        2, "not_found", "unauthenticated", "unauthenticated", "unauthenticated", "forbidden", "nonce_reused", 1, 3,
        "invalid", "invalid", "invalid", "invalid", "not_found", 4, 4, "nonce_reused", 5,
    ]  # fmt: skip
    assert stored(room) == [(1, "Before"), (2, "One"), (3, "Not Ben's"), (4, "Two"), (5, "Four")]
    assert [message["seq"] for message in published] == [1, 2, 3, 4, 5]


def test_rights_are_read_with_every_group(school: People, course: Course, room: UUID) -> None:
    ben = come_in(school.ben)
    assert outcome(chat.post_all([(ben, letter(room))])[0]) == 1
    enrolment = make.enrol(school.eve, course)
    eve = come_in(school.eve)
    assert [outcome(answer) for answer in chat.post_all([(ben, letter(room)), (eve, letter(room))])] == [2, 3]
    make.change(enrolment, state=EnrolmentState.BLOCKED)
    assert [outcome(answer) for answer in chat.post_all([(ben, letter(room)), (eve, letter(room))])] == [4, "not_found"]
    make.change(course, state="archived")
    assert [outcome(answer) for answer in chat.post_all([(ben, letter(room))])] == ["forbidden"]


def test_twenty_letters_cost_as_many_statements_as_two(school: People, course: Course, room: UUID) -> None:
    sign_ins = [come_in(school.ada), come_in(school.ben)]
    for _ in range(18):
        person = make.person()
        make.enrol(person, course)
        sign_ins.append(come_in(person))

    def cost(group: list[UUID]) -> list[str]:
        with counted() as statements:
            answers = chat.post_all([(sign_in, letter(room)) for sign_in in group])
        assert not [answer for answer in answers if isinstance(answer, DomainError)]
        return [statement.split()[0] for statement in statements]

    assert cost(sign_ins[:2]) == cost(sign_ins) == ["SELECT", "SELECT", "SELECT", "INSERT", "UPDATE"]
    assert len(stored(room)) == 22


def test_rooms_of_one_group_count_by_themselves(school: People, room: UUID) -> None:
    other = make.room(make.course(school.ada)).id
    ada = come_in(school.ada)
    answers = chat.post_all([(ada, letter(one, f"{index}")) for index, one in enumerate((room, other) * 3)])
    assert [outcome(answer) for answer in answers] == [1, 1, 2, 2, 3, 3]
    assert stored(room) == [(1, "0"), (2, "2"), (3, "4")]
    assert stored(other) == [(1, "1"), (2, "3"), (3, "5")]
    assert [db.session.get_one(Classroom, one).seq for one in (room, other)] == [3, 3]


@pytest.fixture
def failing_commit(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    def fail(_session: Session) -> None:
        raise OperationalError("COMMIT", {}, Exception("the disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr(Session, "commit", fail)
        yield patch


def test_a_failing_commit_refuses_all_of_the_group_and_tells_nobody(
    app: Flask, school: People, room: UUID, published: list[dict[str, Any]], request: pytest.FixtureRequest
) -> None:
    ada, ben = come_in(school.ada), come_in(school.ben)
    box = Letterbox(chat.post_all)
    letters = [letter(room, f"Text {index}") for index in range(10)]
    db.session.rollback()

    def write(index: int) -> object:
        return box.send((ada, ben)[index % 2], letters[index])["seq"]

    patch = request.getfixturevalue("failing_commit")
    refused = at_once(app, 10, write)
    assert [type(error) for error in refused] == [Unavailable] * 10
    assert published == []
    patch.undo()
    assert stored(room) == []
    assert sorted(at_once(app, 10, write)) == list(range(1, 11))  # type: ignore[type-var]
    assert [message["seq"] for message in published] == list(range(1, 11))


# A small table is read whole on PostgreSQL, which is right there.
@pytest.mark.parametrize("school_database", ["sqlite"])
def test_looking_for_nonces_does_not_read_the_whole_chat(school: People, room: UUID) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "messages.nonce IN" in statement:
            asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    ben = come_in(school.ben)
    chat.post_all([(ben, letter(room)) for _ in range(64)])
    event.remove(db.engine, "before_cursor_execute", note)
    [(statement, parameters)] = asked
    plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    [look] = [row.detail for row in plan if "messages" in row.detail]
    assert look.startswith("SEARCH messages USING INDEX")
    assert "nonce=?" in look
