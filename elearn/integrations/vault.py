"""Seal what the database must hold for a while and nobody may read there: AES-GCM, bound to its row."""

import json
import secrets
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from elearn.errors import Unavailable
from elearn.languages import _

NONCE_BYTES = 12


def _cipher() -> AESGCM:
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"elearn vault").derive(secret))


def seal(owner: UUID, content: dict[str, Any]) -> bytes:
    """Return the content unreadable; only together with the id of its row can it be opened."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + _cipher().encrypt(nonce, json.dumps(content).encode(), owner.bytes)


def unseal(owner: UUID, sealed: bytes) -> dict[str, Any]:
    """Return what was sealed for this row; raises `Unavailable` when the secret key was changed since."""
    try:
        opened = _cipher().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], owner.bytes)
    except InvalidTag as error:
        raise Unavailable(_("This was sealed with another secret key.")) from error
    content: dict[str, Any] = json.loads(opened)
    return content
