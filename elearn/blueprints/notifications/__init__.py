"""What one was told: the centre, and how it comes."""

from elearn.blueprints.notifications.routes import bp

__all__ = ["bp"]
