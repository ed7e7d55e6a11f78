"""The REST API: one section for each noun, and the OpenAPI document that they are."""

from flask import Flask

from config import Settings
from elearn.api import (
    activity,
    auth,
    classrooms,
    courses,
    docs,
    errors,
    invitation_imports,
    invitations,
    invite,
    notifications,
    outbox,
    people,
    profiles,
    statuses,
)

# What these add to the section of people is registered with it.
__all__ = ["init_app", "profiles"]


def init_app(app: Flask, settings: Settings) -> None:
    """Register the resources and their documentation."""
    errors.init_app(app)
    document = docs.init_app(app, title=f"elearn at {settings.school_name}", version="1.0.0")
    for section in (
        auth,
        people,
        activity,
        statuses,
        courses,
        classrooms,
        invitations,
        invitation_imports,
        invite,
        notifications,
        outbox,
    ):
        document.register_blueprint(section.bp)
