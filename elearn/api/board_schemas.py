"""What may stand on the whiteboard, for the document; `services/board_objects.py` is what checks it."""

from typing import Any

from marshmallow import Schema, fields

from elearn.api.fields import Choice, Id, Input, Text, Whole, about
from elearn.api.parsing import MayBeMissing
from elearn.models import Background
from elearn.services import board_objects as board

SEQ_MAX = 2**31 - 1
NAME_PATTERN = "^[A-Za-z0-9_-]{8,36}$"
TOKEN_PATTERN = "^[A-Za-z0-9_-]{8,64}$"  # noqa: S105 - a name that a client makes, no secret
# New lines, and else nothing that cannot be seen.
TEXT_PATTERN = r"^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*$"
# JSON Schema cannot say that they come in pairs, nor that the sum of the differences stays on the board.
_POINTS = (
    "One flat list in 1/10000 of the board: a first point, then differences: x, y, dx, dy, dx, dy. "
    "All of them stay on the board."
)


def _integer(sentence: str, example: int, low: int, high: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high, "description": sentence, "examples": [example]}


def _coordinate(sentence: str) -> dict[str, Any]:
    return _integer(sentence, 4000, board.LOW, board.HIGH)


_PROPERTIES: dict[str, dict[str, Any]] = {
    "z": _integer("What lies above what.", 7, 0, board.Z_MAX),
    "color": {
        "type": "string",
        "enum": sorted(board.COLOURS),
        "description": "One of the colours of the pens.",
        "examples": ["blue"],
    },
    "width": _integer("How thick, from 1 to 3.", 2, 1, 3),
    "dash": _integer("1 for a dashed line.", 0, 0, 1),
    "size": _integer("How large the letters are, from 1 to 3.", 2, 1, 3),
    "x": _coordinate("Left edge."),
    "y": _coordinate("Upper edge."),
    "x1": _coordinate("Where it begins, from the left."),
    "y1": _coordinate("Where it begins, from above."),
    "x2": _coordinate("Where it ends, from the left."),
    "y2": _coordinate("Where it ends, from above."),
    "w": _integer("How wide.", 2000, 1, board.EXTENT),
    "h": _integer("How high.", 1000, 1, board.EXTENT),
    "points": {
        "type": "array",
        "prefixItems": [{"type": "integer", "minimum": board.LOW, "maximum": board.HIGH}] * 2,
        "items": {"type": "integer", "minimum": -board.EXTENT, "maximum": board.EXTENT},
        "minItems": 2,
        "maxItems": board.POINTS_MAX,
        "description": _POINTS,
        "examples": [[1000, 2000, 15, -4, 20, 3]],
    },
    "text": {
        "type": "string",
        "pattern": TEXT_PATTERN,
        "maxLength": board.TEXT_MAX,
        "description": "What is written.",
        "examples": ["Photosynthesis"],
    },
}
_NAME = {
    "type": "string",
    "pattern": NAME_PATTERN,
    "description": "The name that its client gave it.",
    "examples": ["k3Jd82hQ"],
}


# Kinds that have the same properties are described together.
FAMILIES = (("pen", "highlighter"), ("line", "arrow"), ("rect", "ellipse"), ("text",), ("note",))


def _properties(kind: str) -> dict[str, Any]:
    properties = {name: _PROPERTIES[name] for name in board.KINDS[kind]}
    if kind == "text":
        properties["text"] = {**_PROPERTIES["text"], "minLength": 1}
    return properties


def _object(kinds: tuple[str, ...]) -> dict[str, Any]:
    named = {
        "id": _NAME,
        "kind": {"type": "string", "enum": list(kinds), "description": "What it is.", "examples": [kinds[0]]},
        **_properties(kinds[0]),
    }
    return {"type": "object", "properties": named, "required": list(named), "additionalProperties": False}


def _operation(verb: str, more: dict[str, Any], *, required: tuple[str, ...], least: int = 0) -> dict[str, Any]:
    described = {"op": {"const": verb, "description": "What to do.", "examples": [verb]}, **more}
    return {
        "type": "object",
        "properties": described,
        "required": ["op", *required],
        "additionalProperties": False,
        **({"minProperties": least} if least else {}),
    }


# Raw schemas for the components of the document, by name.
COMPONENTS: dict[str, dict[str, Any]] = {
    "BoardObject": {
        "description": "Something to put on the board.",
        "oneOf": [_object(kinds) for kinds in FAMILIES],
    },
    "BoardOperation": {
        "description": "One change of a page.",
        "oneOf": [
            _operation("add", {"object": {"$ref": "#/components/schemas/BoardObject"}}, required=("object",)),
            {
                "description": "Change some properties, all of which one kind of object has.",
                "anyOf": [
                    _operation("set", {"id": _NAME, **_properties(kinds[0])}, required=("id",), least=3)
                    for kinds in FAMILIES
                ],
            },
            _operation("delete", {"id": _NAME}, required=("id",)),
            _operation("clear", {}, required=()),
        ],
    },
}


def _standing_objects() -> fields.Field[Any]:
    return fields.List(
        fields.Dict(
            metadata=about(
                "An object with its `id`, `kind`, properties, and who it is `by`.",
                {"id": "k3Jd82hQ", "kind": "pen", "by": "0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55"},
            )
        ),
        metadata=about("What stands on the page, from the oldest to the newest."),
    )


class BoardPageItem(Schema):
    """One page of the board."""

    id = Id("Names the page.", required=True)
    position = fields.Integer(required=True, metadata=about("Its place among the pages, growing.", 0))
    background = Choice("What it looks like when it is empty.", "squared", Background, required=True)
    rev = fields.Integer(required=True, metadata=about("The number of its latest batch.", 12, minimum=0))


class Board(Schema):
    """The whole board, with what stands on the page that everybody sees."""

    pages = fields.List(fields.Nested(BoardPageItem), required=True, metadata=about("All pages in their order."))
    page = Id("The page that everybody sees.", required=True)
    objects = _standing_objects()
    rev = fields.Integer(required=True, metadata=about("The number of that page's latest batch.", 12, minimum=0))


class Batch(Schema):
    """Operations that were applied together."""

    rev = fields.Integer(required=True, metadata=about("The number that they gave the page.", 12, minimum=1))
    by = Id("Who drew.", required=True)
    cid = fields.String(required=True, metadata=about("The name that the client gave the batch.", "c-8f2k1m0a"))
    ops = fields.List(
        fields.Dict(metadata=about("One operation.", {"op": "delete", "id": "k3Jd82hQ"})),
        required=True,
        metadata=about("What was done, in its order."),
    )


class PageContent(Schema):
    """Either all that stands on a page, or the batches that a client missed."""

    rev = fields.Integer(required=True, metadata=about("The number of the page's latest batch.", 12, minimum=0))
    objects = _standing_objects()
    ops = fields.List(fields.Nested(Batch), metadata=about("The batches after the number that was named."))


class PageQuery(Input):
    """From where on."""

    after = Whole("The batch that the client has; without it, all that stands on the page comes.", 11, 0, SEQ_MAX)


class Operations(Input):
    """A batch of operations, applied whole or not at all."""

    cid = Text(
        "A name that the client makes: sending the same batch again changes nothing.", "c-8f2k1m0a",
        longest=64, pattern=TOKEN_PATTERN, required=True,
    )  # fmt: skip
    ops = fields.Raw(
        required=True,
        error_messages={"required": "Fill this in", "null": "Fill this in"},
        metadata=about(
            "What to do, in its order: at most 64 KB.",
            [{"op": "delete", "id": "k3Jd82hQ"}],
            type="array",
            items={"$ref": "#/components/schemas/BoardOperation"},
            minItems=1,
            maxItems=board.OPS_MAX,
        ),
    )


class Revision(Schema):
    """The number of a page after a batch."""

    rev = fields.Integer(required=True, metadata=about("The number of the page.", 13, minimum=1))


class NewPage(Input, MayBeMissing):
    """A page to put behind the others."""

    background = Choice("What it looks like when it is empty.", "squared", Background, load_default=Background.WHITE)


class ShownPage(Input):
    """The page that everybody is to see."""

    page = Id("One page of this board.", required=True)
