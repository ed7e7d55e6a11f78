"""The people of the school: the search, and what those above them do with an account."""

from elearn.blueprints.people import changes
from elearn.blueprints.people.routes import bp

__all__ = ["bp", "changes"]
