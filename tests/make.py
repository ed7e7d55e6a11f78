"""Make rows for tests, straight in the database and committed, with sensible values for what a test does not say."""

from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any

from argon2 import PasswordHasher

from elearn import clock
from elearn.extensions import db
from elearn.models import (
    Classroom,
    Course,
    CourseState,
    Enrolment,
    EnrolmentState,
    Right,
    Role,
    SignIn,
    SignInKind,
    Standing,
    Subject,
    User,
    fold,
)
from elearn.services import search
from elearn.transaction import writing

PASSWORD = "four unrelated words"
_numbers = count(1)


@cache
def _hash() -> str:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def save(*rows: Any) -> Any:
    # As the product writes: a server process of the test may be writing at the same time.
    with writing(db.session()):
        db.session.add_all(rows)
    return rows[0]


def all_empty() -> None:
    """Delete what the last test left; truncating so many tables takes eight times as long."""
    for table in reversed(db.metadata.sorted_tables):
        db.session.execute(table.delete())
    db.session.commit()


def change(row: Any, **values: Any) -> Any:
    """Change a row that is there; what is set on it before `save` would be rolled back."""
    with writing(db.session()):
        for name, value in values.items():
            setattr(row, name, value)
    return row


def person(username: str | None = None, role: Role = Role.STUDENT, **values: Any) -> User:
    number = next(_numbers)
    username = username or f"person{number}"
    email = values.pop("email", f"{username}@school.example")
    defaults = {
        "full_name": f"{username.capitalize()} Person",
        "password_hash": _hash(),
        "role": role,
        "email_verified_at": clock.now(),
    }
    defaults["name_key"] = fold(str(values.get("full_name", defaults["full_name"])))
    user = User(
        username=username, username_key=fold(username), email=email, email_key=fold(email), **(defaults | values)
    )
    with writing(db.session()):
        db.session.add(user)
        search.index(user)
    return user


def course(teacher: User, **values: Any) -> Course:
    number = next(_numbers)
    code = values.pop("code", f"C-{number}")
    defaults = {"title": f"Course {number}", "state": CourseState.PUBLISHED, "subject": Subject.SCIENCE}
    made = Course(teacher_id=teacher.id, code=code, code_key=fold(code), **(defaults | values))
    save(made)
    save(Classroom(course_id=made.id, name=made.title))
    return made


def room(of: Course) -> Classroom:
    return db.session.scalars(db.select(Classroom).filter_by(course_id=of.id)).one()


def enrol(user: User, into: Course, state: EnrolmentState = EnrolmentState.ACTIVE) -> Enrolment:
    return save(Enrolment(course_id=into.id, user_id=user.id, state=state))


def grant(user: User, where: Classroom, right: Right) -> Standing:
    return save(
        Standing(classroom_id=where.id, user_id=user.id, draws=right is Right.DRAW, speaks=right is Right.SPEAK)
    )


def sign_in(user: User, kind: SignInKind = SignInKind.BROWSER) -> SignIn:
    opened = save(SignIn(user_id=user.id, kind=kind, expires_at=clock.now() + timedelta(days=1)))
    user.sign_in_id = opened.id
    return opened
