"""One-time codes as the database may hold them: keyed, so that a stolen table cannot be tried through."""

import hmac
from uuid import UUID

from flask import current_app


def hash_code(row: UUID, purpose: str, code: str) -> str:
    """Return what is stored of a code; it fits this row and this purpose alone."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, f"elearn code:{purpose}:{row}:{code}".encode(), "sha256").hexdigest()


def fits(stored: str, row: UUID, purpose: str, code: str) -> bool:
    """Compare in a time that says nothing."""
    return hmac.compare_digest(stored, hash_code(row, purpose, code))
