"""Password, address and devices of oneself."""

from elearn.blueprints.account.routes import bp

__all__ = ["bp"]
