"""One's own profile, preferences and data, and the profiles and photos of others."""

from elearn.blueprints.profile.routes import bp

__all__ = ["bp"]
