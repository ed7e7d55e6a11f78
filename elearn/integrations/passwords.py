"""Password hashes (Argon2id, OWASP's second choice of parameters: 19 MiB, 2 rounds, about 33 ms)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from elearn.integrations.offload import offload

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Checked when there is no such account, so that the answer takes the same time.
_NOBODY = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    return offload(_hasher.hash, password)


def verify(password_hash: str | None, password: str) -> bool:
    """Tell whether the password fits; takes as long when there is no hash to check against."""
    try:
        return offload(_hasher.verify, password_hash or _NOBODY, password) and password_hash is not None
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
