"""Getting in and out: sign in, register, sign out."""

from elearn.blueprints.auth.routes import bp

__all__ = ["bp"]
