"""What the school holds about a person, table by table: what an export tells of it, and what a deletion leaves.

Every column of every table is declared here; a test walks through the tables and fails for one that is not. The export
(`exports.py`) and the deletion (`erasure.py`) do what stands here, and nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from elearn.models import (
    Activity,
    BoardBatch,
    BoardObject,
    BoardPage,
    Classroom,
    Code,
    Course,
    Email,
    Enrolment,
    Export,
    IdempotencyKey,
    Invitation,
    InvitationCourse,
    InvitationImport,
    InvitationImportRow,
    Lesson,
    Message,
    MessageKind,
    Notice,
    Notification,
    NotificationPreference,
    PersonWord,
    Role,
    SignIn,
    Standing,
    Status,
    Theme,
    User,
    fold,
)

# What stands in the place of a name and of an address; `.invalid` is nobody's domain for ever (RFC 2606).
FORMER = "Former member"
NO_ADDRESS = "deleted@deleted.invalid"


class Made(Enum):
    """What is made anew for each deleted account, because it is unique."""

    NAME = "a username"
    ADDRESS = "an address"


FOR_COMPARING = "made of what is told, to compare and to sort by"
LETS_IN = "lets whoever has it in, or helps to guess"
OF_OTHERS = "about somebody else"
OF_THE_QUEUE = "how far the sending is"


@dataclass(frozen=True)
class Person:
    """Know somebody by all that names them, in the account and beside it: earlier names and addresses, too."""

    id: UUID
    names: tuple[str, ...]
    addresses: tuple[str, ...]  # folded


@dataclass(frozen=True)
class Holding:
    """Declare rows of one table that say something about a person.

    Each column is told, kept back for a reason, or only links to another row. Of rows that stay, each text is emptied,
    has the person's names replaced, or stays for a reason.
    """

    model: Any
    whose: Callable[[Person], ColumnElement[bool]]
    section: str = ""  # its name in the export
    told: str = ""
    kept_back: Mapping[str, str] = field(default_factory=dict)
    links: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)  # what the export adds, to be read without the database
    rows_go: bool = False
    emptied: Mapping[str, Any] = field(default_factory=dict)
    named_in: str = ""
    stays: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)  # columns that name files, with their shelves


@dataclass(frozen=True)
class Matter:
    """Declare a table that says nothing about a person, and why."""

    model: Any
    columns: str
    why: str


def _has_address(column: Any) -> Callable[[Person], ColumnElement[bool]]:
    return lambda person: func.lower(column).in_(person.addresses)


def _is_other(column: Any, person: Person) -> ColumnElement[bool]:
    return or_(column.is_(None), column != person.id)


def _course_title(column: Any) -> Any:
    return select(Course.title).where(Course.id == column).scalar_subquery()


_TITLES_OF_ROOMS = select(Course.title).join(Classroom, Classroom.course_id == Course.id)


def _room_title(column: Any) -> Any:
    return _TITLES_OF_ROOMS.where(Classroom.id == column).scalar_subquery()


def _page_room_title(column: Any) -> Any:
    of_pages = _TITLES_OF_ROOMS.join(BoardPage, BoardPage.classroom_id == Classroom.id)
    return of_pages.where(BoardPage.id == column).scalar_subquery()


_INVITATION_KEPT = {"token_hash": LETS_IN, "email_key": FOR_COMPARING}
_INVITATION_LINKS = "id invited_by_id import_id accepted_by_id email_id"
_ROW_LINKS = "import_id invitation_id"
_ROW_CELLS = "line email full_name role course_codes state field reason facts"
_EMPTY_ROW = {"email": "", "full_name": "", "role": "", "course_codes": "", "field": "", "reason": "", "facts": {}}
_ACTIVITY_LINKS = "id actor_id subject_id object_id"
_SAID_IN_LESSON = "said or drawn in a lesson with others: it stays without the name"


def _is_open(model: type[Invitation]) -> ColumnElement[bool]:
    return and_(model.accepted_at.is_(None), model.revoked_at.is_(None))


def _invited(person: Person) -> ColumnElement[bool]:
    return or_(Invitation.email_key.in_(person.addresses), Invitation.accepted_by_id == person.id)


def _row_about(person: Person) -> ColumnElement[bool]:
    reached = select(Invitation.id).where(_invited(person))
    return or_(
        func.lower(InvitationImportRow.email).in_(person.addresses), InvitationImportRow.invitation_id.in_(reached)
    )


def _own_imports(person: Person) -> Any:
    return select(InvitationImport.id).where(InvitationImport.invited_by_id == person.id)


# In the order in which a deletion goes through them: what finds a row is there until its turn.
HOLDINGS: tuple[Holding, ...] = (
    # Getting in
    Holding(
        PersonWord, lambda person: PersonWord.user_id == person.id,
        kept_back=dict.fromkeys(("word", "name_key"), "made of name, username and email, to be found by"),
        links="user_id", rows_go=True,
    ),
    Holding(
        IdempotencyKey, lambda person: IdempotencyKey.user_id == person.id,
        kept_back=dict.fromkeys(("key", "fingerprint", "answer", "created_at"), "answers that were given, for a day"),
        links="user_id", rows_go=True,
    ),
    Holding(
        SignIn, lambda person: SignIn.user_id == person.id, "sign_ins",
        "kind user_agent address created_at last_seen_at expires_at ended_at",
        {"refresh_id": LETS_IN}, "id user_id", rows_go=True,
    ),
    Holding(
        Code, lambda person: or_(Code.user_id == person.id, Code.email_key.in_(person.addresses)), "codes",
        "purpose email tries created_at expires_at ended_at",
        {"code_hash": LETS_IN, "email_key": FOR_COMPARING}, "id user_id", rows_go=True,
    ),
    # Invitations
    Holding(
        InvitationImportRow, lambda person: InvitationImportRow.import_id.in_(_own_imports(person)),
        "invitation_list_rows", _ROW_CELLS, links=_ROW_LINKS, rows_go=True,
    ),
    Holding(
        InvitationImportRow,
        lambda person: and_(InvitationImportRow.import_id.not_in(_own_imports(person)), _row_about(person)),
        "invitation_list_rows_about_you", "email full_name role course_codes",
        dict.fromkeys(("line", "state", "field", "reason", "facts"), OF_OTHERS), _ROW_LINKS,
        emptied=_EMPTY_ROW,
    ),
    Holding(
        InvitationImport, lambda person: InvitationImport.invited_by_id == person.id, "invitation_lists",
        "file_name message state error total done good warned bad facts created_at changed_at finished_at",
        {"file": "its rows are told; it goes once the list is read", "course_ids": "ids of courses"},
        "id invited_by_id", rows_go=True, files={"file": "imports"},
    ),
    # The letters of invitations that wait go before the invitations, which know them.
    Holding(
        Email,
        lambda person: and_(
            Email.letter == "invitation",
            Email.id.in_(select(Invitation.email_id).where(Invitation.invited_by_id == person.id)),
        ),
        kept_back={
            "letter": OF_OTHERS, "to_email": OF_OTHERS, "to_name": OF_OTHERS, "language": OF_OTHERS, "data": OF_OTHERS,
            "secret": LETS_IN, "state": OF_OTHERS, "tries": OF_THE_QUEUE, "next_try_at": OF_THE_QUEUE,
            "claim": OF_THE_QUEUE, "error": OF_THE_QUEUE, "created_at": OF_OTHERS, "sent_at": OF_OTHERS,
        },
        links="id user_id", rows_go=True,
    ),
    Holding(
        Invitation, lambda person: Invitation.invited_by_id == person.id, "invitations_sent",
        "email full_name role message created_at sent_at expires_at accepted_at revoked_at",
        _INVITATION_KEPT, _INVITATION_LINKS, rows_go=True,
    ),
    Holding(
        Invitation, lambda person: and_(_invited(person), Invitation.invited_by_id != person.id, _is_open(Invitation)),
        "invitations_waiting_for_you", "email full_name role message created_at sent_at expires_at",
        _INVITATION_KEPT | {"accepted_at": "not yet", "revoked_at": "not yet"}, _INVITATION_LINKS, rows_go=True,
    ),
    Holding(
        Invitation, lambda person: and_(_invited(person), Invitation.invited_by_id != person.id, ~_is_open(Invitation)),
        "invitations_received", "email full_name role message created_at sent_at expires_at accepted_at revoked_at",
        _INVITATION_KEPT, _INVITATION_LINKS,
        emptied={"email": NO_ADDRESS, "email_key": NO_ADDRESS, "full_name": FORMER, "message": ""},
        stays={"token_hash": "of a token that leads nowhere any more"},
    ),
    # Mail and notifications
    Holding(
        Email,
        lambda person: or_(
            Email.user_id == person.id, and_(Email.user_id.is_(None), func.lower(Email.to_email).in_(person.addresses))
        ),
        "emails", "letter to_email to_name language data state created_at sent_at",
        {
            "secret": LETS_IN, "tries": OF_THE_QUEUE, "next_try_at": OF_THE_QUEUE, "claim": OF_THE_QUEUE,
            "error": OF_THE_QUEUE,
        },
        "id user_id", rows_go=True,
    ),
    Holding(
        Email, lambda person: _is_other(Email.user_id, person),
        kept_back={
            "letter": OF_OTHERS, "to_email": OF_OTHERS, "to_name": OF_OTHERS, "language": OF_OTHERS, "data": OF_OTHERS,
            "secret": LETS_IN, "state": OF_OTHERS, "tries": OF_THE_QUEUE, "next_try_at": OF_THE_QUEUE,
            "claim": OF_THE_QUEUE, "error": OF_THE_QUEUE, "created_at": OF_OTHERS, "sent_at": OF_OTHERS,
        },
        links="id user_id", named_in="data",
        stays=dict.fromkeys(("letter", "to_email", "to_name", "language", "secret", "error"), OF_OTHERS),
    ),
    Holding(
        Notification, lambda person: Notification.user_id == person.id, "notifications",
        "kind data in_page for_digest created_at read_at", links="id user_id notice_id actor_id course_id",
        more={"course": _course_title(Notification.course_id)}, rows_go=True,
    ),
    Holding(
        Notification, lambda person: Notification.actor_id == person.id,
        kept_back=dict.fromkeys(("kind", "data", "in_page", "for_digest", "created_at", "read_at"), OF_OTHERS),
        links="id user_id notice_id actor_id course_id", named_in="data",
    ),
    Holding(
        Notice, lambda person: and_(Notice.actor_id == person.id, Notice.done_at.is_not(None)),
        kept_back=dict.fromkeys(("kind", "data", "recipients", "told", "created_at", "done_at"), OF_OTHERS),
        links="id actor_id course_id", rows_go=True,
    ),
    Holding(
        NotificationPreference, lambda person: NotificationPreference.user_id == person.id, "notification_preferences",
        "kind in_page email", links="user_id", rows_go=True,
    ),
    # Courses
    Holding(
        Course, lambda person: Course.teacher_id == person.id, "courses_taught",
        "title code summary description subject cover_cloth cover_pattern starts_on ends_on state created_at "
        "updated_at",
        {"code_key": FOR_COMPARING, "version": "counts the edits"}, "id teacher_id",
        stays=dict.fromkeys(
            ("title", "code", "code_key", "summary", "description"),
            "whoever teaches hands the course over or deletes it before the account goes",
        ),
    ),
    Holding(
        Enrolment, lambda person: Enrolment.user_id == person.id, "enrolments", "state reason enrolled_at changed_at",
        links="course_id user_id", more={"course": _course_title(Enrolment.course_id)}, rows_go=True,
    ),
    # Lessons
    Holding(
        Lesson, lambda person: Lesson.started_by == person.id, "live_lessons", "title started_at ended_at",
        links="id classroom_id started_by", more={"course": _room_title(Lesson.classroom_id)},
        stays={"title": "what the lesson was about"},
    ),
    Holding(
        Standing, lambda person: Standing.user_id == person.id, "standings", "draws speaks hand_at removed_at",
        links="classroom_id user_id", more={"course": _room_title(Standing.classroom_id)}, rows_go=True,
    ),
    Holding(
        Message, lambda person: and_(Message.sender_id == person.id, Message.kind == MessageKind.TEXT), "messages",
        "seq kind text sent_at deleted_at", {"nonce": "made by the browser, against doubles"},
        "id classroom_id sender_id deleted_by", more={"course": _room_title(Message.classroom_id)},
        emptied={"nonce": None}, stays={"text": _SAID_IN_LESSON},
    ),
    # Lines of the house, such as "Ben Kowalski left".
    Holding(
        Message, lambda person: and_(Message.sender_id == person.id, Message.kind == MessageKind.SYSTEM), "comings",
        "seq kind text sent_at deleted_at", {"nonce": "made by the browser, against doubles"},
        "id classroom_id sender_id deleted_by", more={"course": _room_title(Message.classroom_id)},
        emptied={
            "nonce": None,
            "text": case((Message.text.endswith(" left"), f"{FORMER} left"), else_=f"{FORMER} joined"),
        },
    ),
    Holding(
        BoardObject, lambda person: BoardObject.author_id == person.id, "board_objects", "body",
        {"added_rev": "counts the changes of the page"}, "page_id id author_id",
        more={"course": _page_room_title(BoardObject.page_id)},
        stays={"id": "made by the browser", "body": _SAID_IN_LESSON},
    ),
    Holding(
        BoardBatch, lambda person: BoardBatch.author_id == person.id, "board_changes", "ops applied_at",
        {"rev": "counts the changes of the page", "cid": "made by the browser, against doubles"}, "page_id author_id",
        more={"course": _page_room_title(BoardBatch.page_id)},
        stays={"cid": "made by the browser, against doubles", "ops": _SAID_IN_LESSON},
    ),
    # What others see and what is written down
    Holding(
        Status, lambda person: Status.user_id == person.id, "statuses", "text created_at edited_at",
        links="id user_id", rows_go=True,
    ),
    Holding(
        Activity,
        lambda person: and_(
            Activity.actor_id == person.id, or_(Activity.subject_id.is_(None), Activity.subject_id == person.id)
        ),
        "activity", "at kind actor_name subject_name object_name address detail", links=_ACTIVITY_LINKS,
        emptied={
            "actor_name": FORMER,
            "subject_name": case((Activity.subject_id.is_(None), ""), else_=FORMER),
            "address": "",
            "detail": {},
        },
        named_in="object_name",
    ),
    Holding(
        Activity, lambda person: and_(Activity.actor_id == person.id, Activity.subject_id != person.id),
        "activity_towards_others", "at kind actor_name object_name address detail",
        {"subject_name": OF_OTHERS}, _ACTIVITY_LINKS,
        emptied={"actor_name": FORMER, "address": ""}, named_in="object_name",
        stays={"subject_name": OF_OTHERS, "detail": OF_OTHERS},
    ),
    Holding(
        Activity, lambda person: and_(Activity.subject_id == person.id, _is_other(Activity.actor_id, person)),
        "activity_of_others_about_you", "at kind subject_name object_name detail",
        {"actor_name": OF_OTHERS, "address": OF_OTHERS}, _ACTIVITY_LINKS,
        emptied={
            "subject_name": FORMER,
            "detail": {},
            "address": case((Activity.actor_id.is_(None), ""), else_=Activity.address),
        },
        named_in="object_name", stays={"actor_name": OF_OTHERS},
    ),
    # Invitations to this address, as others sent and revoked them.
    Holding(
        Activity, lambda person: and_(_has_address(Activity.object_name)(person), _is_other(Activity.actor_id, person)),
        kept_back=dict.fromkeys(
            ("at", "kind", "actor_name", "subject_name", "object_name", "address", "detail"), OF_OTHERS
        ),
        links=_ACTIVITY_LINKS, emptied={"object_name": FORMER},
        stays=dict.fromkeys(("actor_name", "subject_name", "address", "detail"), OF_OTHERS),
    ),
    Holding(
        Export, lambda person: Export.user_id == person.id, "exports", "state size created_at ready_at expires_at",
        {"file": "the file that this stands in"}, "id user_id", rows_go=True, files={"file": "exports"},
    ),
    # The account itself, last
    Holding(
        User, lambda person: User.id == person.id, "account",
        "id username email email_verified_at email_refused_at full_name role requested_role headline bio education "
        "interests photo theme time_zone language blocked_at blocked_reason created_at",
        {
            "username_key": FOR_COMPARING, "email_key": FOR_COMPARING, "name_key": FOR_COMPARING,
            "password_hash": LETS_IN, "deleted_at": "empty as long as there is an account",
        },
        emptied={
            "full_name": FORMER, "name_key": fold(FORMER), "email_verified_at": None, "email_refused_at": None,
            "password_hash": "",
            "role": Role.STUDENT, "requested_role": None, "headline": "", "bio": "", "education": "", "interests": "",
            "photo": None, "theme": Theme.SYSTEM, "time_zone": "UTC", "language": "en", "blocked_at": None,
            "blocked_reason": "",
            "username": Made.NAME, "username_key": Made.NAME, "email": Made.ADDRESS, "email_key": Made.ADDRESS,
        },
        files={"photo": "photos"},
    ),
)  # fmt: skip

MATTERS: tuple[Matter, ...] = (
    Matter(Classroom, "id course_id name seq deletions page_id everyone_draws created_at", "the room of a course"),
    Matter(BoardPage, "id classroom_id position background rev created_at", "paper; who drew stands with the drawings"),
    Matter(InvitationCourse, "invitation_id course_id", "goes with its invitation"),
)  # fmt: skip
