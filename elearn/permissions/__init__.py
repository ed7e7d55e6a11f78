"""Who may do what: one policy for pages, API, sockets and commands."""

from elearn.permissions.actions import Action
from elearn.permissions.policy import POLICY, can, require
from elearn.permissions.rules import OPERATOR, Actor, Operator

__all__ = ["OPERATOR", "POLICY", "Action", "Actor", "Operator", "can", "require"]
