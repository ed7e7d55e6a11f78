"""What may stand on a board, and what an operation may say: the tables of docs/whiteboard.md as code."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from elearn.errors import Invalid
from elearn.languages import _

NAME = re.compile(r"[A-Za-z0-9_-]{8,36}")
CID = re.compile(r"[A-Za-z0-9_-]{8,64}")
COLOURS = frozenset({"black", "blue", "red", "green", "orange", "violet", "yellow"})
LOW, HIGH, EXTENT = -2000, 12000, 14000
POINTS_MAX, LIVE_POINTS_MAX = 2000, 400
OPS_MAX = 100
TEXT_MAX = 2000
Z_MAX = 1_000_000_000

Check = Callable[[Any], bool]


def _integer(low: int, high: int) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def are_points(value: Any, most: int = POINTS_MAX) -> bool:
    """Tell whether this is a flat list of a first point and differences that stays on the board."""
    if not isinstance(value, list) or len(value) % 2 or not 2 <= len(value) <= most:  # noqa: PLR2004 - one point
        return False
    x = y = 0
    for index in range(0, len(value), 2):
        dx, dy = value[index], value[index + 1]
        if type(dx) is not int or type(dy) is not int:
            return False
        x, y = x + dx, y + dy
        if not (LOW <= x <= HIGH and LOW <= y <= HIGH):
            return False
    return True


def _is_text(value: Any) -> bool:
    return (
        isinstance(value, str)
        and len(value) <= TEXT_MAX
        and all(letter == "\n" or (ord(letter) >= 32 and not 0x7F <= ord(letter) <= 0x9F) for letter in value)  # noqa: PLR2004
        and not any(0xD800 <= ord(letter) <= 0xDFFF for letter in value)  # noqa: PLR2004 - half a character
    )


_coordinate = _integer(LOW, HIGH)
_extent = _integer(1, EXTENT)
_three = _integer(1, 3)
_flag = _integer(0, 1)

_EVERY: dict[str, Check] = {"z": _integer(0, Z_MAX), "color": lambda value: isinstance(value, str) and value in COLOURS}
_STROKE: dict[str, Check] = {"width": _three, "points": are_points}
_LINE: dict[str, Check] = {"width": _three, "dash": _flag} | dict.fromkeys(("x1", "y1", "x2", "y2"), _coordinate)
_BOX: dict[str, Check] = {"x": _coordinate, "y": _coordinate, "w": _extent, "h": _extent}
_SHAPE: dict[str, Check] = {"width": _three, "dash": _flag} | _BOX

KINDS: dict[str, dict[str, Check]] = {
    "pen": _EVERY | _STROKE,
    "highlighter": _EVERY | _STROKE,
    "line": _EVERY | _LINE,
    "arrow": _EVERY | _LINE,
    "rect": _EVERY | _SHAPE,
    "ellipse": _EVERY | _SHAPE,
    "text": _EVERY
    | {"x": _coordinate, "y": _coordinate, "w": _extent, "size": _three}
    | {"text": lambda value: _is_text(value) and len(value) > 0},
    "note": _EVERY | _BOX | {"size": _three, "text": _is_text},
}


def _refuse(what: str) -> Invalid:
    return Invalid("invalid", _("The board does not know this: %(what)s.", what=what))


def clean_object(value: Any) -> dict[str, Any]:
    """Return an object that a client made, without who it says it is by; raises `Invalid`."""
    if not isinstance(value, Mapping):
        raise _refuse("object")
    kind, name = value.get("kind"), value.get("id")
    if not isinstance(kind, str) or kind not in KINDS:
        raise _refuse("kind")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise _refuse("id")
    checks = KINDS[kind]
    properties = {key: item for key, item in value.items() if key not in {"id", "kind", "by"}}
    if properties.keys() != checks.keys():
        raise _refuse(f"{kind}.*")
    for key, item in properties.items():
        if not checks[key](item):
            raise _refuse(f"{kind}.{key}")
    return {"id": name, "kind": kind, **properties}


def clean_changes(kind: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return changes that fit an object of this kind; raises `Invalid`."""
    checks = KINDS[kind]
    for key, item in changes.items():
        if key not in checks or not checks[key](item):
            raise _refuse(f"{kind}.{key}")
    return dict(changes)


def clean_op(op: Any) -> dict[str, Any]:
    """Return one operation in its known form; what a `set` changes is checked against the object later."""
    if not isinstance(op, Mapping):
        raise _refuse("operation")
    verb = op.get("op")
    if verb == "add" and op.keys() == {"op", "object"}:
        return {"op": "add", "object": clean_object(op["object"])}
    if verb == "clear" and op.keys() == {"op"}:
        return {"op": "clear"}
    name = op.get("id")
    if isinstance(name, str) and NAME.fullmatch(name):
        changes = {key: item for key, item in op.items() if key not in {"op", "id"}}
        if verb == "delete" and not changes:
            return {"op": "delete", "id": name}
        if verb == "set" and changes:
            if not any(
                all(key in checks and checks[key](item) for key, item in changes.items()) for checks in KINDS.values()
            ):
                raise _refuse("set")
            return {"op": "set", "id": name, **changes}
    raise _refuse("operation")


def clean_ops(ops: Any) -> list[dict[str, Any]]:
    """Return a batch of 1 to 100 operations; raises `Invalid` for the whole batch where one does not fit."""
    if not isinstance(ops, list) or not 1 <= len(ops) <= OPS_MAX:
        raise Invalid("invalid", _("Send 1 to %(most)s operations at once.", most=OPS_MAX))
    return [clean_op(op) for op in ops]


def clean_live(style: Any, points: Any) -> None:
    """Check a stroke in progress; raises `Invalid`."""
    if points != [] and not are_points(points, LIVE_POINTS_MAX):
        raise _refuse("points")
    if style is None:
        return
    known = {"kind", "color", "width", "dash"}
    if not isinstance(style, Mapping) or not set(style) <= known:
        raise _refuse("style")
    checks: dict[str, Check] = {"color": _EVERY["color"], "width": _three, "dash": _flag, "kind": KINDS.__contains__}
    if not all(isinstance(item, str | int) and checks[key](item) for key, item in style.items()):
        raise _refuse("style")
