"""A temporary school for the benchmark: one course, 200 students who are signed in, and one live room."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask_jwt_extended import create_access_token
from flask_migrate import upgrade
from sqlalchemy import select

from elearn import clock, create_app
from elearn.extensions import db
from elearn.models import (
    Classroom,
    Course,
    CourseState,
    Enrolment,
    EnrolmentState,
    Role,
    SignIn,
    SignInKind,
    Standing,
    Subject,
    User,
    fold,
)
from tools.benchmarks.loads import LOADS, Place
from tools.benchmarks.wire import Wire

ROOT = Path(__file__).resolve().parents[2]
NAMESPACES = ("/classroom", "/whiteboard", "/audio")


@dataclass(frozen=True)
class School:
    """What a server needs to serve this school, and what clients need to come in."""

    environment: dict[str, str]
    room: str
    tokens: list[str]


@contextmanager
def arranged(students: int, port: int) -> Iterator[School]:
    """Make the school in a folder of its own, and take it away afterwards."""
    with tempfile.TemporaryDirectory(prefix="elearn-bench-") as folder:
        environment = {
            **os.environ,
            "ELEARN_ENV": "development",
            "INSTANCE_PATH": folder,
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "ACCESS_TOKEN_MINUTES": "60",
            "LOG_LEVEL": "WARNING",
            "ROOM_PACE": "1000",
        }
        made = subprocess.run(
            [sys.executable, "-m", "tools.benchmarks.school", str(students)],
            cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        yield School(environment, **json.loads(made.stdout.splitlines()[-1]))


def enter(school: School, port: int) -> tuple[list[Wire], Place]:
    """Sign everybody in, seat them in the room, and let those speak who will."""
    wires: list[Wire] = []
    streams: list[int] = []
    page = ""
    for token in school.tokens:
        wire = Wire(port, f"/socket.io/?EIO=4&transport=websocket&room={school.room}")
        wire.open()
        for namespace in NAMESPACES:
            wire.enter(namespace, token)
        wire.call("/classroom", "join", {"room": school.room})
        page = wire.call("/whiteboard", "join", {"room": school.room})["page"]
        wire.call("/audio", "listen", {"room": school.room, "on": True})
        if len(wires) < LOADS["audio"].senders:
            voice = {"room": school.room, "codec": "opus", "rate": 48000, "frame_ms": 20}
            streams.append(wire.call("/audio", "start", voice)["stream"])
        wires.append(wire)
    return wires, Place(school.room, page, streams)


def arrange(students: int) -> dict[str, Any]:
    """Fill an empty database; everyone may draw, and the first may speak."""
    upgrade()
    teacher = _person(0, Role.TEACHER)
    course = _course(teacher)
    room = db.session.scalars(select(Classroom).where(Classroom.course_id == course.id)).one()
    room.everyone_draws = True
    tokens = []
    for number in range(1, students + 1):
        student = _person(number, Role.STUDENT)
        opened = SignIn(user_id=student.id, kind=SignInKind.API, expires_at=clock.now() + timedelta(days=1))
        speaks = number <= LOADS["audio"].senders
        db.session.add_all(
            [
                opened,
                Enrolment(course_id=course.id, user_id=student.id, state=EnrolmentState.ACTIVE),
                Standing(classroom_id=room.id, user_id=student.id, draws=True, speaks=speaks),
            ]
        )
        db.session.flush()
        tokens.append(create_access_token(str(student.id), additional_claims={"sid": str(opened.id)}))
    db.session.commit()
    return {"room": str(room.id), "tokens": tokens}


def _person(number: int, role: Role) -> User:
    name = f"person{number:03d}"
    email = f"{name}@school.example"
    user = User(
        username=name, username_key=fold(name), email=email, email_key=fold(email), full_name=f"Person {number}",
        name_key=f"person {number}", email_verified_at=clock.now(),
        password_hash="!", role=role,  # noqa: S106 - nobody signs in with it
    )  # fmt: skip
    db.session.add(user)
    db.session.flush()
    return user


def _course(teacher: User) -> Course:
    """Add a published course and its room."""
    course = Course(
        teacher_id=teacher.id, code="BENCH-1", code_key=fold("BENCH-1"), title="A full room",
        state=CourseState.PUBLISHED, subject=Subject.SCIENCE,
    )  # fmt: skip
    db.session.add(course)
    db.session.flush()
    db.session.add(Classroom(course_id=course.id, name=course.title))
    db.session.flush()
    return course


if __name__ == "__main__":
    app = create_app()
    with app.app_context():
        print(json.dumps(arrange(int(sys.argv[1]))))
