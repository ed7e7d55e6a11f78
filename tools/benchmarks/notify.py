"""What it costs to tell 10,000 people one thing: the request that tells, and the worker that hands it out.

The worker's time is compared with the same rows written by hand, in one executemany of the database's driver for
notifications and one for emails: what nobody could do faster in this database.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import event, insert, select

from config import Settings
from elearn import clock, create_app
from elearn.extensions import db, huey
from elearn.models import Email, Notice, Notification, NotificationKind, Role, User, uuid7
from elearn.services import notices, notifications
from elearn.transaction import transactional, writing

KIND = NotificationKind.COURSE_DELETED


@contextmanager
def school(instance: Path, database_url: str | None) -> Iterator[Flask]:
    """Make an empty school whose worker does not run by itself."""
    app = create_app(Settings(_env_file=None, elearn_env="testing", instance_path=instance, database_url=database_url))
    huey.immediate = False
    with app.app_context():
        upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


def people(number: int) -> list[Any]:
    """Add so many verified students, and return their ids."""
    rows = []
    for _ in range(number):
        one = uuid7()
        name = f"person-{one.hex[:24]}"
        rows.append(
            {
                "id": one,
                "username": name[:30],
                "username_key": name[:30],
                "email": f"{name}@school.example",
                "email_key": f"{name}@school.example",
                "email_verified_at": clock.now(),
                "full_name": "Some Body",
                "name_key": "some body",
                "password_hash": "none",
                "role": Role.STUDENT,
            }
        )
    with writing(db.session()):
        db.session.execute(insert(User), rows)
    return [row["id"] for row in rows]


@contextmanager
def counting() -> Iterator[list[int]]:
    """Count the statements that reach the database meanwhile."""
    found = [0]

    def note(*_: Any) -> None:
        found[0] += 1

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@transactional
def tell(ids: list[Any]) -> None:
    """Do what a service does when it deletes a course."""
    notifications.notify(KIND, ids, course_title="The Night Sky")


def by_hand(ids: list[Any]) -> float:
    """Write the same rows with nothing around them, and return the seconds that it took."""
    now = clock.now()
    told: list[dict[str, Any]] = [
        {"id": uuid7(), "user_id": one, "kind": KIND, "data": {"course_title": "The Night Sky"}, "in_page": True,
         "for_digest": False, "created_at": now} for one in ids
    ]  # fmt: skip
    letter = {"kind": KIND.value, "text": "The Night Sky was deleted", "path": "/courses"}
    mails: list[dict[str, Any]] = [
        {"id": uuid7(), "letter": "notification", "user_id": one, "to_email": "person@school.example", "data": letter,
         "next_try_at": now, "created_at": now} for one in ids
    ]  # fmt: skip
    began = time.perf_counter()
    with writing(db.session()):
        db.session.connection().execute(insert(Notification), told)
        db.session.connection().execute(insert(Email), mails)
    return time.perf_counter() - began


def measure(number: int) -> None:
    """Tell so many people, and print what it took."""
    ids = people(number)
    with counting() as asked:
        began = time.perf_counter()
        tell(ids)
        request = time.perf_counter() - began
    notice_id = db.session.scalar(select(Notice.id))
    assert notice_id is not None, "fewer people are told at once"  # noqa: S101 - a tool
    with counting() as worked:
        began = time.perf_counter()
        notices.hand_out(notice_id)
        worker = time.perf_counter() - began
    least = by_hand(ids)
    chunks = -(-number // notifications.CHUNK)
    print(f"people {number}")
    print(f"request {request * 1000:.0f} ms, {asked[0]} statements")
    print(f"worker {worker:.2f} s, {worked[0] / chunks:.1f} statements for each thousand")
    print(f"rows by hand {least:.2f} s")
    print(f"ratio {worker / least:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--database", help="an empty database; a new SQLite file without it")
    options = parser.parse_args()
    instance = Path(tempfile.mkdtemp(prefix="elearn-notify-"))
    try:
        with school(instance, options.database):
            measure(options.people)
    finally:
        shutil.rmtree(instance)


if __name__ == "__main__":
    main()
