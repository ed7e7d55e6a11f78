"""The catalogue, one's own courses, the page of a course, and its people."""

from elearn.blueprints.courses import people, states
from elearn.blueprints.courses.routes import bp

__all__ = ["bp", "people", "states"]
