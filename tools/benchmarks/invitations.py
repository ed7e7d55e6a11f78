"""A CSV of 10,000 people to invite, on both databases: read, looked over and invited, without sending the emails.

    python -m tools.benchmarks.invitations [--rows 10000] [--database postgresql://...]

Beside each part stands a plain loop of `csv.reader` over the same file in the same run, because a bare number says
little on a machine that others use as well. The memory is what the process grew by beyond its size before the file.
"""

import argparse
import csv
import io
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask_migrate import upgrade
from sqlalchemy import func, select

from config import Settings
from elearn import clock, create_app
from elearn.extensions import db
from elearn.integrations import csv_reading
from elearn.models import Classroom, Course, CourseState, Email, Invitation, Role, Subject, User, uuid7
from elearn.services import invitation_batches, invitation_imports, invitation_rows
from elearn.transaction import writing

PLAIN_ROUNDS = 5
LIMIT_SECONDS = 60


def csv_of(rows: int) -> bytes:
    """Write a list as schools do: every tenth row has a second course, every hundredth a mistake."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(["Email", "Full name", "Role", "Course codes", "Class"])
    for n in range(rows):
        email = f"pupil{n}@n" if n % 100 == 99 else f"pupil{n}@northfield.example"  # noqa: PLR2004
        writer.writerow([email, f"Zoë Pupil {n}", "student", "BIO-7; NIGHT-24" if n % 10 == 0 else "BIO-7", "7b"])
    return text.getvalue().encode()


def plain(data: bytes) -> float:
    """Return how long `csv.reader` alone takes for the file."""
    began = time.perf_counter()
    for _ in range(PLAIN_ROUNDS):
        for _row in csv.reader(io.TextIOWrapper(io.BytesIO(data), newline=""), delimiter=";"):
            pass
    return (time.perf_counter() - began) / PLAIN_ROUNDS


def took(action: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = action()
    return time.perf_counter() - began, found


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def school() -> User:
    """Make a manager and two courses."""
    inviter = User(
        username="manager", username_key="manager", email="m@school.example", email_key="m@school.example",
        email_verified_at=clock.now(), full_name="M Osei", name_key="m osei", password_hash="none", role=Role.MANAGER,  # noqa: S106
    )  # fmt: skip
    with writing(db.session()):
        db.session.add(inviter)
        db.session.flush()
        for code in ("BIO-7", "NIGHT-24"):
            course = Course(
                id=uuid7(), teacher_id=inviter.id, code=code, code_key=code.lower(), title=code,
                state=CourseState.PUBLISHED, subject=Subject.SCIENCE,
            )  # fmt: skip
            db.session.add(course)
            db.session.flush()
            db.session.add(Classroom(course_id=course.id, name=code))
    return inviter


def measure(rows: int) -> bool:
    """Go through it once as the page and the worker do; return whether it was fast enough."""
    data = csv_of(rows)
    base = plain(data)
    inviter = school()
    print(f"  {rows:,} rows, {len(data) / 1e6:.1f} MB; csv.reader alone: {base * 1e3:.1f} ms")

    def tell(name: str, seconds: float) -> None:
        rate = rows / seconds
        print(f"  {name:28} {seconds:7.2f} s  {rate:9,.0f} rows/s  {seconds / base:8.1f} x csv.reader")

    reading, _n = took(lambda: sum(1 for _ in csv_reading.open_table(data, invitation_rows.SHAPE).rows()))
    tell("reading", reading)
    before = peak_mb()
    accepting, found = took(
        lambda: invitation_imports.start(inviter, file_name="all.csv", stream=io.BytesIO(data), in_job=False)
    )
    tell("request: taking the file", accepting)
    checking, _none = took(lambda: invitation_batches.check(found.id))
    tell("worker: looking it over", checking)
    confirming, _found = took(lambda: invitation_imports.confirm(inviter, found.id, in_job=False))
    tell("request: confirming", confirming)
    inviting, _none = took(lambda: invitation_batches.run(found.id))
    tell("worker: inviting", inviting)
    whole = accepting + checking + confirming + inviting
    tell("together", whole)
    invited = db.session.scalar(select(func.count()).select_from(Invitation)) or 0
    emails = db.session.scalar(select(func.count()).select_from(Email)) or 0
    print(f"  memory: {peak_mb() - before:.0f} MB more at the peak than before ({peak_mb():.0f} MB)")
    print(f"  {invited:,} invitations, {emails:,} emails in the outbox")
    again, _ = took(lambda: _again(inviter, data))
    tell("the same file once more", again)
    same = db.session.scalar(select(func.count()).select_from(Invitation)) == invited
    print(f"  once more made {'nothing' if same else 'DOUBLES'}")
    return whole < LIMIT_SECONDS and same and invited == emails


def _again(inviter: User, data: bytes) -> None:
    found = invitation_imports.start(inviter, file_name="all.csv", stream=io.BytesIO(data), in_job=False)
    invitation_batches.check(found.id)
    invitation_imports.confirm(inviter, found.id, in_job=False)
    invitation_batches.run(found.id)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=csv_reading.ROWS_MAX)
    parser.add_argument("--database", default="", help="An empty PostgreSQL database; SQLite in a folder without it.")
    options = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="elearn-bench-") as folder:
        settings = Settings(
            _env_file=None, elearn_env="testing", instance_path=Path(folder), database_url=options.database or None,
            secret_key="a secret of the benchmark, long enough", rate_limits=False, log_level="WARNING",  # noqa: S106
        )  # fmt: skip
        with create_app(settings).app_context():
            upgrade()
            print(f"A CSV of people to invite, on {db.engine.dialect.name}:")
            is_good = measure(options.rows)
            db.session.remove()
            db.engine.dispose()
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
