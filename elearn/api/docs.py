"""The OpenAPI document, and the two pages that show it. Each page widens the policy for its own library alone."""

import json
from functools import cached_property
from typing import Any

from flask import Blueprint, Flask, Response, render_template
from flask_smorest import Api

from elearn.api.board_schemas import COMPONENTS
from elearn.api.errors import MIMETYPE
from elearn.api.schemas import Problem
from elearn.api.section import REFUSALS, RETRY_AFTER, refusal
from elearn.headers import content_security_policy

SCHEMA = "/api/schema/"

INTRODUCTION = """
Everything that a person can do on a page can be done here, with the same rules.

- **Sign in** with `POST /api/auth/login/` and send `Authorization: Bearer <access token>`. Before it ends, exchange the
  refresh token at `POST /api/auth/refresh/`. Pages of the school use their session cookie, with the CSRF token of the
  page in the header `X-CSRFToken` on everything that changes something.
- **Sending again**: operations that make something, but for files and accounts, take an `Idempotency-Key`. With the
  same key, within a day, nothing is made twice: the first answer comes back, with `Idempotency-Replayed: true`.
- **Ids** are UUIDs, **times** are ISO 8601 in UTC with `Z`, **lists** come in pages.
- **Errors** are `application/problem+json`: `detail` says in one sentence what is wrong and what to do, `code` says
  it for programs, `errors` names the fields. Unknown fields are refused.
- **Formats of text**: a `name` is one line of visible characters, a `code` has letters, numbers, and dashes between
  others. A `login` is a username, an address or an id, a `time-zone` is a name of the time zone database,
  `entity-tags` are one ETag or several, or `*` for whatever is there.
"""


class Document(Api):
    """Describe the API; errors are answered by `elearn.api.errors`, the pages are below.

    Sections are registered at once, and described when somebody first asks: most processes are never asked.
    """

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave the errors to the one mapper of this door."""

    def _register_doc_blueprint(self) -> None:
        """Leave the pages to this module: those of the library have scripts inside."""

    def _init_spec(self, **options: Any) -> None:
        self._sections: list[Any] = []
        self._options = options

    def register_blueprint(self, blp: Any, **options: Any) -> None:
        """Add a section."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp, **options)
        self._sections.append(blp)

    # What the library calls while it begins the document

    def _register_pagination_header(self) -> None:
        """Leave it out: our lists say in their body where they are."""

    def _register_responses(self) -> None:
        """Describe each refusal once."""
        for status, sentence in REFUSALS.items():
            waits = {"headers": RETRY_AFTER} if status in {429, 503} else {}
            content = {MIMETYPE: {"schema": Problem}}
            self.spec.components.response(refusal(status), {"description": sentence, "content": content, **waits})

    @cached_property
    def text(self) -> str:
        """Return the document as JSON."""
        super()._init_spec(**self._options)
        for name, scheme in self._ways_in().items():
            self.spec.components.security_scheme(name, scheme)
        for name, schema in COMPONENTS.items():
            self.spec.components.schema(name, schema)
        for section in self._sections:
            section.register_views_in_doc(self, self._app, self.spec, name=section.name, parameters=None)
            self.spec.tag({"name": section.noun, "description": section.description})
        return json.dumps(self.spec.to_dict(), ensure_ascii=False)

    def _ways_in(self) -> dict[str, dict[str, str]]:
        return {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "The access token of a sign-in.",
            },
            "cookie": {
                "type": "apiKey",
                "in": "cookie",
                "name": self._app.config["SESSION_COOKIE_NAME"],
                "description": "The session of our pages; what changes something needs the header X-CSRFToken too.",
            },
        }


bp = Blueprint("api_docs", __name__, url_prefix="/api")


def page(template: str) -> Response:
    """Show a page of a library that styles itself, draws with data and works in a worker of its own making."""
    response = Response(render_template(template, schema=SCHEMA), mimetype="text/html")
    response.headers["Content-Security-Policy"] = content_security_policy(
        style_src="'unsafe-inline'", worker_src="blob:"
    )
    return response


@bp.get("/docs/")
def swagger() -> Response:
    """Show the document with Swagger UI, where it can be tried."""
    return page("api/swagger.html")


@bp.get("/redoc/")
def redoc() -> Response:
    """Show the document with ReDoc, to be read."""
    return page("api/redoc.html")


def init_app(app: Flask, *, title: str, version: str) -> Document:
    """Begin the document, and serve it."""
    document = Document(
        spec_kwargs={
            "title": title,
            "version": version,
            "openapi_version": "3.1.0",
            "info": {"description": INTRODUCTION, "license": {"name": "MIT", "identifier": "MIT"}},
            "servers": [{"url": "/", "description": "This school."}],
            "security": [{"bearer": []}, {"cookie": []}],
        }
    )
    document.init_app(app)
    app.register_blueprint(bp)

    app.add_url_rule(SCHEMA, "api_docs.schema", lambda: Response(document.text, mimetype="application/json"))
    return document
