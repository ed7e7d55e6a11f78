"""What the school holds about a person: all of it is declared, told to them and to nobody else, and goes with them."""

import json
import secrets
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import JSON, LargeBinary, String, select

from config import Settings
from elearn import clock
from elearn.extensions import db
from elearn.integrations.storage import storage
from elearn.models import (
    Activity,
    ActivityKind,
    BoardBatch,
    BoardObject,
    BoardPage,
    Code,
    CodePurpose,
    Course,
    Email,
    EmailChoice,
    EmailState,
    Enrolment,
    EnrolmentState,
    Export,
    ExportState,
    IdempotencyKey,
    ImportRowState,
    ImportState,
    Invitation,
    InvitationImport,
    InvitationImportRow,
    Lesson,
    Message,
    MessageKind,
    Notice,
    Notification,
    NotificationKind,
    NotificationPreference,
    PersonWord,
    Role,
    SignIn,
    SignInKind,
    Standing,
    Status,
    User,
    uuid7,
)
from elearn.services import erasure, exports, privacy
from elearn.services.privacy import HOLDINGS, MATTERS, Holding, Made
from tests import make
from tests.people import People

TEXTS = (String, JSON, LargeBinary)


def names(words: str) -> set[str]:
    return set(words.split())


def columns_of(model: Any) -> set[str]:
    return {column.name for column in model.__table__.columns}


# The declaration itself


def test_every_table_is_declared() -> None:
    declared = {one.model.__tablename__ for one in (*HOLDINGS, *MATTERS)}
    assert {table.name for table in db.metadata.sorted_tables} == declared


@pytest.mark.parametrize("holding", HOLDINGS, ids=lambda holding: holding.section or holding.model.__tablename__)
def test_every_column_is_told_kept_back_for_a_reason_or_only_a_link(holding: Holding) -> None:
    told, kept, links = names(holding.told), set(holding.kept_back), names(holding.links)
    assert sorted([*told, *kept, *links]) == sorted(columns_of(holding.model)), "each column once"
    assert all(holding.kept_back.values())
    assert bool(told) == bool(holding.section)


@pytest.mark.parametrize("holding", HOLDINGS, ids=lambda holding: holding.section or holding.model.__tablename__)
def test_every_text_that_stays_is_emptied_searched_for_names_or_stays_for_a_reason(holding: Holding) -> None:
    if holding.rows_go:
        assert not [*holding.emptied, *holding.stays, *holding.named_in]
        return
    texts = {
        column.name
        for column in holding.model.__table__.columns
        if isinstance(column.type, TEXTS) and not hasattr(column.type, "enums")
    }
    settled = set(holding.emptied) | names(holding.named_in) | set(holding.stays)
    assert texts - settled == set(), "say what a deletion does with these"
    assert not set(holding.emptied) & set(holding.stays)
    assert all(holding.stays.values())


@pytest.mark.parametrize("matter", MATTERS, ids=lambda matter: matter.model.__tablename__)
def test_what_says_nothing_about_people_is_declared_column_by_column(matter: Any) -> None:
    assert names(matter.columns) == columns_of(matter.model)
    assert matter.why


def test_a_column_that_nobody_declared_would_be_noticed() -> None:
    """The proof that the tests above can fail."""
    account = next(holding for holding in HOLDINGS if holding.model is User)
    short = Holding(User, account.whose, "account", account.told.replace(" bio", ""), account.kept_back, account.links)
    with pytest.raises(AssertionError, match="each column once"):
        test_every_column_is_told_kept_back_for_a_reason_or_only_a_link(short)


# A canary: every text of every table, for two people


class Nest:
    """Fill every table with texts that nobody else has; each names its table and column."""

    def __init__(self, tag: str, role: Role, course: Course) -> None:
        self.tag, self.course = tag, course
        self.name = f"{tag.capitalize()} Kanarienvögel"  # a name that JSON writes with escapes
        self.email = f"{tag}@canary.example"
        self.user = make.person(f"{tag}.canary", role, full_name=self.name, email=self.email)
        self.room = make.room(course)
        self.files: list[tuple[str, str]] = []

    def text(self, place: str) -> str:
        return f"{self.tag}-{place}-text"

    def file(self, shelf: str, suffix: str) -> str:
        name = storage().save(shelf, suffix, self.text(f"file-{shelf}").encode())
        self.files.append((shelf, name))
        return name

    def fill(self, other: "Nest") -> None:
        """Write rows about this person: own ones, and what others have that names them."""
        u, now = self.user.id, clock.now()
        make.change(
            self.user, headline=self.text("headline"), bio=self.text("bio"), education=self.text("education"),
            interests=self.text("interests"), blocked_reason=self.text("blocked_reason"),
            photo=self.file("photos", ".webp"),
        )  # fmt: skip
        page = make.save(BoardPage(id=uuid7(), classroom_id=self.room.id, position=1 if self.tag < other.tag else 2))
        make.save(
            SignIn(user_id=u, kind=SignInKind.BROWSER, user_agent=self.text("agent"), address=self.text("address"),
                   refresh_id=None, expires_at=now),
            Code(purpose=CodePurpose.CHANGE_EMAIL, user_id=u, email=self.text("code"), email_key=self.text("code-key"),
                 code_hash=self.text("hash"), expires_at=now),
            Code(purpose=CodePurpose.RESET_PASSWORD, email=self.email, email_key=self.email, code_hash="-",
                 expires_at=now),
            Enrolment(course_id=self.course.id, user_id=u, reason=self.text("reason"), state=EnrolmentState.ACTIVE),
            Standing(classroom_id=self.room.id, user_id=u, draws=True),
            Lesson(classroom_id=self.room.id, title=self.text("kept-lesson"), started_by=u, ended_at=now),
            Message(classroom_id=self.room.id, seq=self.number(1), sender_id=u, text=self.text("kept-message"),
                    nonce=self.text("nonce")),
            Message(classroom_id=self.room.id, seq=self.number(2), sender_id=u, kind=MessageKind.SYSTEM,
                    text=f"{self.name} left"),
            BoardObject(page_id=page.id, id=self.text("kept-id"), added_rev=1, author_id=u,
                        body={"text": self.text("kept-body")}),
            BoardBatch(page_id=page.id, rev=1, author_id=u, cid=self.text("kept-cid"),
                       ops=[{"text": self.text("kept-ops")}]),
            Status(user_id=u, text=self.text("status")),
            NotificationPreference(user_id=u, kind=NotificationKind.NEW_REVIEW, in_page=True, email=EmailChoice.OFF),
            IdempotencyKey(user_id=u, key=self.text("key"), fingerprint="-", answer={"body": self.text("answer")}),
            Export(user_id=u, state=ExportState.READY, file=self.file("exports", ".zip"), ready_at=now, expires_at=now),
        )  # fmt: skip
        self._notifications(other)
        self._emails(other)
        self._invitations(other)
        self._activity(other)

    def number(self, number: int) -> int:
        return number + (10 if self.tag == "own" else 20)

    def _notifications(self, other: "Nest") -> None:
        told = {"title": self.text("told")}
        make.save(
            Notification(user_id=self.user.id, kind=NotificationKind.NEW_MATERIAL, data=told),
            Notification(user_id=other.user.id, actor_id=self.user.id, kind=NotificationKind.ACCOUNT,
                         data={"event": "role_requested", "name": self.name}),
            Notice(kind=NotificationKind.NEW_MATERIAL, actor_id=self.user.id, data={"title": self.text("notice")},
                   recipients=[], done_at=clock.now()),
        )  # fmt: skip

    def _emails(self, other: "Nest") -> None:
        shared = {"letter": "notification", "next_try_at": clock.now()}
        make.save(
            Email(user_id=self.user.id, to_email=self.email, to_name=self.name, data={"text": self.text("mail")},
                  secret=self.text("secret").encode(), error=self.text("error"), **shared),
            Email(user_id=None, to_email=self.email.upper(), data={"text": self.text("mail-before")}, **shared),
            Email(user_id=other.user.id, to_email=other.email, to_name=other.name, state=EmailState.SENT,
                  data={"text": f"{self.name} enrolled in Night Sky", "lines": [{"who": f"write to {self.email}."}]},
                  **shared),
        )  # fmt: skip

    def _invitations(self, other: "Nest") -> None:
        def invitation(by: UUID, to: str, place: str, **values: Any) -> Invitation:
            return Invitation(
                token_hash=secrets.token_hex(32), email=to, email_key=to.lower(), full_name=self.text(f"name-{place}"),
                role=Role.STUDENT, message=self.text(f"message-{place}"), invited_by_id=by, sent_at=clock.now(),
                expires_at=clock.now(), **values,
            )  # fmt: skip

        mine = make.save(
            InvitationImport(
                invited_by_id=self.user.id, file_name=self.text("list"), file=self.file("imports", ".csv"),
                message=self.text("list-message"), error=self.text("list-error"), facts={"a": self.text("list-facts")},
                state=ImportState.DONE, changed_at=clock.now(),
            )
        )  # fmt: skip
        theirs = make.save(InvitationImport(invited_by_id=other.user.id, file_name="list.csv", changed_at=clock.now()))
        cells = {"state": ImportRowState.DONE}
        make.save(
            invitation(self.user.id, self.text("guest") + "@canary.example", "sent"),
            invitation(other.user.id, self.email, "accepted", accepted_at=clock.now(), accepted_by_id=self.user.id),
            invitation(other.user.id, self.email, "waiting"),
            InvitationImportRow(import_id=mine.id, line=2, email=self.text("row"), full_name=self.text("row-name"),
                                reason=self.text("row-reason"), facts={"a": self.text("row-facts")}, **cells),
            InvitationImportRow(import_id=theirs.id, line=2, email=self.email.title(), full_name=self.text("row-about"),
                                reason=f"{self.name} is a member already", facts={"who": self.name}, **cells),
        )  # fmt: skip

    def _activity(self, other: "Nest") -> None:
        def line(kind: ActivityKind, actor: "Nest | None", subject: "Nest | None", **values: Any) -> Activity:
            return Activity(
                kind=kind, actor_id=actor.user.id if actor else None, actor_name=actor.name if actor else "",
                subject_id=subject.user.id if subject else None, subject_name=subject.name if subject else "", **values,
            )  # fmt: skip

        ip = self.text("ip")[:45]
        make.save(
            line(ActivityKind.SIGNED_IN, self, self, address=ip, detail={"device": self.text("device")}),
            line(ActivityKind.SIGN_IN_FAILED, None, self, address=ip, detail={"reason": "wrong"}),
            line(ActivityKind.INVITATION_ACCEPTED, self, self, object_name=self.email),
            line(ActivityKind.BLOCKED, self, other, address=ip, detail={"reason": other.text("blocked-why")}),
            line(ActivityKind.INVITED, other, None, object_name=self.email),
        )
        before = Activity(kind=ActivityKind.SIGNED_OUT, actor_id=self.user.id, actor_name=f"{self.tag} Earlier Name")
        make.save(
            before, Notification(user_id=other.user.id, kind=NotificationKind.ACCOUNT, actor_id=self.user.id,
                                 data={"name": f"{self.tag} Earlier Name"}),
        )  # fmt: skip


KEPT = "-kept-"  # what was said and drawn among others stays, without a name


# What these people brought of each other: rows that one of them typed about the other.
def marks(nest: Nest) -> tuple[str, ...]:
    return (
        f"{nest.tag}-",
        nest.name,
        nest.email,
        json.dumps(nest.name)[1:-1],
        f"{nest.tag} Earlier",
        f"{nest.tag}.canary",
    )


def dump() -> Iterator[tuple[str, str]]:
    """Return every value of every table as text."""
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(select(table)):
            for column, value in row._mapping.items():
                shown = bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else str(value)
                yield f"{table.name}.{column}", shown


def hits(nest: Nest) -> set[str]:
    words = [mark.lower() for mark in marks(nest)]
    return {place for place, value in dump() if any(word in value.lower() for word in words)}


@pytest.fixture
def nests(app: Flask, school: People) -> tuple[Nest, Nest]:
    course = make.course(school.ada)
    own, other = Nest("own", Role.TEACHER, course), Nest("alien", Role.TEACHER, course)
    own.fill(other)
    other.fill(own)
    return own, other


def archive_of(user: User) -> zipfile.ZipFile:
    file = BytesIO()
    exports.write(user, file)
    return zipfile.ZipFile(file)


@pytest.mark.usefixtures("school_database")
def test_the_export_tells_all_of_oneself_and_nothing_of_others(nests: tuple[Nest, Nest]) -> None:
    own, other = nests
    archive = archive_of(own.user)
    raw = archive.read("data.json").decode()
    data = json.loads(raw)
    held = {value for _place, value in dump()}
    hidden = ("hash", "code-key", "secret", "error", "nonce", "kept-cid", "kept-id", "notice", "row-facts")
    missing = []
    for place in PLACES:
        text = own.text(place)
        assert any(text in value for value in held), f"the nest has no {place}"
        if text not in raw and not place.endswith(hidden):
            missing.append(place)
    assert not missing
    # What one typed about somebody, and what one was told of them, is one's own; nothing else of them is here.
    assert not [place for place in PLACES if other.text(place) in raw and place not in TYPED_BY_THE_OTHER]
    private = {name: rows for name, rows in data.items() if name not in MENTIONS}
    assert not [mark for mark in marks(other) if mark in json.dumps(private, ensure_ascii=False)]
    assert set(data) == {"about", *(holding.section for holding in HOLDINGS if holding.section)}
    assert data["account"][0]["username"] == "own.canary"
    assert archive.read(f"files/{own.user.photo}").decode() == own.text("file-photos")
    for secret in ("hash", "secret", "code-key"):
        assert own.text(secret) not in raw
    assert own.user.password_hash not in raw


PLACES = [
    "headline", "bio", "education", "interests", "blocked_reason", "agent", "address", "code", "reason", "kept-lesson",
    "kept-message", "nonce", "kept-id", "kept-body", "kept-cid", "kept-ops", "status", "told", "notice", "mail",
    "mail-before", "secret", "error", "guest", "name-sent", "message-sent", "name-accepted", "message-accepted",
    "name-waiting", "message-waiting", "list", "list-message", "list-error", "list-facts", "row", "row-name",
    "row-reason", "row-facts", "row-about", "ip", "device",
]  # fmt: skip


# Of invitations and lists: whoever invites writes down the address and the name of somebody else.
TYPED_BY_THE_OTHER = {"name-accepted", "message-accepted", "name-waiting", "message-waiting", "row-about"}
MENTIONS = {
    "emails",
    "notifications",
    "invitations_sent",
    "invitation_list_rows",
    "activity",
    "activity_towards_others",
}


@pytest.mark.usefixtures("school_database")
def test_after_a_deletion_nothing_names_them_any_more(nests: tuple[Nest, Nest], settings: Settings) -> None:
    own, other = nests
    before, others_before = hits(own), len(list(db.session.scalars(select(Message)).all()))
    assert len(before) >= 50, "the canary sits everywhere"
    kept_before = [value for _, value in dump() if own.tag + KEPT in value]
    user_id = own.user.id
    theirs_before = sorted(place for place, value in dump() if other.email in value or other.text("") in value)

    erasure.erase(own.user, make.PASSWORD)

    # The last letter goes to the address; once it is sent, that goes too.
    farewell = db.session.scalars(select(Email).where(Email.user_id == user_id)).one()
    assert (farewell.letter, farewell.to_email, farewell.data) == ("account_event", own.email, {"event": "deleted"})
    assert {place.split(".")[0] for place in hits(own) - KEPT_PLACES} == {"emails"}
    make.change(farewell, state=EmailState.SENT)
    erasure.sweep()
    assert hits(own) == KEPT_PLACES
    assert [value for _, value in dump() if own.tag + KEPT in value] == kept_before
    leaked = [mark for mark in marks(own)[1:] for place, value in dump() if place in KEPT_PLACES and mark in value]
    assert not leaked, "what stays names nobody"

    files = [path for path in (settings.instance_path / "files").rglob("*") if path.is_file()]
    assert not [path for path in files if own.text("file-") in path.read_text()]
    assert {path.name for path in files} == {name for _shelf, name in other.files}
    assert len(db.session.scalars(select(Message)).all()) == others_before
    lost = set(theirs_before) - {place for place, value in dump() if other.email in value or other.text("") in value}
    # Their address also stood in an invitation and an email of the one who is gone.
    assert lost <= {"invitations.email", "invitations.email_key", "emails.data"}, "what the other one has stays"


KEPT_PLACES = {
    "live_lessons.title", "messages.text", "board_objects.id", "board_objects.body", "board_batches.cid",
    "board_batches.ops",
}  # fmt: skip


@pytest.mark.usefixtures("school_database")
def test_what_others_wrote_of_themselves_is_left_alone(nests: tuple[Nest, Nest]) -> None:
    own, other = nests
    before = archive_of(other.user).read("data.json").decode()
    erasure.erase(own.user, make.PASSWORD)
    after = json.loads(archive_of(other.user).read("data.json"))
    for section, rows in json.loads(before).items():
        if section in {
            "account",
            "messages",
            "board_objects",
            "sign_ins",
            "statuses",
            "codes",
            "enrolments",
            "exports",
        }:
            assert after[section] == rows, section
    assert len(after["emails"]) == len(json.loads(before)["emails"])


def test_what_is_declared_as_made_anew_is_made(school: People) -> None:
    erasure.erase(school.ben, make.PASSWORD)
    ben = db.session.get_one(User, school.ben.id)
    assert ben.username.startswith("deleted-")
    assert ben.username == ben.username_key
    assert ben.email == ben.email_key == f"{ben.username}@deleted.invalid"
    assert set(Made) == {Made.NAME, Made.ADDRESS}
    assert ben.full_name == privacy.FORMER
    assert db.session.query(PersonWord).filter_by(user_id=ben.id).count() == 0
