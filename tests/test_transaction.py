import sqlite3
import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from elearn import transaction
from elearn.errors import Conflict, Unavailable
from elearn.extensions import db
from elearn.models import User
from elearn.transaction import after_commit, after_rollback, taken_means, transactional
from tests.people import People

pytestmark = pytest.mark.usefixtures("school_database")


@transactional
def rename(user: User, name: str, *, fail: bool = False) -> None:
    user.full_name = name
    if fail:
        raise ValueError("on purpose")


def name_of(user: User) -> str | None:
    db.session.rollback()
    return db.session.scalar(select(User.full_name).where(User.id == user.id))


def test_it_commits_at_the_end_and_rolls_back_on_an_error(school: People) -> None:
    rename(school.ben, "Ben the First")
    assert name_of(school.ben) == "Ben the First"
    with pytest.raises(ValueError, match="on purpose"):
        rename(school.ben, "Ben the Lost", fail=True)
    assert name_of(school.ben) == "Ben the First"


def test_a_nested_call_joins(school: People) -> None:
    @transactional
    def outer() -> None:
        rename(school.ben, "Ben Inside")
        raise ValueError("after the inner one")

    with pytest.raises(ValueError, match="after the inner one"):
        outer()
    assert name_of(school.ben) == "Ben Kowalski"


def test_what_is_sent_after_the_commit_is_dropped_on_rollback(school: People) -> None:
    sent: list[str] = []

    @transactional
    def act(*, fail: bool) -> None:
        after_commit(lambda: sent.append(f"failing {fail}, stored as {name_of(school.ben)}"))
        rename(school.ben, "Ben Sent", fail=fail)
        assert sent == []

    with pytest.raises(ValueError, match="on purpose"):
        act(fail=True)
    assert sent == []
    act(fail=False)
    assert sent == ["failing False, stored as Ben Sent"]


def test_a_push_that_fails_does_not_undo_the_answer(school: People) -> None:
    sent: list[int] = []

    def broken() -> None:
        raise RuntimeError("the socket is gone")

    @transactional
    def act() -> str:
        after_commit(broken)
        after_commit(lambda: sent.append(1))
        return "done"

    assert act() == "done"
    assert sent == [1]


def test_outside_a_transaction_it_is_sent_at_once(app: Flask) -> None:
    sent: list[int] = []
    after_commit(lambda: sent.append(1))
    assert sent == [1]


def in_threads(app: Flask, tasks: list[Callable[[], None]]) -> list[BaseException]:
    """Run all at once, each in its own application context; return what was raised."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(tasks))

    def run(task: Callable[[], None]) -> None:
        with app.app_context():
            barrier.wait()
            try:
                task()
            except BaseException as error:  # noqa: BLE001 - the test looks at them
                errors.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return errors


def test_what_waits_for_a_failure_runs_after_it_in_a_transaction_of_its_own(app: Flask, school: People) -> None:
    notes: list[str] = []
    user_id = school.ben.id

    @transactional
    def note() -> None:
        db.session.get_one(User, user_id).bio = "noted"
        notes.append("noted")

    @transactional
    def work(*, fails: bool) -> None:
        after_rollback(note)
        db.session.get_one(User, user_id).headline = "half done"
        if fails:
            raise Conflict("no", "No.")

    work(fails=False)
    assert notes == []
    outer = transactional(lambda: work(fails=True))
    with pytest.raises(Conflict):
        outer()
    db.session.rollback()
    assert (notes, db.session.get_one(User, user_id).bio) == (["noted"], "noted")
    after_rollback(note)
    assert len(notes) == 2, "at once where no transaction is open"


def test_writers_at_once_wait_for_each_other(app: Flask, school: People) -> None:
    user_id = school.ben.id

    @transactional
    def add_letter() -> None:
        user = db.session.get(User, user_id, with_for_update=True)
        assert user is not None
        user.bio += "x"

    assert in_threads(app, [add_letter] * 12) == []
    db.session.rollback()
    assert db.session.get(User, user_id).bio == "x" * 12  # type: ignore[union-attr]


def test_the_database_has_the_last_word_on_what_is_unique(app: Flask, school: People) -> None:
    @transactional
    def take_name() -> None:
        with taken_means("username_key", "taken", "This username is taken.", "username"):
            db.session.add(
                User(
                    username="same", username_key="same", email=f"{threading.get_ident()}@x.example",
                    email_key=f"{threading.get_ident()}@x.example", full_name="S", name_key="s",
                    password_hash="-", role="student",
                )
            )  # fmt: skip

    errors = in_threads(app, [take_name] * 6)
    assert [type(error) for error in errors] == [Conflict] * 5
    db.session.rollback()
    assert db.session.scalar(select(func.count()).where(User.username_key == "same")) == 1


def test_a_database_that_stays_locked_says_so_and_changes_nothing(
    app: Flask, school: People, school_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if school_database != "sqlite":
        pytest.skip("PostgreSQL locks rows, not the database.")
    monkeypatch.setattr(transaction, "BUSY_SECONDS", 0)
    db.session.remove()
    db.engine.dispose()
    other = sqlite3.connect(app.extensions["settings"].instance_path / "elearn.db", isolation_level=None)
    other.execute("begin immediate")
    ben = db.session.merge(school.ben, load=True)
    with pytest.raises(Unavailable):
        rename(ben, "Ben Locked")
    other.execute("rollback")
    other.close()
    rename(ben, "Ben Free")
    assert name_of(ben) == "Ben Free"
