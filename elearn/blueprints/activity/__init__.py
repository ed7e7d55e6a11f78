"""The activity log."""

from elearn.blueprints.activity.routes import bp

__all__ = ["bp"]
