"""How long each door takes for people who are here and people who are not: `python -m tools.benchmarks.doors [rounds]`.

Prints the medians and their distance for signing in, asking for a new password and guessing at its code. More than 5 ms
between known and unknown would tell who is here.
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

from config import Settings
from elearn import create_app
from elearn.integrations import passwords
from elearn.models import Role
from elearn.services import accounts
from elearn.transaction import transactional

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


def measured(client: FlaskClient, door: Door, pairs: list[tuple[str, str]]) -> tuple[float, float]:
    """Return the medians for known and for unknown addresses, taken in turns, in milliseconds."""
    taken: tuple[list[float], list[float]] = ([], [])
    for pair in pairs:
        for place in secrets.SystemRandom().sample((0, 1), 2):
            started = time.perf_counter()
            door(client, pair[place])
            taken[place].append((time.perf_counter() - started) * 1000)
    return statistics.median(taken[0]), statistics.median(taken[1])


def people(app: Flask) -> list[tuple[str, str]]:
    """Make the known ones; return pairs of a known and an unknown address."""
    pairs = [(f"known{number}@school.example", f"other{number}@school.example") for number in range(ROUNDS)]
    with app.app_context():
        hashed, insert = passwords.hash_password(PASSWORD), transactional(accounts.insert)
        for number, (known, _unknown) in enumerate(pairs):
            insert(username=f"known{number}", email=known, full_name="K", password_hash=hashed, role=Role.STUDENT)
    return pairs


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(_env_file=None, instance_path=Path(folder), rate_limits=False, log_level="ERROR"))
        with app.app_context():
            upgrade()
        pairs = people(app)
        client = app.test_client()
        print(f"{'door':10} {'known':>9} {'unknown':>9} {'apart':>9}")
        for door in (sign_in, ask, guess, register):
            measured(client, door, pairs[:5] if door is sign_in else [("warm@school.example", "up@school.example")])
            known, unknown = measured(client, door, pairs)
            apart = abs(known - unknown)
            print(
                f"{door.__name__:10} {known:6.1f} ms {unknown:6.1f} ms {apart:6.2f} ms",
                "TOO FAR" * (apart > NOTICEABLE),
            )


if __name__ == "__main__":
    main()
