"""Read the letters of the outbox as their receivers would."""

from elearn.extensions import db
from elearn.integrations import vault
from elearn.models import Email


def to(address: str) -> list[Email]:
    """Return the letters to this address, the newest first."""
    db.session.rollback()  # what others have committed meanwhile
    query = db.select(Email).where(Email.to_email == address).order_by(Email.created_at.desc(), Email.id.desc())
    return list(db.session.scalars(query))


def kinds(address: str) -> list[str]:
    return [email.letter for email in to(address)]


def code_for(address: str) -> str:
    """Return the code that the newest letter to this address brings."""
    email = to(address)[0]
    assert email.secret is not None
    return str(vault.unseal(email.id, email.secret)["code"])
