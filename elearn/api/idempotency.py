"""Operations that a program may repeat: with an `Idempotency-Key` they are done once."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, make_response, request
from flask_smorest import Blueprint

from elearn.api.section import Section
from elearn.errors import Invalid
from elearn.identity import me
from elearn.languages import _
from elearn.services import idempotency

HEADER, REPEATED = "Idempotency-Key", "Idempotency-Replayed"
PATTERN = r"^[!-~]{1,64}$"
KEY = {
    "in": "header",
    "name": HEADER,
    "description": "Made by the client for this request; sent again within a day, it gets the first answer.",
    "schema": {"type": "string", "pattern": PATTERN, "examples": ["0199f2c4-7a51"]},
}
ANOTHER = "The Idempotency-Key belongs to another request."
KEPT_HEADERS = ("Content-Type", "ETag", "Location")


def repeatable(view: Callable[..., Any]) -> Callable[..., Any]:
    """Do what this operation does once for each key; stands right below the route, above all that makes the answer.

    For what is short and comes as JSON: all of it is done in the writing transaction that notes the answer.
    """

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get(HEADER)
        if key is None:
            return view(*args, **kwargs)
        if not re.fullmatch(PATTERN, key):
            raise Invalid("invalid", _("Send 1 to 64 visible characters of ASCII"), field=HEADER)

        def act() -> idempotency.Answer:
            made = make_response(view(*args, **kwargs))
            headers = {name: made.headers[name] for name in KEPT_HEADERS if name in made.headers}
            return {"status": made.status_code, "headers": headers, "body": made.get_data(as_text=True)}

        answer, is_repeated = idempotency.once(me(), key, _fingerprint(), act)
        response = Response(answer["body"], answer["status"], answer["headers"])
        if is_repeated:
            response.headers[REPEATED] = "true"
        return response

    refusals: dict[int, str] = getattr(view, "_apidoc", {}).get("refusals", {})
    sentence = f"{refusals[409]} {ANOTHER}" if refusals.get(409) else ANOTHER
    told = {"s422": ""} | {f"s{status}": text for status, text in refusals.items()} | {"s409": sentence}
    described: Callable[..., Any] = Blueprint.doc(parameters=[KEY])(Section.refuses(**told)(wrapper))
    return described


def _fingerprint() -> str:
    line = f"{request.method} {request.full_path}\n".encode()
    return hashlib.sha256(line + request.get_data(cache=True)).hexdigest()
