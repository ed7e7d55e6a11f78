"""The page of the live room; all that happens in it goes over the socket or the API."""

from elearn.blueprints.classrooms.routes import bp

__all__ = ["bp"]
