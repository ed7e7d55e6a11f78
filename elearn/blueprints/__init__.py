"""The pages: one package for each feature."""

from flask import Flask

from elearn.blueprints import errors, health, session


def init_app(app: Flask) -> None:
    """Register every blueprint, the sign-in of the session cookie, and the error pages."""
    session.init_app(app)
    errors.init_app(app)
    for feature in (health,):
        app.register_blueprint(feature.bp)
