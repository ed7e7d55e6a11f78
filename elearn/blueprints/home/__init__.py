"""The first page after signing in: what matters now."""

from elearn.blueprints.home.routes import bp

__all__ = ["bp"]
