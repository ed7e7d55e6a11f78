"""The `flask` commands, for whoever has the terminal of the server."""

from flask import Flask

from elearn.cli import (
    activity,
    courses,
    demo,
    handing_over,
    invitation_imports,
    invitations,
    outbox,
    privacy,
    profiles,
    students,
    users,
)
from elearn.cli.errors import tells_errors

__all__ = ["init_app", "tells_errors"]


def init_app(app: Flask) -> None:
    """Register every group of commands."""
    invitations.invitations.add_command(invitation_imports.import_)
    for command in (students.students, students.add, students.remove, students.block, students.unblock):
        courses.courses.add_command(command)
    courses.courses.add_command(handing_over.hand_over)
    for command in (profiles.edit, profiles.status, privacy.export, privacy.delete):
        users.users.add_command(command)
    for group in (
        users.users,
        activity.activity_group,
        courses.courses,
        invitations.invitations,
        outbox.outbox,
        demo.demo,
    ):
        app.cli.add_command(group)
