"""How long each door takes for people who are here and people who are not: `python -m tools.benchmarks.doors [rounds]`.

Prints the medians for addresses that somebody proved, that somebody only typed, that somebody blocked has and that
nobody has, and how far they are apart: for signing in, asking for a new password, guessing at its code and registering.
More than 5 ms would tell who is here.
"""

import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import update

from config import Settings
from elearn import clock, create_app
from elearn.extensions import db
from elearn.integrations import passwords
from elearn.models import Role, User
from elearn.services import accounts
from elearn.transaction import transactional, writing

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
PASSWORD = "comets need four words"  # noqa: S105 - of people who live for a minute
NOTICEABLE = 5.0  # milliseconds
_numbers = count(1)

Door = Callable[[FlaskClient, str], None]


def sign_in(client: FlaskClient, address: str) -> None:
    client.post("/api/auth/login/", json={"login": address, "password": "not the password"})


def ask(client: FlaskClient, address: str) -> None:
    client.post("/api/auth/password-reset/", json={"email": address})


def guess(client: FlaskClient, address: str) -> None:
    client.put("/api/auth/password-reset/", json={"email": address, "code": "000000", "password": PASSWORD})


def register(client: FlaskClient, address: str) -> None:
    new = {"username": f"fresh{next(_numbers)}", "email": address, "password": PASSWORD, "full_name": "F"}
    client.post("/api/auth/register/", json=new | {"role": "student"})


def measured(client: FlaskClient, door: Door, rounds: list[list[str]]) -> list[float]:
    """Return the median for each kind of address, taken in turns, in milliseconds."""
    taken: list[list[float]] = [[] for _ in rounds[0]]
    for addresses in rounds:
        for place in secrets.SystemRandom().sample(range(len(addresses)), len(addresses)):
            started = time.perf_counter()
            door(client, addresses[place])
            taken[place].append((time.perf_counter() - started) * 1000)
    return [statistics.median(times) for times in taken]


def people(app: Flask) -> list[list[str]]:
    """Make those who are here; return one address of each kind for each round."""
    kinds = ("proved", "typed", "blocked")
    with app.app_context():
        hashed, insert = passwords.hash_password(PASSWORD), transactional(accounts.insert)
        for name in (f"{kind}{number}" for number in range(ROUNDS) for kind in kinds):
            insert(
                username=name, email=f"{name}@school.example", full_name="K", password_hash=hashed,
                role=Role.STUDENT, is_verified=not name.startswith("typed"),
            )  # fmt: skip
        with writing(db.session()):
            blocked = User.username.startswith("blocked")
            db.session.execute(update(User).where(blocked).values(blocked_at=clock.now()))
    return [[f"{kind}{number}@school.example" for kind in (*kinds, "nobody")] for number in range(ROUNDS)]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(_env_file=None, instance_path=Path(folder), rate_limits=False, log_level="ERROR"))
        with app.app_context():
            upgrade()
        rounds = people(app)
        client = app.test_client()
        print(f"{'door':10} {'proved':>9} {'typed':>9} {'blocked':>9} {'nobody':>9} {'apart':>9}")
        for door in (sign_in, ask, guess, register):
            measured(client, door, rounds[:5] if door is sign_in else [["warm@school.example", "up@school.example"]])
            medians = measured(client, door, rounds)
            apart = max(medians) - min(medians)
            shown = " ".join(f"{median:6.1f} ms" for median in medians)
            print(f"{door.__name__:10} {shown} {apart:6.2f} ms", "TOO FAR" * (apart > NOTICEABLE))


if __name__ == "__main__":
    main()
