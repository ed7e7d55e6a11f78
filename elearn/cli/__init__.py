"""The `flask` commands, for whoever has the terminal of the server."""

from flask import Flask

from elearn.cli import courses, demo, invitations, users
from elearn.cli.errors import tells_errors

__all__ = ["init_app", "tells_errors"]


def init_app(app: Flask) -> None:
    """Register every group of commands."""
    for group in (users.users, courses.courses, invitations.invitations, demo.demo):
        app.cli.add_command(group)
