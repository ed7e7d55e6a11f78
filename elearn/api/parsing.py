"""How requests are read: strictly, and with sentences for what does not fit."""

import json
from typing import Any, NoReturn

from flask import Request
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from elearn.errors import Invalid
from elearn.languages import _, lazy

DOES_NOT_FIT = lazy("This does not fit.")
FORM = "multipart/form-data"


class FormToo:
    """Mark a schema that is taken as `multipart/form-data` as well as JSON."""


class MayBeMissing:
    """Mark a schema whose whole body may be left out."""


def _number(digits: str) -> float | int:
    """Read 2.0 as 2, as JSON Schema does."""
    value = float(digits)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


class StrictParser(FlaskParser):
    """Refuse unknown fields everywhere, bodies of other types, and JSON that is none."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - the library's own shape
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
        "json": RAISE,
    }

    def load_json(self, req: Request, schema: Schema) -> Any:
        if isinstance(schema, FormToo) and req.mimetype == FORM:
            return {**req.form.to_dict(), **req.files.to_dict()}
        data = req.get_data(cache=True)
        if not data and not req.mimetype and isinstance(schema, MayBeMissing):
            return {}
        if not req.is_json:
            raise UnsupportedMediaType
        try:
            # ValueError: not JSON, not UTF-8, NaN, a number of thousands of digits; RecursionError: too deep.
            return json.loads(data.decode(), parse_constant=_refuse_constant, parse_float=_number)
        except (ValueError, RecursionError) as error:
            raise BadRequest from error

    def handle_error(
        self, error: ValidationError, req: Request, schema: Schema, *, error_status_code: Any, error_headers: Any
    ) -> NoReturn:
        """Turn what the schema says into the error of the family."""
        del req, schema, error_status_code, error_headers
        fields: dict[str, list[str]] = {}
        for found in (
            error.messages if isinstance(error.messages, dict) else {}
        ).values():  # by location: the body or the query
            _collect(found, "", fields)
        whole = fields.pop("", [])
        first = whole[0] if whole else next(iter(fields.values()), [DOES_NOT_FIT])[0]
        raise Invalid("invalid", first, errors=fields) from error


def _collect(messages: Any, path: str, fields: dict[str, list[str]]) -> None:
    """Write nested messages flat, with names such as `ops.0`."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            _collect(inner, path if name == "_schema" else f"{path}.{name}".lstrip("."), fields)
    else:
        fields.setdefault(path, []).extend(_(str(message)) for message in messages)
