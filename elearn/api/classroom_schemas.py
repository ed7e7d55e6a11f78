"""What stands in requests and answers about the live rooms, their lessons and their chat."""

from marshmallow import Schema, fields, validate

from elearn.api.board_schemas import SEQ_MAX, TOKEN_PATTERN
from elearn.api.fields import LINE, MESSAGE, Choice, Id, IdOrAll, Input, Moment, Text, Truth, Whole, about
from elearn.api.parsing import MayBeMissing
from elearn.api.schemas import NAME, page_of
from elearn.models import MessageKind, Right
from elearn.services import chat
from elearn.services.classrooms import RIGHTS, TITLE_MAX


class LessonItem(Schema):
    """A live lesson."""

    id = Id("Names the lesson.", required=True)
    title = fields.String(required=True, metadata=about("What it is about.", "Cells and their parts"))
    started_at = Moment("When it began.", required=True)
    ended_at = Moment("When it ended; null while it goes on.", required=True, allow_none=True)


class RoomItem(Schema):
    """A live room as lists show it."""

    id = Id("Names the room.", required=True)
    name = fields.String(required=True, metadata=about("The name of the room.", "Biology 7"))
    course = Id("The course that it belongs to.", attribute="course_id", required=True)
    course_title = fields.String(required=True, metadata=about("What that course is called.", "Biology 7"))
    lesson = fields.Nested(
        LessonItem, required=True, allow_none=True, metadata=about("The lesson that goes on, if one does.")
    )
    people = fields.Integer(required=True, metadata=about("How many people are in it now.", 12, minimum=0))


class RoomCourse(Schema):
    """The course of a room."""

    id = Id("Names the course.", required=True)
    title = fields.String(required=True, metadata=about("What it is called.", "Biology 7"))


class RoomPerson(Schema):
    """Somebody in a room."""

    id = Id("Names the person.", required=True)
    name = fields.String(required=True, metadata=about("The name as people say it.", NAME))
    photo = fields.String(
        required=True, allow_none=True, metadata=about("Address of the photo.", "/photos/0199f2c4.webp")
    )
    initials = fields.String(required=True, metadata=about("Shown where there is no photo.", "EA"))
    tint = fields.Integer(required=True, metadata=about("Which of the six grounds the initials stand on.", 3))
    role = Choice("Whether they lead the room.", "student", ("teacher", "student"), required=True)
    hand = fields.Boolean(required=True, metadata=about("Whether their hand is up.", example=False))
    can = fields.List(
        fields.String(validate=validate.OneOf(list(RIGHTS)), metadata=about("One thing.", "write")),
        required=True,
        metadata=about("What they may do in the room."),
    )


class RaisedHand(Schema):
    """A raised hand."""

    id = Id("Whose hand it is.", required=True)
    name = fields.String(required=True, metadata=about("The name as people say it.", NAME))
    at = Moment("When it was raised.", required=True)


class RoomWhole(Schema):
    """A live room as it is now."""

    id = Id("Names the room.", required=True)
    name = fields.String(required=True, metadata=about("The name of the room.", "Biology 7"))
    course = fields.Nested(RoomCourse, required=True, metadata=about("The course that it belongs to."))
    lesson = fields.Nested(
        LessonItem, required=True, allow_none=True, metadata=about("The lesson that goes on, if one does.")
    )
    everyone_draws = fields.Boolean(required=True, metadata=about("Whether all may draw on the board.", example=True))
    you = fields.Nested(RoomPerson, required=True, metadata=about("The reader in this room."))
    people = fields.List(
        fields.Nested(RoomPerson), required=True, metadata=about("Who is in it, in the order of coming.")
    )
    hands = fields.List(
        fields.Nested(RaisedHand), required=True, metadata=about("Raised hands, in the order of raising.")
    )


class Hand(Input):
    """One's own hand."""

    raised = Truth("Whether it is up.", example=True, required=True)


class HandQueue(Schema):
    """The raised hands of a room."""

    queue = fields.List(
        fields.Nested(RaisedHand), required=True, metadata=about("Raised hands, in the order of raising.")
    )


class Grant(Input):
    """A right to give to somebody, or to take back."""

    user = IdOrAll("The person; `*` for everyone, who may draw together but not speak at once.", required=True)
    right = Choice("To draw on the board, or to speak.", "speak", Right, required=True)
    on = Truth("Whether it is given.", example=True, required=True)


class NewLesson(Input, MayBeMissing):
    """A lesson to begin."""

    title = Text(
        "What it is about; the name of the room when it is empty.", "Cells and their parts",
        longest=TITLE_MAX, pattern=LINE, load_default="",
    )  # fmt: skip


class Sender(Schema):
    """Who wrote a message."""

    id = Id("Names the person.", required=True)
    name = fields.String(required=True, metadata=about("The name as people say it.", NAME))
    photo = fields.String(
        required=True, allow_none=True, metadata=about("Address of the photo.", "/photos/0199f2c4.webp")
    )
    initials = fields.String(required=True, metadata=about("Shown where there is no photo.", "EA"))
    tint = fields.Integer(required=True, metadata=about("Which of the six grounds the initials stand on.", 3))


class MessageItem(Schema):
    """One numbered entry of the chat."""

    room = Id("The room.", required=True)
    seq = fields.Integer(required=True, metadata=about("Its number in the room, without a gap.", 57, minimum=1))
    id = Id("Names the message.", required=True)
    kind = Choice("Written by somebody, or by the house.", "text", MessageKind, required=True)
    sender = fields.Nested(Sender, required=True, metadata=about("Who wrote it, or whom it is about."))
    text = fields.String(required=True, metadata=about("What it says; empty when deleted.", "Is this on page 12?"))
    deleted = fields.Boolean(required=True, metadata=about("Whether it was deleted.", example=False))
    at = Moment("When it was written.", required=True)
    nonce = fields.String(
        required=True, allow_none=True, metadata=about("The name that its client gave it.", "n-5d1c9a0b")
    )


class History(Schema):
    """A stretch of the chat."""

    messages = fields.List(
        fields.Nested(MessageItem), required=True, metadata=about("The messages in the order of their numbers.")
    )
    seq = fields.Integer(required=True, metadata=about("The number of the room's latest message.", 57, minimum=0))
    more = fields.Boolean(required=True, metadata=about("Whether it goes on that way.", example=False))
    deletions = fields.Integer(
        required=True, metadata=about("How many messages of the room were deleted so far.", 2, minimum=0)
    )


class HistoryQuery(Input):
    """Which stretch of the chat; without numbers, the latest."""

    before = Whole("Only messages before this number.", 50, 0, SEQ_MAX)
    after = Whole("Only messages after this number, oldest first; wins over `before`.", 50, 0, SEQ_MAX)
    limit = Whole("How many at most.", chat.LATEST, 1, chat.MOST, load_default=chat.LATEST)


class NewMessage(Input):
    """A message to write."""

    text = Text(
        "What to say, 1 to 5000 characters.", "Is this on page 12?", shortest=1, longest=chat.TEXT_MAX, pattern=MESSAGE,
        required=True,
    )  # fmt: skip
    nonce = Text(
        "A name that the client makes: sending the same message again changes nothing.", "n-5d1c9a0b",
        longest=64, pattern=TOKEN_PATTERN, required=True,
    )  # fmt: skip


RoomPage = page_of(RoomItem, "RoomPage")
LessonPage = page_of(LessonItem, "LessonPage")
