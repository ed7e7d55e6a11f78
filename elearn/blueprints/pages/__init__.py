"""What everybody may read: privacy, accessibility, help."""

from elearn.blueprints.pages.routes import bp

__all__ = ["bp"]
