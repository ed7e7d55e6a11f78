"""People search among 200,000 people, on both databases, against reading all of them in the same run.

    make bench                      # 20,000 people on SQLite: a short look
    python -m tools.benchmarks.people --people 200000 [--database postgresql://...]

A bare number says little on a machine that others use as well: what counts is the ratio to a scan of the same table.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask_migrate import upgrade
from sqlalchemy import func, insert, or_, select, text

from config import Settings
from elearn import clock, create_app
from elearn.extensions import db
from elearn.models import PersonWord, Role, User, fold, uuid7
from elearn.permissions import OPERATOR
from elearn.services import directory, search
from elearn.services.directory import Only, State

FIRST = (
    "Ada", "Ben", "Chen", "Dana", "Elif", "Farid", "Grace", "Hana", "Ivan", "Jonas", "Kofi", "Lena", "Mara", "Nadia",
    "Omar", "Priya", "Quinn", "Rosa", "Samir", "Tove",
)  # fmt: skip
LAST = (
    "Novak", "Kowalski", "Osei", "Weber", "Aydin", "Berg", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad",
    "Ito", "Jansen", "Kaya", "Lopez",
)  # fmt: skip
BATCH = 5000
ROUNDS = 7
SEED = 4


def crowd(number: int) -> Iterator[dict[str, Any]]:
    """Make people whose names repeat as names do: some syllables are everywhere, some are rare."""
    chance = random.Random(SEED)  # noqa: S311 - the same people in each run
    now = clock.now()
    for count in range(number):
        first, last = chance.choice(FIRST), chance.choice(LAST)
        middle = "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(5))
        name, username = f"{first} {middle.capitalize()} {last}", f"{middle}.{count}"
        email = f"{first.lower()}.{username}@school.example"
        role = Role.TEACHER if count % 20 == 1 else Role.STUDENT
        yield {
            "id": uuid7(), "username": username, "username_key": username, "email": email, "email_key": email,
            "email_verified_at": now, "full_name": name, "name_key": fold(name), "password_hash": "none",
            "role": role if count else Role.ADMIN, "blocked_at": now if count % 1000 == 7 else None,  # noqa: PLR2004
        }  # fmt: skip


def seed(number: int) -> None:
    rows: list[dict[str, Any]] = []

    def write() -> None:
        words = [word for row in rows for word in search.rows_of(User(**row))]
        db.session.execute(insert(User), rows)
        db.session.execute(insert(PersonWord), words)
        db.session.commit()
        rows.clear()

    for row in crowd(number):
        rows.append(row)
        if len(rows) == BATCH:
            write()
    if rows:
        write()
    db.session.execute(text("analyze"))
    db.session.commit()


def scan(q: str) -> int:
    """Do what a search without the words would do: look into each person's columns, for the number and one page."""
    like = [column.contains(fold(q), autoescape=True) for column in (User.name_key, User.username_key, User.email_key)]
    found = select(User.id, func.count().over()).where(or_(*like)).order_by(User.name_key).limit(20)
    return len(db.session.execute(found).all())


def took(action: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
        db.session.rollback()
    return statistics.median(times)


SEARCHES: dict[str, tuple[str, Only]] = {
    "nothing typed": ("", Only()),
    "one rare word": ("qzj", Only()),
    "a whole first name": ("elif", Only()),
    "one letter": ("a", Only()),
    "a word of all addresses": ("school", Only()),
    "two words": ("elif nov", Only()),
    "two broad words": ("e a", Only()),
    "an address": ("elif.ab", Only()),
    "teachers": ("", Only(role=Role.TEACHER)),
    "teachers, one letter": ("a", Only(role=Role.TEACHER)),
    "admins, a broad word": ("school", Only(role=Role.ADMIN)),
    "without the blocked, one word": ("elif", Only(blocked=False)),
    "the blocked": ("", Only(state=State.BLOCKED)),
    "the blocked, a broad word": ("a", Only(state=State.BLOCKED)),
    "nobody": ("zzzzqq", Only()),
}


def measure() -> None:
    whole = took(lambda: scan("elif"))
    print(f"  {'reading all':32} {whole * 1e3:8.1f} ms")
    for name, (q, only) in SEARCHES.items():
        seconds = took(lambda q=q, only=only: directory.search_people(OPERATOR, q=q, only=only))  # type: ignore[misc]
        found = directory.search_people(OPERATOR, q=q, only=only)
        print(f"  {name:32} {seconds * 1e3:8.1f} ms  {seconds / whole:6.1%} of reading all  {found.total} found")
    deep = took(lambda: directory.search_people(OPERATOR, page=100))
    print(f"  {'page 100':32} {deep * 1e3:8.1f} ms  {deep / whole:6.1%} of reading all")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--database", help="An empty PostgreSQL database; without it SQLite in a directory of its own.")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        settings = Settings(
            _env_file=None, elearn_env="testing", instance_path=Path(folder), database_url=asked.database,
            secret_key="a secret of the measurement, long enough", log_level="WARNING",  # noqa: S106
        )  # fmt: skip
        with create_app(settings).app_context():
            upgrade()
            if db.session.scalar(select(func.count()).select_from(User)):
                sys.exit("This database is not empty.")
            began = time.perf_counter()
            seed(asked.people)
            name = db.engine.dialect.name
            print(f"{asked.people} people on {name}, written in {time.perf_counter() - began:.0f} s")
            measure()
            db.session.remove()
            db.engine.dispose()


if __name__ == "__main__":
    main()
