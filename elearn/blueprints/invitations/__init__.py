"""Inviting people, the list of invitations, and the page behind the link of an invitation."""

from elearn.blueprints.invitations import accepting
from elearn.blueprints.invitations.routes import bp

__all__ = ["accepting", "bp"]
