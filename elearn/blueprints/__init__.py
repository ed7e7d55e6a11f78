"""The pages: one package for each feature."""

from flask import Flask

from elearn.blueprints import (
    account,
    activity,
    auth,
    classrooms,
    courses,
    errors,
    health,
    home,
    invitation_imports,
    invitations,
    look,
    notifications,
    outbox,
    pages,
    people,
    profile,
    session,
    statuses,
)
from elearn.blueprints.profile import own_data


def init_app(app: Flask) -> None:
    """Register every blueprint, the sign-in of the session cookie, and the error pages."""
    session.init_app(app)
    errors.init_app(app)
    for feature in (
        health,
        auth,
        account,
        profile,
        own_data,
        classrooms,
        home,
        statuses,
        courses,
        people,
        activity,
        invitations,
        invitation_imports,
        notifications,
        outbox,
        pages,
    ):
        app.register_blueprint(feature.bp)
    if not app.extensions["settings"].is_production:
        app.register_blueprint(look.bp)
