import os
import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from elearn import clock
from elearn.extensions import db
from elearn.integrations.storage import storage
from elearn.models import BoardBatch, BoardPage, Export, ExportState, Lesson, SignIn, SignInKind
from elearn.services import board, maintenance
from tests import make
from tests.people import People

pytestmark = pytest.mark.usefixtures("school_database")


def test_forgotten_lessons_end_and_dead_sign_ins_go(school: People) -> None:
    room = make.room(make.course(school.ada))
    now = clock.now()
    old = make.save(
        Lesson(classroom_id=room.id, title="Forgotten", started_by=school.ada.id, started_at=now - timedelta(hours=13))
    )
    other = make.room(make.course(school.ada))
    fresh = make.save(Lesson(classroom_id=other.id, title="Going on", started_by=school.ada.id, started_at=now))
    alive = make.sign_in(school.ben)
    long_ago = now - timedelta(days=31)
    dead = make.save(SignIn(user_id=school.ben.id, kind=SignInKind.BROWSER, expires_at=now, ended_at=long_ago))
    ids = (old.id, fresh.id, alive.id, dead.id)
    maintenance.sweep()
    assert db.session.get_one(Lesson, ids[0]).ended_at is not None
    assert db.session.get_one(Lesson, ids[1]).ended_at is None
    assert db.session.get(SignIn, ids[2]) is not None
    assert db.session.get(SignIn, ids[3]) is None


def test_batches_too_old_to_be_asked_for_go_and_the_page_stays_whole(
    school: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "KEPT_BATCHES", 3)
    room = make.room(make.course(school.ada))
    room_id = room.id
    board.snapshot(school.ada, room_id)
    page_id = db.session.scalars(db.select(BoardPage.id)).one()
    for _ in range(5):
        thing = {"id": uuid4().hex, "kind": "pen", "z": 1, "color": "red", "width": 1, "points": [1, 1]}
        board.apply(school.ada, room_id, page_id, cid=uuid4().hex, ops=[{"op": "add", "object": thing}])
    maintenance.sweep()
    assert db.session.scalars(db.select(BoardBatch.rev).order_by(BoardBatch.rev)).all() == [3, 4, 5]
    assert board.open_page(school.ada, room_id, page_id, after=1).batches is None
    assert len(board.open_page(school.ada, room_id, page_id, after=1).objects or []) == 5
    assert len(board.open_page(school.ada, room_id, page_id, after=3).batches or []) == 2


def test_files_that_no_row_names_go_after_a_day(app: Flask, school: People) -> None:
    shelf = storage()
    kept, _orphan, fresh = (shelf.save("photos", ".webp", b"x") for _ in range(3))
    copy, lost = (shelf.save("exports", ".zip", b"x") for _ in range(2))
    folder = Path(app.instance_path) / "files"
    draft = folder / "photos" / f"{'0' * 32}.draft"
    draft.write_bytes(b"half")
    make.change(school.ben, photo=kept)
    make.save(Export(user_id=school.ben.id, state=ExportState.READY, file=copy))
    yesterday = time.time() - 25 * 3600
    for path in folder.rglob("*"):
        if path.name != fresh:
            os.utime(path, (yesterday, yesterday))
    assert maintenance.sweep_files() == 3
    assert {path.name for path in folder.rglob("*") if path.is_file()} == {kept, fresh, copy}
    assert (maintenance.sweep_files(), lost in shelf.names("exports", before=clock.now())) == (0, False)
