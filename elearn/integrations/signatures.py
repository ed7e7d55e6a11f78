"""Words that we signed: whoever brings them back has them from us, and nobody changed them."""

from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer


def sign(purpose: str, content: Any) -> str:
    """Return the content signed for one purpose, as it may stand in an address. Everybody can read it."""
    return str(_signer(purpose).dumps(content))


def read_signed(purpose: str, signed: str) -> Any:
    """Return what was signed for this purpose, or nothing when it was not."""
    try:
        return _signer(purpose).loads(signed)
    except BadData:
        return None


def _signer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt=f"elearn {purpose}")
