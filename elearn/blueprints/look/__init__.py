"""The gallery of every component: for developers and for the tests of the look, never in production."""

from elearn.blueprints.look.routes import bp

__all__ = ["bp"]
