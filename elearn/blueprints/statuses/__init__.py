"""What people say about today, on the first page."""

from elearn.blueprints.statuses.routes import bp

__all__ = ["bp"]
