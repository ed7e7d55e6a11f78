import time
from pathlib import Path

import pytest
from flask import Flask

from elearn import create_app
from elearn.errors import Conflict, Forbidden
from elearn.extensions import db
from elearn.models import (
    BoardBatch,
    BoardObject,
    BoardPage,
    Classroom,
    Course,
    Enrolment,
    EnrolmentState,
    Message,
    SignInKind,
    User,
)
from elearn.permissions import OPERATOR
from elearn.services import accounts, board, board_objects, chat, classrooms, courses, demo, people
from elearn.services.accounts import Device
from tests import make
from tests.conftest import settings_for


def test_an_empty_school_becomes_northfield_and_everybody_gets_in(app: Flask, school_database: str) -> None:
    assert demo.is_empty()
    assert demo.sign_ins() == []
    start = time.perf_counter()
    people = demo.seed()
    assert time.perf_counter() - start < 5, "2 s on a quiet machine"
    assert not demo.is_empty()
    assert {person.role for person in people} == {"admin", "manager", "teacher", "student"}
    for person in people:
        device = Device(SignInKind.BROWSER)
        opened = accounts.sign_in(login=person.username, password=person.password, device=device)
        assert opened.user.full_name == person.full_name


def test_seeding_twice_changes_nothing(app: Flask, school_database: str) -> None:
    first = demo.seed()
    before = [db.session.query(table).count() for table in (User, Course, Enrolment, Message, BoardObject)]
    assert demo.seed() == first == demo.sign_ins()
    assert [db.session.query(table).count() for table in (User, Course, Enrolment, Message, BoardObject)] == before


def test_what_stands_in_the_demo_school_obeys_the_rules(app: Flask) -> None:
    demo.seed()
    ada = people.find(OPERATOR, "ada.novak")
    night = courses.by_code(ada, "night-24")
    assert courses.student_count(night) == 48
    assert night.pattern == "night"
    for classroom in db.session.scalars(db.select(Classroom)):
        numbers = db.session.scalars(
            db.select(Message.seq).where(Message.classroom_id == classroom.id).order_by(Message.seq)
        ).all()
        assert list(numbers) == list(range(1, classroom.seq + 1))
    teachers_enrolled = db.session.query(Enrolment).join(User).filter(User.role != "student").count()
    assert teachers_enrolled == 0
    assert db.session.query(Enrolment).filter_by(state=EnrolmentState.BLOCKED).count() == 1
    for course in db.session.scalars(db.select(Course)):
        assert "\n\n" not in course.summary
        assert course.ends_on is None or course.starts_on is None or course.starts_on <= course.ends_on


def test_the_board_and_the_chat_of_the_night_sky_open_like_any_others(app: Flask) -> None:
    demo.seed()
    ben = people.find(OPERATOR, "ben.k")
    room = courses.room_of(courses.by_code(ben, "NIGHT-24"))
    assert classrooms.get(ben, room.id).id == room.id
    assert len(chat.history(ben, room.id).messages) == room.seq > 5
    page = db.session.scalars(db.select(BoardPage).filter_by(classroom_id=room.id)).one()
    assert room.page_id == page.id
    content = board.open_page(ben, room.id, page.id)
    assert content.objects
    assert len(content.objects) > 20
    assert content.rev == page.rev == db.session.query(BoardBatch).count()
    drawn = [{name: value for name, value in made.items() if name != "by"} for made in content.objects]
    board_objects.clean_ops([{"op": "add", "object": made} for made in drawn])


def test_a_school_with_people_is_left_alone(app: Flask) -> None:
    make.person("somebody")
    with pytest.raises(Conflict):
        demo.seed()
    assert db.session.query(User).count() == 1


def test_a_production_gets_no_people_whose_passwords_are_known(app: Flask, tmp_path: Path) -> None:
    production = create_app(
        settings_for(tmp_path, elearn_env="production", base_url="https://school.example", secret_key="s" * 40)
    )
    with production.app_context():
        with pytest.raises(Forbidden):
            demo.seed()
        assert demo.is_empty()
        db.session.remove()
        db.engine.dispose()
