"""Every operation of the document, called with what it allows and with what it forbids, as each kind of person."""

import shutil
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
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
from elearn.api import tokens
from elearn.extensions import db
from elearn.models import EnrolmentState, SignInKind, User
from elearn.services import accounts, board, chat, classrooms, profiles
from elearn.services.accounts import Device
from tests import make, people
from tests.api.serving import served
from tests.conftest import settings_for

EXAMPLES = 12

# What the formats of the document stand for; its introduction explains them. Longer text is made visible in `map_body`,
# because a format of our own cannot be steered to a length.
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
FORMATS: dict[str, st.SearchStrategy[str]] = {
    "code": st.integers(2, 20).flatmap(lambda length: st.text(LETTERS, min_size=length, max_size=length)),
    "login": st.sampled_from(["ben", "eve@school.example", "yuki.tanaka"]),
    "password": st.sampled_from([10, 11, 40, 199, 200]).flatmap(
        lambda length: st.text(LETTERS, min_size=length - 4, max_size=length - 4).map("four{}".format)
    ),
    "email": st.text(LETTERS, min_size=1, max_size=30).map("{}@school.example".format),
    "time-zone": st.sampled_from(profiles.time_zones()),
}
LONG_TEXTS = {"full_name", "bio", "title", "summary", "description", "text", "reason"}


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
        make.person("yuki.tanaka")  # the student of the document's example
        courses = [make.course(school.ada) for _ in range(2)]
        room_id = make.room(courses[0]).id
        make.enrol(school.ben, courses[0])
        make.enrol(school.eve, courses[0], EnrolmentState.BLOCKED)
        ids = {
            "course_id": [str(course.id) for course in courses],
            "user_id": [str(school.ben.id), str(school.eve.id)],
            "room_id": [str(room_id)],
            "lesson_id": [str(classrooms.start_lesson(school.ada, room_id).id)],
            "message_id": [chat.post(school.ben, room_id, text="Hello", nonce="nonce-0001")["id"]],
            "page_id": [board.snapshot(school.ada, room_id)["page"]],
        }
        signed_in = {"teacher": access_token(school.ada), "student": access_token(school.ben), "visitor": ""}
        db.session.remove()
        db.engine.dispose()
    shutil.copy(instance / "elearn.db", instance / "picture.db")
    with served(app) as url:
        yield Target(app, url, instance / "picture.db", ids, signed_in)


def access_token(person: User) -> str:
    device = Device(SignInKind.API)
    opened = accounts.sign_in(login=person.username, password=make.PASSWORD, device=device)
    return str(tokens.issue(opened)["access_token"])


def configuration(role: str) -> dict[str, Any]:
    """Turn all checks on; the shapes of input are the same for everybody, so the teacher alone walks through them."""
    accepted = ["2xx", "3xx", "401", "403", "404", "409", "412", "429"]
    rejected = ["400", "401", "403", "404", "409", "412", "415", "422", "429"]
    return {
        "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
        "phases": {"coverage": {"enabled": role == "teacher"}},
        "operations": [
            # A tag of another version is refused with 412, whether its form is ours or not: that is what it is for.
            {
                "include-operation-id": "edit_course",
                "checks": {
                    "positive_data_acceptance": {"expected-statuses": accepted},
                    "negative_data_rejection": {"expected-statuses": rejected},
                },
            },
            # A thousand combinations of the properties of objects say less than a few more drawings.
            {
                "include-operation-id": "draw",
                "phases": {"coverage": {"enabled": False}},
                "generation": {"max-examples": EXAMPLES * 4},
            },
        ],
    }


def teach_formats() -> None:
    for name, strategy in FORMATS.items():
        schemathesis.openapi.format(name, strategy)
    for kind in ("PNG", "JPEG", "WEBP"):
        picture = BytesIO()
        Image.new("RGB", (8, 8), "teal").save(picture, kind)
        schemathesis.openapi.media_type(f"image/{kind.lower()}", st.just(picture.getvalue()))


def load(target: Target, role: str) -> OpenApiSchema:
    """Read the document as a client does, and set up how it is tried."""
    teach_formats()
    config = schemathesis.Config.from_dict(configuration(role))
    loaded = schemathesis.openapi.from_url(f"{target.url}/api/schema/", config=config)

    @loaded.hook
    def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> Any:
        """Name real things three times out of four: what comes after the 404 is to be tried too."""
        for name, value in (path_parameters or {}).items():
            known = target.ids.get(name, [])
            if known and isinstance(value, str) and sum(value.encode()) % 4:
                path_parameters[name] = known[len(value) % len(known)]
        return path_parameters

    @loaded.hook
    def map_body(context: Any, body: Any) -> Any:
        if isinstance(body, dict):
            mend(body)
        elif isinstance(getattr(body, "body", None), dict):  # a form with a file
            mend(body.body)
        return body

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


def mend(body: dict[str, Any]) -> None:
    """Mend what JSON Schema cannot say, and nothing that it can: what is to be refused stays as it is."""
    for name in LONG_TEXTS & body.keys():
        body[name] = visible(body[name])
    days = [body.get("starts_on"), body.get("ends_on")]
    if all(isinstance(day, str) for day in days):
        body["starts_on"], body["ends_on"] = sorted(days)
    for op in body["ops"] if isinstance(body.get("ops"), list) else []:
        mend_operation(op)


def visible(value: Any) -> Any:
    """Return text of the same length that shows letters alone."""
    if not isinstance(value, str) or not value:
        return value
    shown = "".join(letter if unicodedata.category(letter)[0] in "LNP" else "x" for letter in value)
    return "A" + shown[1:]


def mend_operation(op: Any) -> None:
    """Let points come in pairs and stay on the board, and let text be visible."""
    for holder in (op, op.get("object")) if isinstance(op, dict) else ():
        if not isinstance(holder, dict):
            continue
        if "text" in holder:
            holder["text"] = visible(holder["text"])
        points = holder.get("points")
        if isinstance(points, list) and 2 <= len(points) <= 2000 and all(is_step(number) for number in points):
            holder["points"] = [int(number) % 5 for number in points[: len(points) // 2 * 2]]


def is_step(number: Any) -> bool:
    whole = isinstance(number, int | float) and not isinstance(number, bool) and number == int(number)
    return whole and abs(number) <= 14000


def told(event: ScenarioFinished) -> Iterator[str]:
    """Write down what a scenario found, with the request that shows it."""
    for case_id, checks in event.recorder.checks.items():
        case = event.recorder.cases[case_id].value
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                request = case.as_curl_command()[:2000]
                yield f"{event.phase} {check.name}: {failure.title}: {failure.message}\n  {request}"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", ["teacher", "student", "visitor"])
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
    assert called > 500
