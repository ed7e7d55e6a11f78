import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import Barrier, Thread

import pytest
from flask import Flask

from config import Settings
from elearn import clock
from elearn.errors import Conflict, Forbidden, NotFound, RateLimited, Unauthenticated
from elearn.extensions import db
from elearn.integrations import waking
from elearn.jobs import exports as jobs
from elearn.models import Activity, ActivityKind, Email, Export, ExportState, Message, Notification, User
from elearn.permissions import OPERATOR
from elearn.services import erasure, exports, people, profiles
from tests import make, pictures
from tests.people import People


@pytest.fixture
def nobody_works() -> Iterator[None]:
    """Leave what is asked for in the database, as while the worker is away."""
    waking.on(exports.WORK, lambda *_: None)
    yield
    waking.on(exports.WORK, jobs.make)


def files(settings: Settings) -> list[Path]:
    return sorted((settings.instance_path / "files" / "exports").glob("*"))


@pytest.mark.usefixtures("school_database")
def test_a_copy_is_made_told_of_and_downloaded_by_its_owner(school: People, settings: Settings) -> None:
    profiles.set_photo(school.ben, BytesIO(pictures.photo()))
    found = exports.request(school.ben)
    assert (found.state, found.file) == (ExportState.READY, files(settings)[0].name)
    assert found.expires_at == found.ready_at + timedelta(days=7)
    file, name = exports.open_file(school.ben)
    assert name == f"elearn-ben-{clock.now():%Y-%m-%d}.zip"
    with file, zipfile.ZipFile(file) as archive:
        data = json.loads(archive.read("data.json"))
        assert data["account"][0]["email"] == "ben@school.example"
        assert data["about"]["files"] == [f"files/{school.ben.photo}"]
        assert archive.read(f"files/{school.ben.photo}")[:4] == b"RIFF"
    letter = db.session.query(Email).filter_by(user_id=school.ben.id).one()
    assert (letter.letter, letter.data) == ("export_ready", {"days": 7, "path": "/you/data"})
    told = db.session.query(Notification).filter_by(user_id=school.ben.id).one()
    assert told.data == {"event": "export_ready", "path": "/you/data"}
    line = db.session.query(Activity).filter_by(kind=ActivityKind.EXPORTED).one()
    assert (line.actor_id, line.detail) == (school.ben.id, {"what": "own data"})


def test_nobody_else_gets_it(school: People) -> None:
    exports.request(school.ben)
    for other in (school.ada, school.eve, school.root):
        with pytest.raises(NotFound):
            exports.open_file(other)
    with pytest.raises(Unauthenticated):
        exports.open_file(None)  # type: ignore[arg-type]
    people.block(OPERATOR, school.ben.id)
    with pytest.raises(Forbidden):
        exports.open_file(school.ben)


@pytest.mark.usefixtures("nobody_works")
def test_one_at_a_time(school: People) -> None:
    exports.request(school.ben)
    with pytest.raises(Conflict) as caught:
        exports.request(school.ben)
    assert caught.value.code == "waiting"
    exports.request(school.eve)
    assert db.session.query(Export).count() == 2


@pytest.mark.usefixtures("school_database", "nobody_works")
def test_two_devices_at_once_ask_for_one(app: Flask, school: People, monkeypatch: pytest.MonkeyPatch) -> None:
    ben, both, answers = school.ben.id, Barrier(2), []
    monkeypatch.setattr(exports, "_newest", lambda *_: both.wait() and None)  # both have seen that none waits

    def ask() -> None:
        with app.app_context():
            try:
                exports.request(db.session.get_one(User, ben))
                answers.append("made")
            except Conflict as error:
                answers.append(error.code)

    threads = [Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["made", "waiting"]
    db.session.rollback()
    assert db.session.query(Export).count() == 1


@pytest.mark.parametrize("overrides", [{"rate_limits": True}])
def test_a_few_on_one_day(overrides: dict[str, object], school: People) -> None:
    for _ in range(3):
        exports.request(school.ben)
    with pytest.raises(RateLimited):
        exports.request(school.ben)
    exports.request(school.eve)


def test_a_new_copy_takes_the_place_of_the_old_one(school: People, settings: Settings) -> None:
    first = exports.request(school.ben).file
    second = exports.request(school.ben).file
    assert first != second
    assert [path.name for path in files(settings)] == [second]


@pytest.mark.usefixtures("nobody_works")
def test_made_twice_is_made_once(school: People, settings: Settings) -> None:
    asked = exports.request(school.ben).id
    exports.make(asked)
    made = files(settings)
    exports.make(asked)
    assert files(settings) == made
    assert db.session.query(Email).count() == 1


def test_a_slower_worker_leaves_no_file(school: People, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write = exports.write

    def overtaken(user: User, file: BytesIO) -> None:
        monkeypatch.setattr(exports, "write", write)
        exports.make(db.session.query(Export).one().id)
        write(user, file)

    monkeypatch.setattr(exports, "write", overtaken)
    found = exports.request(school.ben)
    assert [path.name for path in files(settings)] == [found.file]
    assert db.session.query(Email).count() == 1


@pytest.mark.usefixtures("school_database")
def test_what_a_worker_left_is_taken_up_again(school: People, monkeypatch: pytest.MonkeyPatch) -> None:
    waking.on(exports.WORK, lambda *_: None)
    asked = exports.request(school.ben)
    waking.on(exports.WORK, jobs.make)
    exports.resume()
    assert db.session.get_one(Export, asked.id).state is ExportState.WAITING, "somebody may be at it"
    make.change(asked, created_at=clock.now() - timedelta(minutes=2))
    exports.resume()
    db.session.rollback()
    assert db.session.get_one(Export, asked.id).state is ExportState.READY


@pytest.mark.usefixtures("school_database")
def test_copies_go_when_their_time_is_over(school: People, settings: Settings) -> None:
    found = exports.request(school.ben)
    make.change(found, expires_at=clock.now() - timedelta(seconds=1))
    with pytest.raises(NotFound):
        exports.open_file(school.ben)
    assert exports.latest(school.ben) is None
    exports.sweep()
    assert files(settings) == []
    assert db.session.query(Export).count() == 0


@pytest.mark.usefixtures("nobody_works")
def test_one_that_cannot_be_made_is_given_up(school: People) -> None:
    asked = exports.request(school.ben)
    make.change(asked, created_at=clock.now() - timedelta(hours=3))
    exports.sweep()
    found = exports.latest(school.ben)
    assert found is not None
    assert found.state is ExportState.FAILED
    exports.request(school.ben)


@pytest.mark.usefixtures("nobody_works")
def test_an_account_that_goes_meanwhile_leaves_no_copy(school: People, settings: Settings) -> None:
    asked = exports.request(school.ben).id
    erasure.erase(school.ben, make.PASSWORD)
    exports.make(asked)
    assert files(settings) == []


@pytest.mark.usefixtures("school_database")
def test_a_long_life_is_written_row_by_row(school: People) -> None:
    room = make.room(make.course(school.ada))
    make.save(
        *(Message(classroom_id=room.id, seq=n, sender_id=school.ben.id, text=f"Line {n}") for n in range(1, 2502))
    )
    file = BytesIO()
    exports.write(school.ben, file)
    messages = json.loads(zipfile.ZipFile(file).read("data.json"))["messages"]
    assert [row["text"] for row in messages] == [f"Line {n}" for n in range(1, 2502)]


def test_the_operator_takes_a_copy_for_somebody(school: People) -> None:
    file = BytesIO()
    exports.write_for(OPERATOR, school.ben.id, file)
    assert "ben@school.example" in zipfile.ZipFile(file).read("data.json").decode()
    for actor in (school.ada, school.root):
        with pytest.raises(Forbidden):
            exports.write_for(actor, school.ben.id, BytesIO())
