"""The demo school: people, courses, a chat and a board to look at and to try things with."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import insert, select

from config import Settings
from elearn import clock
from elearn.errors import Conflict, Forbidden
from elearn.extensions import current_settings, db
from elearn.integrations import passwords
from elearn.models import (
    Background,
    BoardBatch,
    BoardObject,
    BoardPage,
    Classroom,
    Course,
    Enrolment,
    EnrolmentState,
    Lesson,
    Message,
    MessageKind,
    Role,
    Status,
    User,
    fold,
    uuid7,
)
from elearn.services import demo_school as school
from elearn.services import search
from elearn.services.demo_school import Book, Person
from elearn.transaction import transactional

log = structlog.get_logger(__name__)

PASSWORD = "northfield-demo"  # noqa: S105 - everybody may know it: a demo school refuses to stand in production

# A line end within a paragraph: our source is wrapped, the text of a course is not.
WRAPPED = re.compile(r"(?<=[^\n|`])\n(?=[A-Za-z*])")


@dataclass(frozen=True)
class DemoSignIn:
    """Say how to get in as one of the demo people."""

    username: str
    password: str
    role: str
    full_name: str


def is_empty() -> bool:
    """Tell whether nobody is in the school yet."""
    return db.session.scalar(select(User.id).limit(1)) is None


def sign_ins() -> list[DemoSignIn]:
    """Return the people to try things with, as far as they are here."""
    shown = [*school.STAFF[:4], *school.STUDENTS[:2]]
    here = set(db.session.scalars(select(User.username).where(User.username.in_([p.username for p in shown]))))
    return [
        DemoSignIn(person.username, PASSWORD, person.role.value, person.full_name)
        for person in shown
        if person.username in here
    ]


def seed() -> list[DemoSignIn]:
    """Fill the empty school, or leave the demo school that is there as it is; return how to get in.

    Raises `Conflict` when other people are here already, and `Forbidden` in production: its passwords are known.
    """
    settings: Settings = current_settings()
    if settings.is_production:
        raise Forbidden("A school in production gets no demo people: everybody knows their passwords.")
    if is_empty():
        # Hashing is slow: before the transaction. Those who teach and the first students have a hash of their own.
        named = [person.username for person in (*school.STAFF, *school.STUDENTS[:2])]
        _fill({name: passwords.hash_password(PASSWORD) for name in named}, passwords.hash_password(PASSWORD))
    found = sign_ins()
    if not found:
        raise Conflict("not_empty", "There are people in this school already. The demo school needs an empty one.")
    return found


@transactional
def _fill(hashes: dict[str, str], pupils_hash: str) -> None:
    if not is_empty():
        return
    chance = random.Random(7)  # noqa: S311 - the same school each time
    now = clock.now().replace(second=0, microsecond=0)
    people = _add_people(hashes, pupils_hash, now)
    rooms = {book.code: _add_course(book, people, now, chance) for book in school.BOOKS}
    _add_night(rooms[school.NIGHT.code], people, now)
    db.session.add_all(
        Status(user_id=people[name], text=text, created_at=now - timedelta(minutes=minutes))
        for name, minutes, text in school.STATUSES
    )
    log.info("demo_school_seeded", people=len(people), courses=len(rooms))


def _ids(tint: int) -> Iterator[UUID]:
    while True:
        made = uuid7()
        if made.int % 6 + 1 == tint:
            yield made


def _add_people(hashes: dict[str, str], pupils_hash: str, now: datetime) -> dict[str, UUID]:
    pupils = [
        Person(name.lower().replace("ø", "o").replace(" ", "."), name, Role.STUDENT, number % 6 + 1)
        for number, name in enumerate(school.PUPILS)
    ]
    everybody = [*school.STAFF, *school.STUDENTS, *pupils]
    rows: list[dict[str, Any]] = [
        {
            "id": next(_ids(person.tint)),
            "username": person.username,
            "username_key": fold(person.username),
            "email": f"{person.username}@{school.HOST}",
            "email_key": fold(f"{person.username}@{school.HOST}"),
            "email_verified_at": now - timedelta(days=100),
            "full_name": person.full_name,
            "name_key": fold(person.full_name),
            "password_hash": hashes.get(person.username, pupils_hash),
            "role": person.role,
            "bio": person.bio,
            "time_zone": school.TIME_ZONE,
            "created_at": now - timedelta(days=100) + timedelta(hours=number * 19),
        }
        for number, person in enumerate(everybody)
    ]
    db.session.execute(insert(User), rows)
    for person in db.session.scalars(select(User)):
        search.index(person)
    return {row["username"]: row["id"] for row in rows}


def _add_course(book: Book, people: dict[str, UUID], now: datetime, chance: random.Random) -> Classroom:
    today = now.date()
    age = timedelta(days=max(10, 14 - (book.starts or 0)))
    course = Course(
        id=uuid7(),
        teacher_id=people[book.teacher],
        title=book.title,
        code=book.code,
        code_key=fold(book.code),
        summary=book.summary,
        description=WRAPPED.sub(" ", book.description.strip()),
        subject=book.subject,
        cover_cloth=book.cloth,
        cover_pattern=book.pattern,
        starts_on=today + timedelta(days=book.starts) if book.starts is not None else None,
        ends_on=today + timedelta(days=book.ends) if book.ends is not None else None,
        state=book.state,
        created_at=now - age,
        updated_at=now - age,
    )
    db.session.add(course)
    db.session.flush()
    room = Classroom(course_id=course.id, name=book.title, created_at=now - age)
    db.session.add(room)
    others = sorted(set(people) - {p.username for p in (*school.STAFF, *school.STUDENTS)} - {school.BLOCKED[0]})
    students = [*book.regulars, *chance.sample(others, max(0, book.students - len(book.regulars)))]
    rows: list[dict[str, Any]] = [
        {"user_id": people[name], "enrolled_at": now - age * chance.uniform(0.1, 0.9)} for name in students
    ]
    if rows:
        rows = [{"course_id": course.id, "changed_at": row["enrolled_at"], **row} for row in rows]
        db.session.execute(insert(Enrolment), rows)
    db.session.flush()
    return room


def _add_night(room: Classroom, people: dict[str, UUID], now: datetime) -> None:
    """Give the Night Sky its history: lessons, chat, a board, and one person who may not come back."""
    ada, (blocked, reason) = people[school.NIGHT.teacher], school.BLOCKED
    at = now - timedelta(days=9)
    db.session.add(
        Enrolment(
            course_id=room.course_id,
            user_id=people[blocked],
            state=EnrolmentState.BLOCKED,
            reason=reason,
            enrolled_at=at,
            changed_at=at,
        )
    )
    # The first of Ben's courses on his page is the one that he joined last.
    ben = db.session.get_one(Enrolment, (room.course_id, people["ben.k"]), populate_existing=True)
    ben.enrolled_at = ben.changed_at = now - timedelta(days=2)
    for days, title, minutes in school.LESSONS:
        start = now - timedelta(days=days)
        end = start + timedelta(minutes=minutes)
        db.session.add(Lesson(classroom_id=room.id, title=title, started_by=ada, started_at=start, ended_at=end))
    last = now - timedelta(minutes=25)
    for seq, (name, minutes, text) in enumerate(school.CHAT, start=1):
        sent_at = last - timedelta(minutes=minutes)
        db.session.add(
            Message(
                classroom_id=room.id,
                seq=seq,
                kind=MessageKind.TEXT,
                sender_id=people[name],
                text=text,
                sent_at=sent_at,
            )
        )
    room.seq = len(school.CHAT)
    page = BoardPage(classroom_id=room.id, position=1, background=Background.SQUARED, rev=1, created_at=last)
    db.session.add(page)
    db.session.flush()
    room.page_id = page.id
    drawn = list(_plough())
    ops = [{"op": "add", "object": {**made, "by": str(ada)}} for made in drawn]
    db.session.add(BoardBatch(page_id=page.id, rev=1, author_id=ada, cid="demo-plough", ops=ops, applied_at=last))
    for made in drawn:
        body = {name: value for name, value in made.items() if name != "id"}
        db.session.add(BoardObject(page_id=page.id, id=made["id"], added_rev=1, author_id=ada, body=body))


def _plough() -> Iterator[dict[str, Any]]:
    """Draw the Plough and the way from it to the Pole Star."""
    z = 0

    def thing(kind: str, color: str, **properties: Any) -> dict[str, Any]:
        nonlocal z
        z += 1
        return {"id": f"demo-{kind}-{z:03}", "kind": kind, "z": z, "color": color, **properties}

    stars = school.STARS
    names = ["Alkaid", "Mizar", "Alioth", "Megrez", "Phecda", "Merak", "Dubhe", "Megrez"]
    yield thing("highlighter", "yellow", width=3, points=_pen((5930, 5150), (5990, 3900)))
    for first, second in pairwise(names):
        (x1, y1), (x2, y2) = stars[first], stars[second]
        yield thing("line", "blue", width=1, dash=0, x1=x1, y1=y1, x2=x2, y2=y2)
    (x1, y1), (x2, y2) = stars["Dubhe"], stars["Polaris"]
    yield thing("arrow", "red", width=2, dash=1, x1=x1 + 90, y1=y1 - 160, x2=x2 - 100, y2=y2 + 220)
    for name, (x, y) in stars.items():
        yield thing("pen", "black", width=3, points=_pen((x, y)))
        yield thing("text", "black", x=x + 120, y=y + 90, w=1600, size=1, text=name)
    yield thing("text", "black", x=600, y=500, w=5200, size=3, text="From the Plough to north")
    yield thing("text", "red", x=7150, y=2450, w=2500, size=2, text="5 times this distance")
    yield thing(
        "pen",
        "green",
        width=2,
        points=_pen(*((300 + 392 * step, 8900 - 90 * (step % 5) * (step % 3)) for step in range(25))),
    )
    yield thing("text", "green", x=400, y=9050, w=4000, size=2, text="the northern horizon")


def _pen(*points: tuple[int, int]) -> list[int]:
    """Return the way of a pen: its first point, then the steps."""
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)]
    return [number for pair in (points[0], *steps) for number in pair]
