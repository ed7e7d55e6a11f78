"""The browser of tests: every request in a context of its own, as on a real server."""

import contextvars
from typing import Any

from flask import has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from elearn.extensions import db


class Visitor(FlaskClient):
    """Keep what one request knows (who is signed in, the database session) away from the next one and from the test."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        # Flask would put the request into the open application context of the test, with one `g` for all of them.
        response = contextvars.Context().run(super().open, *args, **kwargs)
        if has_app_context():  # the client follows redirects from within the context of the request
            db.session.rollback()  # the test looks afresh at what the request has changed
        return response
