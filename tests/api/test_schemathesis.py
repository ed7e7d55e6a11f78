"""Every operation of the document, called with what it allows and with what it forbids, as each kind of person."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import strategies as st
from PIL import Image
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi.schemas import OpenApiSchema

from elearn import create_app
from elearn.api import idempotency, tokens
from elearn.extensions import db
from elearn.models import (
    Email,
    EmailState,
    EnrolmentState,
    ImportRowState,
    ImportState,
    InvitationImport,
    InvitationImportRow,
    Notification,
    NotificationKind,
    Right,
    Role,
    SignInKind,
    User,
    parse_id,
    uuid7,
)
from elearn.services import accounts, board, chat, classrooms, profiles, standings, statuses
from elearn.services.accounts import NAME_MAX, PASSWORD_MAX, PASSWORD_MIN, Device
from elearn.services.board_objects import EXTENT, HIGH, LOW, POINTS_MAX
from elearn.services.course_texts import CODE_MAX, CODE_MIN
from tests import invited, make, people
from tests.api.serving import served
from tests.conftest import settings_for
from tests.people import People

# `python -m tools.fuzz` turns them up; a manager is an admin with fewer rights.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "6"))
ROLES = os.environ.get("FUZZ_ROLES", "admin teacher student visitor").split()
LIST = b"email,full_name,role,course_codes\nzoe@school.example,Zoe,student,\n"
EXAMPLE_TAG = '"4"'

# What the examples of the document are called; once they are taken, a new thing needs a name of its own.
EXAMPLE_NAMES = {
    "cid": "c-8f2k1m0a",
    "nonce": "n-5d1c9a0b",
    "code": "BIO-7",
    "username": "elif.aydin",
    "email": "elif@example.org",
}


def word(*lengths: int) -> st.SearchStrategy[str]:
    """Make up a word of one of these lengths."""
    return st.builds(
        lambda length, number: f"{number:04x}".ljust(length, "z")[:length],
        st.sampled_from(lengths),
        st.integers(0, 0xFFFF),
    )


# What the formats of the document stand for; its introduction explains them.
FORMATS: dict[str, st.SearchStrategy[str]] = {
    "code": word(CODE_MIN, CODE_MIN + 1, 7, CODE_MAX - 1, CODE_MAX),
    "name": word(1, 2, 7, NAME_MAX - 1, NAME_MAX),
    "login": st.sampled_from(["ben", "eve@school.example", "yuki.tanaka"]),
    "password": word(PASSWORD_MIN - 4, 7, PASSWORD_MAX - 5, PASSWORD_MAX - 4).map("four{}".format),
    "email": word(1, 7, 30).map("{}@school.example".format),
    "entity-tags": st.sampled_from([EXAMPLE_TAG, '"1"', '"3", "1"', 'W/"1"', '""', "*"]),
    "time-zone": st.sampled_from(profiles.time_zones()),
}


@dataclass
class Target:
    """The school that is called: one picture of it, put back for each operation."""

    app: Flask
    url: str
    picture: Path
    ids: dict[str, list[str]]
    tokens: dict[str, str]
    operation: str = ""

    def prepare(self, operation: str) -> None:
        if operation == self.operation:
            return
        self.operation = operation
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        database = Path(self.app.instance_path) / "elearn.db"
        for name in ("elearn.db-wal", "elearn.db-shm"):
            database.with_name(name).unlink(missing_ok=True)
        shutil.copy(self.picture, database)


@pytest.fixture(scope="module")
def target(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    instance = tmp_path_factory.mktemp("schemathesis")
    shutil.copy(sqlite_template, instance / "elearn.db")
    app = create_app(settings_for(instance))
    with app.app_context(), app.test_request_context():
        school = people.arrive()
        make.person("yuki.tanaka")  # the student and the teacher of the document's examples
        make.person("jonas.weber", Role.TEACHER)
        courses = [make.course(school.ada) for _ in range(2)]
        room_id = make.room(courses[0]).id
        make.enrol(school.ben, courses[0])
        make.enrol(school.eve, courses[0], EnrolmentState.BLOCKED)
        standings.grant_everyone(school.ada, room_id, right=Right.DRAW, on=True)
        ids = {
            "course_id": [str(course.id) for course in courses],
            "user_id": [str(school.ben.id), str(school.eve.id)],
            "room_id": [str(room_id)],
            "lesson_id": [str(classrooms.start_lesson(school.ada, room_id).id)],
            "notification_id": notifications_of(school.ben),
            "message_id": [chat.post(school.ben, room_id, text="Hello", nonce="nonce-0001")["id"]],
            "invitation_id": [str(invited.invite(school.ada, f"{name}@x.example").invitation_id) for name in "ab"],
            "token": [invited.token_of("a@x.example")],
            "page_id": [board.snapshot(school.ada, room_id)["page"]],
            "status_id": [str(statuses.post(school.ben, "Reading").id)],
            "email_id": [failed_email(school.ben)],
            "import_id": [checked_list(school.ada)],
        }
        signed_in = {role: access_token(who) for role, who in who_calls(school).items()} | {"visitor": ""}
        db.session.remove()
        db.engine.dispose()
    shutil.copy(instance / "elearn.db", instance / "picture.db")
    with served(app) as url:
        target = Target(app, url, instance / "picture.db", ids, signed_in)
        with completed_for(target):
            yield target


def who_calls(school: People) -> dict[str, User]:
    manager = make.person("maya.osei", Role.MANAGER)
    return {"admin": school.root, "manager": manager, "teacher": school.ada, "student": school.ben}


def failed_email(person: User) -> str:
    return str(make.save(Email(id=uuid7(), letter="email_taken", to_email=person.email, state=EmailState.FAILED)).id)


def checked_list(teacher: User) -> str:
    imported = InvitationImport(
        id=uuid7(), invited_by_id=teacher.id, file_name="class.csv", state=ImportState.CHECKED, total=1, good=1
    )
    make.save(imported)
    make.save(InvitationImportRow(import_id=imported.id, line=2, email="zoe@school.example", state=ImportRowState.OK))
    return str(imported.id)


def notifications_of(person: User) -> list[str]:
    make.save(*(Notification(user_id=person.id, kind=NotificationKind.ACCOUNT) for _ in range(2)))
    return [str(one) for one in db.session.scalars(db.select(Notification.id).filter_by(user_id=person.id))]


def access_token(person: User) -> str:
    device = Device(SignInKind.API)
    opened = accounts.sign_in(login=person.username, password=make.PASSWORD, device=device)
    return str(tokens.issue(opened)["access_token"])


def teach_formats() -> None:
    for name, strategy in FORMATS.items():
        schemathesis.openapi.format(name, strategy)
    for kind in ("PNG", "JPEG", "WEBP"):
        picture = BytesIO()
        Image.new("RGB", (8, 8), "teal").save(picture, kind)
        schemathesis.openapi.media_type(f"image/{kind.lower()}", st.just(picture.getvalue()))
    schemathesis.openapi.media_type("text/csv", st.just(LIST))


def load(target: Target, role: str) -> OpenApiSchema:
    """Read the document as a client does, and set up how it is tried."""
    teach_formats()
    generation = {"max-examples": EXAMPLES, "deterministic": True, "database": "none"}
    config = schemathesis.Config.from_dict({"generation": generation})  # all phases and all checks are on
    loaded = schemathesis.openapi.from_url(f"{target.url}/api/schema/", config=config)
    if role == "visitor":  # all others are closed to them, as tests/permissions/ shows one by one
        loaded = loaded.include(lambda context: context.operation.definition.raw.get("security") == [])

    @loaded.auth(refresh_interval=None)
    class BySignIn:
        def get(self, case: Any, _context: Any) -> str:
            # The steps of one story share one school: what they delete stays deleted.
            is_story = case.meta is not None and case.meta.phase.name is TestPhase.STATEFUL
            target.prepare("a story" if is_story else case.operation.label)
            return target.tokens[role]

        def set(self, case: Any, data: str, _context: Any) -> None:
            if data:
                case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}

    return loaded


@contextmanager
def completed_for(target: Target) -> Iterator[None]:
    """Complete each request before it is sent, in every phase."""
    numbers = count(1)

    def before_call(context: Any, case: Any, kwargs: Any) -> None:
        del context, kwargs
        number = next(numbers)
        if number % 8:
            name_real_things(case, target.ids, number)
        if "q" in (case.query or {}) and case.query.get("sort") == "-created_at" and "/users/" in case.path:
            case.query = {**case.query, "sort": "full_name"}  # a search by words comes by name
        if isinstance(case.body, dict):
            mended = deepcopy(case.body)  # one phase makes many cases of the same parts
            name_new_things(mended, number)
            name_real_things_within(mended, target.ids, number)
            mend(mended)
            if mended != case.body:
                case.body = mended

    schemathesis.hook(before_call)
    yield
    schemathesis.hooks.unregister(before_call)


def name_real_things(case: Any, ids: dict[str, list[str]], number: int) -> None:
    """Put what is there in the place of well-formed ids and tags: what comes after the 404 is to be tried too."""
    for name, value in case.path_parameters.items():
        known = ids.get(name, [])
        if known and parse_id(value) is not None:
            case.path_parameters[name] = known[number % len(known)]
    if case.headers.get("If-Match") == EXAMPLE_TAG:
        case.headers["If-Match"] = "*"
    if case.headers.get(idempotency.HEADER) in idempotency.KEY["schema"]["examples"]:
        case.headers[idempotency.HEADER] = f"key-{number}"


def name_real_things_within(body: dict[str, Any], ids: dict[str, list[str]], number: int) -> None:
    for name in ("page", "user"):
        if number % 8 and parse_id(body.get(name)) is not None:
            body[name] = ids[f"{name}_id"][number % len(ids[f"{name}_id"])]


def name_new_things(body: dict[str, Any], number: int) -> None:
    for name, example in EXAMPLE_NAMES.items():
        if body.get(name) == example:
            body[name] = f"n{number}-{example}"


def mend(body: dict[str, Any]) -> None:
    """Mend what JSON Schema cannot say: the order of days, that not all speak at once, and where points lie.

    What breaks what it can say stays as it is.
    """
    first, last = body.get("starts_on"), body.get("ends_on")
    if isinstance(first, str) and isinstance(last, str):
        body["starts_on"], body["ends_on"] = sorted([first, last])
    if body.get("user") == "*" and body.get("right") == "speak" and body.get("on") is True:
        body["on"] = False
    for op in body["ops"] if isinstance(body.get("ops"), list) else []:
        for holder in (op, op.get("object")) if isinstance(op, dict) else ():
            if isinstance(holder, dict) and are_near(holder.get("points")):
                holder["points"] = on_the_board(holder["points"])


def are_near(points: Any) -> bool:
    """Tell whether these are points as far as JSON Schema says."""
    whole = isinstance(points, list) and all(
        isinstance(step, int | float) and not isinstance(step, bool) and step == int(step) for step in points
    )
    return (
        whole
        and 2 <= len(points) <= POINTS_MAX
        and all(LOW <= place <= HIGH for place in points[:2])
        and all(abs(step) <= EXTENT for step in points[2:])
    )


def on_the_board(points: list[int]) -> list[int]:
    """Return the points in pairs, with shorter steps where they would leave the board."""
    steps, place = [], [0, 0]
    for index, step in enumerate(points[: len(points) // 2 * 2]):
        reached = min(max(place[index % 2] + int(step), LOW), HIGH)
        steps.append(reached - place[index % 2])
        place[index % 2] = reached
    return steps


def told(event: ScenarioFinished) -> Iterator[str]:
    """Write down what a scenario found, with the request that shows it."""
    for case_id, checks in event.recorder.checks.items():
        case = event.recorder.cases[case_id].value
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                request = case.as_curl_command()[:2000]
                yield f"{event.phase} {check.name}: {failure.title}: {failure.message}\n  {request}"


@pytest.mark.timeout(300 if EXAMPLES < 10 else 0)
@pytest.mark.parametrize("role", ROLES)
def test_the_document_is_true(target: Target, role: str) -> None:
    found: list[str] = []
    called = 0
    for event in from_schema(load(target, role)).execute():
        if isinstance(event, NonFatalError | FatalError):
            found.append(repr(event))
        elif isinstance(event, ScenarioFinished):
            called += len(event.recorder.interactions)
            found.extend(told(event))
    assert not found, f"{len(found)} findings\n" + "\n".join(found)
    assert called > (300 if role == "visitor" else 3000), called
