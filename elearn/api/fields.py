"""The fields of requests and answers: each with a sentence, an example, and its limits in the OpenAPI document."""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from elearn.languages import _, lazy, marked
from elearn.models import parse_id

FILL_IN = marked("Fill this in")
UNSEEN = marked("Leave out characters that cannot be seen")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

# What may stand in text, as patterns of JSON Schema: no control characters, and in one line nothing that turns the
# direction of what follows.
_NOT_IN_TEXT = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"
_NOT_IN_LINE = r"\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069"
_SPACES = r"\t\n\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
LINE = f"^[^{_NOT_IN_LINE}]*$"
TITLE = rf"^[^{_NOT_IN_LINE}]*[\p{{L}}\p{{N}}][^{_NOT_IN_LINE}]*$"
TEXT = f"^[^{_NOT_IN_TEXT}]*$"
# Up to twenty lines, and up to twenty pieces with commas between them.
TWENTY_LINES = rf"^[^{_NOT_IN_LINE}]*(\n[^{_NOT_IN_LINE}]*){{0,19}}$"
TWENTY_PIECES = f"^[^,{_NOT_IN_LINE}]*(,[^,{_NOT_IN_LINE}]*){{0,19}}$"
MESSAGE = f"^[^{_NOT_IN_TEXT}]*[^{_NOT_IN_TEXT}{_SPACES}][^{_NOT_IN_TEXT}]*$"
_UNSEEN_IN = {
    LINE: _NOT_IN_LINE,
    TITLE: _NOT_IN_LINE,
    TEXT: _NOT_IN_TEXT,
    MESSAGE: _NOT_IN_TEXT,
    TWENTY_LINES: _NOT_IN_LINE.replace(r"\u001f", r"\u0009\u000b-\u001f", 1),
    TWENTY_PIECES: _NOT_IN_LINE,
}
_HALVES = r"\ud800-\udfff"  # of characters; no text holds them
ALL, ID_OR_ALL = "*", r"^(\*|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$"
# These say by themselves how long they are; the document need not.
BOUNDED = {"email", "login", "time-zone"}


class Input(Schema):
    """Refuse what is not named."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": marked("This field is not known"), "type": marked("Send one JSON object.")}  # noqa: RUF012 - marshmallow's shape


def about(sentence: str, example: Any = None, **more: Any) -> dict[str, Any]:
    """Describe a field for the document."""
    return {"description": sentence} | ({} if example is None else {"examples": [example]}) | more


class Text(fields.String):
    """Read text; `form` is its format in the document, `pattern` what it must match there.

    What cannot be seen is refused here, the rest of a pattern by the services, with their sentences.
    """

    default_error_messages = {"required": FILL_IN, "null": FILL_IN, "invalid": marked("Send text")}  # noqa: RUF012

    def __init__(
        self,
        sentence: str,
        example: str,
        *,
        shortest: int = 0,
        longest: int,
        form: str | None = None,
        pattern: str | None = None,
        **more: Any,
    ) -> None:
        documented = {name: value for name, value in (("format", form), ("pattern", pattern)) if value is not None}
        checks: list[Any] = [
            validate.Length(max=longest, error=lazy("Use at most %(longest)s characters", longest=longest))
        ]
        if shortest:
            few = FILL_IN if shortest == 1 else lazy("Use %(shortest)s characters or more", shortest=shortest)
            checks.append(validate.Length(min=shortest, error=few))
        if form in BOUNDED:
            checks = [validate.And(*checks)]
        super().__init__(validate=checks, metadata=about(sentence, example, **documented), **more)
        self._unseen = re.compile(f"[{_HALVES}{_UNSEEN_IN.get(pattern or '', '')}]")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if self._unseen.search(text):
            raise ValidationError(UNSEEN)
        return text


class Whole(fields.Integer):
    """Read a whole number between two others out of a query."""

    default_error_messages = {"invalid": marked("Send a whole number")}  # noqa: RUF012

    def __init__(self, sentence: str, example: int, low: int, high: int, **more: Any) -> None:
        check = validate.Range(low, high, error=lazy("Send a number from %(low)s to %(high)s", low=low, high=high))
        super().__init__(validate=check, metadata=about(sentence, example), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


class Choice(fields.Field[Any]):
    """Read one of the values of an enum, or of some texts."""

    def __init__(self, sentence: str, example: str, values: type[StrEnum] | tuple[str, ...], **more: Any) -> None:
        self._make: Any = values if isinstance(values, type) else str
        self._values = [str(value) for value in values]
        messages: dict[str, Any] = {"required": FILL_IN, "null": FILL_IN}
        choices = [*self._values, None] if more.get("allow_none") else self._values
        super().__init__(
            metadata=about(sentence, example, type="string", enum=choices), error_messages=messages, **more
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        del attr, data, kwargs
        if not isinstance(value, str) or value not in self._values:
            known = ", ".join(value or _("nothing") for value in self._values)
            raise ValidationError(_("Choose one of %(known)s", known=known))
        return self._make(value)


class Id(fields.Field[Any]):
    """Read or write one canonical UUID."""

    default_error_messages: dict[str, Any] = {  # noqa: RUF012
        "required": FILL_IN,
        "null": FILL_IN,
        "invalid": marked("This is not an id"),
    }

    def __init__(self, sentence: str, example: str = "0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55", **more: Any) -> None:
        super().__init__(metadata=about(sentence, example, type="string", format="uuid"), **more)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        del attr, obj, kwargs
        return None if value is None else str(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        del attr, data, kwargs
        parsed = parse_id(value)
        if parsed is None:
            raise self.make_error("invalid")
        return parsed


class IdOrAll(Id):
    """Read one canonical UUID, or `*` for all of them."""

    def __init__(self, sentence: str, **more: Any) -> None:
        super().__init__(sentence, **more)
        self.metadata = about(sentence, ALL, type="string", pattern=ID_OR_ALL)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return value if value == ALL else super()._deserialize(value, attr, data, **kwargs)


class Day(fields.Field[date]):
    """Read or write a day of the calendar."""

    default_error_messages = {"invalid": marked("Write the day as 2026-09-01")}  # noqa: RUF012

    def __init__(self, sentence: str, example: str, **more: Any) -> None:
        super().__init__(metadata=about(sentence, example, type="string", format="date"), **more)

    def _serialize(self, value: date | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        del attr, obj, kwargs
        return value.isoformat() if value is not None else None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        del attr, data, kwargs
        if not isinstance(value, str) or not ISO_DAY.fullmatch(value):
            raise self.make_error("invalid")
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise self.make_error("invalid") from error


class Moment(fields.Field[datetime]):
    """Write a moment in UTC with Z."""

    def __init__(self, sentence: str, example: str = "2026-09-01T08:15:00.000Z", **more: Any) -> None:
        super().__init__(metadata=about(sentence, example, type="string", format="date-time"), **more)

    def _serialize(self, value: datetime | str | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        del attr, obj, kwargs
        if value is None or isinstance(value, str):
            return value
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Part(fields.Nested):
    """Write some of an object's own values as an object of their own."""

    def serialize(self, attr: str, obj: Any, accessor: Any = None, **kwargs: Any) -> Any:
        del accessor
        return self._serialize(obj, attr, obj, **kwargs)  # type: ignore[no-untyped-call]


class Upload(fields.Field[Any]):
    """Read a file out of a form."""

    default_error_messages = {"invalid": marked("Choose a file")}  # noqa: RUF012

    def __init__(self, sentence: str, **more: Any) -> None:
        super().__init__(metadata=about(sentence, type="string", format="binary"), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        del attr, data, kwargs
        if not hasattr(value, "stream"):
            raise self.make_error("invalid")
        return value.stream


class Truth(fields.Field[bool]):
    """Read true or false, and nothing that counts as such elsewhere."""

    default_error_messages = {"invalid": "Send true or false", "null": "Send true or false"}  # noqa: RUF012

    def __init__(self, sentence: str, example: bool, **more: Any) -> None:
        super().__init__(metadata=about(sentence, example, type="boolean"), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        del attr, data, kwargs
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value
