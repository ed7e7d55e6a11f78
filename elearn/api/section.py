"""One part of the API: who may come in at all, and what its operations may answer."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, current_app, request
from flask_login import current_user
from flask_smorest import Api, Blueprint

from elearn.api.errors import MIMETYPE
from elearn.api.parsing import FORM, StrictParser
from elearn.errors import Unauthenticated
from elearn.extensions import csrf
from elearn.identity import token_in

View = TypeVar("View", bound=Callable[..., Any])

JSON_BYTES = 2**20

PATH_PARAMETERS = {
    "course_id": "The course",
    "user_id": "The person",
    "email_id": "The email",
    "session_id": "The device that is signed in",
    "room_id": "The live room",
    "lesson_id": "The live lesson",
    "message_id": "The chat message",
    "notification_id": "The notification",
    "page_id": "The page of the whiteboard",
    "import_id": "The import of a list",
    "status_id": "The status",
    "invitation_id": "The invitation",
    "token": "The token of the link in the email",
}

REFUSALS = {
    400: "The request cannot be read: no valid JSON, or no valid form.",
    401: "Nobody is signed in, or the sign-in has ended.",
    403: "Not allowed: the reader may see the thing but not do this; or a page of ours came without its CSRF header.",
    404: "It does not exist, or the reader may not know that it does.",
    409: "The thing is not in the state that this needs, or somebody was faster.",
    413: "The request is too large.",
    415: "The body is of a type that is not taken here.",
    422: "Something in the input does not fit; `errors` names the fields.",
    429: "Too much in too short a time. `Retry-After` says how many seconds to wait.",
    500: "Something broke on our side; `reference` names it in the log.",
    503: "Something is away for a moment. `Retry-After` says how many seconds to wait.",
}
RETRY_AFTER = {
    "Retry-After": {
        "description": "How many seconds to wait.",
        "schema": {"type": "integer", "minimum": 1, "examples": [30]},
    }
}
ALWAYS = (429, 500, 503)
ETAG = {
    "ETag": {
        "description": "Names this version; send it back as `If-Match`.",
        "schema": {"type": "string", "examples": ['"4"']},
    }
}
# One tag, several, or `*` for whatever is there (RFC 9110).
IF_MATCH_PATTERN = r'^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$'
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "description": "The ETag that was read: refuse when somebody changed it since.",
    "schema": {"type": "string", "format": "entity-tags", "pattern": IF_MATCH_PATTERN, "examples": ['"4"']},
}


def refusal(status: int) -> str:
    """Return the name under which the document describes this refusal."""
    return f"Problem{status}"


def no_content() -> Response:
    """Answer that it is done, and nothing more."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def public(view: View) -> View:
    """Let everybody call this operation, signed in or not."""
    opened: View = Blueprint.doc(security=[])(view)
    return opened


def is_public(view: Any) -> bool:
    described: dict[str, Any] = getattr(view, "_apidoc", {})
    return bool(described.get("manual_doc", {}).get("security") == [])


def check_reader() -> None:
    """Let in who is signed in; whoever comes by cookie shows the token of our pages as well."""
    request.max_content_length = None if request.mimetype == FORM else JSON_BYTES
    view = current_app.view_functions[request.endpoint or ""]
    if not current_user.is_authenticated:
        if not is_public(view):
            raise Unauthenticated
        return
    # Also where everybody may call: what is done there may be done as whoever the cookie names.
    if token_in(request) is None and current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()


class Section(Blueprint):
    """Group the operations of one noun under /api/."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, noun: str, import_name: str, *, description: str) -> None:
        # Flask wants names that no page has; the document shows the noun alone.
        super().__init__(f"api-{noun}", import_name, url_prefix=f"/api/{noun}", description=description)
        self.noun = noun
        self._prepare_doc_cbks.append(self._document_refusals)
        csrf.exempt(self)  # what flask-wtf would ask of everybody, `check_reader` asks of those who come by cookie
        self.before_request(check_reader)

    def add_url_rule(
        self, rule: str, endpoint: str | None = None, view_func: Any = None, *args: Any, **options: Any
    ) -> None:
        """Describe the ids of the path, and give each operation a name of its own."""
        named = [name for name in PATH_PARAMETERS if f":{name}>" in rule]
        example = "0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55"
        options["parameters"] = [
            {
                "in": "path",
                "name": name,
                "required": True,
                "description": f"{PATH_PARAMETERS[name]}.",
                "example": example,
            }
            for name in named
        ]
        options["tags"] = [self.noun]
        name = endpoint or view_func.__name__
        super().add_url_rule(rule, name, view_func, *args, **options)
        for method, described in self._docs[name].items():
            if method != "parameters":
                described.setdefault("manual_doc", {})["operationId"] = name
                described["path_ids"] = named

    @staticmethod
    def refuses(*statuses: int, **sentences: str) -> Callable[[View], View]:
        """Name further refusals of an operation; `s409="..."` says when."""

        def decorate(view: View) -> View:
            found = dict.fromkeys(statuses, "") | {int(name[1:]): text for name, text in sentences.items()}
            described = {**getattr(view, "_apidoc", {}), "refusals": found}
            view._apidoc = described  # type: ignore[attr-defined]  # noqa: SLF001 - where flask-smorest keeps what it knows
            return view

        return decorate

    @staticmethod
    def _document_refusals(
        doc: dict[str, Any], doc_info: dict[str, Any], *, api: Api, spec: Any, method: str, **_: Any
    ) -> dict[str, Any]:
        """Add every status that this operation can answer besides its success."""
        del spec
        told: dict[int, str] = doc_info.get("refusals", {})
        statuses = {*ALWAYS, *told}
        is_open = doc_info.get("manual_doc", {}).get("security") == []
        if not is_open:
            statuses.add(401)
        if doc_info.get("path_ids"):
            statuses.add(404)
        if method != "get":
            statuses.add(403)
        if "requestBody" in doc:
            statuses |= {400, 413, 415, 422}
        if "parameters" in doc:
            statuses.add(422)
        responses = doc.setdefault("responses", {})
        responses.pop("422", None)
        responses.pop(422, None)
        for status in sorted(statuses):
            sentence = told.get(status)
            content = {MIMETYPE: {"schema": api.ERROR_SCHEMA}}
            responses[str(status)] = {"description": sentence, "content": content} if sentence else refusal(status)
        return doc
