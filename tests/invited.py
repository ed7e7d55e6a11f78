"""Invitations in tests: make one, and open the letter that it sent."""

from typing import Any

from elearn.extensions import db
from elearn.integrations import vault
from elearn.models import Course, Email, EmailState, Invitation, Role, User
from elearn.services import invitations
from elearn.services.invitations import Outcome


def again(row: Any) -> Any:
    """Read a row anew, as the next request does."""
    return db.session.get_one(type(row), row.id)


def letters(email: str) -> list[Email]:
    """Return the letters with a way in that this address gets, the oldest first."""
    query = db.select(Email).filter_by(letter="invitation", to_email=email).order_by(Email.created_at, Email.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def token_of(email: str) -> str:
    """Return the token of the link in the latest letter to this address that is not kept back."""
    letter = [one for one in letters(email) if one.state is not EmailState.DROPPED][-1]
    assert letter.secret is not None
    token: str = vault.unseal(letter.id, letter.secret)["token"]
    return token


def invite(inviter: User, email: str, *courses: Course, role: Role = Role.STUDENT, **more: Any) -> Outcome:
    return invitations.invite(
        again(inviter), email=email, role=role, course_ids=[course.id for course in courses], **more
    )


def invitation_of(outcome: Outcome) -> Invitation:
    return db.session.get_one(Invitation, outcome.invitation_id, populate_existing=True)
