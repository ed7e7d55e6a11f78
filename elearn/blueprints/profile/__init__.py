"""One's own profile, and the photos of people."""

from elearn.blueprints.profile.routes import bp

__all__ = ["bp"]
