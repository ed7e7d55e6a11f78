"""One school for the matrix: every identity in every relation to a course, and a way back to how it was."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from sqlalchemy.orm.attributes import set_committed_value

from elearn import clock
from elearn.api import tokens
from elearn.extensions import db
from elearn.integrations.storage import storage
from elearn.models import (
    BoardPage,
    Course,
    Email,
    EmailState,
    EnrolmentState,
    ImportRowState,
    ImportState,
    Invitation,
    InvitationImport,
    InvitationImportRow,
    Lesson,
    Message,
    Notification,
    NotificationKind,
    Right,
    Role,
    Status,
    User,
    uuid7,
)
from elearn.services import unsubscribing
from elearn.services.invitations import hash_token
from elearn.transaction import writing
from tests import make

OWN, SAME, OTHER, BARRED = "own", "same", "other", "barred"
# own: it is their course (a student: who taught it once); same: enrolled in it; other: no tie; barred: blocked in it.
RELATIONS: dict[str, tuple[str, ...]] = {
    "anonymous": ("",),
    "student": (OWN, SAME, OTHER, BARRED),
    "teacher": (OWN, SAME, OTHER),
    "manager": (OWN, SAME, OTHER),
    "admin": (OWN, SAME, OTHER),
    "blocked": (OWN, SAME, OTHER),
}
COLUMNS = [f"{identity} {relation}".strip() for identity, relations in RELATIONS.items() for relation in relations]
PHOTO = b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"


def cells(row: str) -> dict[str, str]:
    """Read `s fffh +ff + + s`: a group for each identity, one letter for all its relations or one for each."""
    groups = dict(zip(RELATIONS, row.split(), strict=True))
    found = {}
    for identity, relations in RELATIONS.items():
        letters = groups[identity]
        for relation, letter in zip(relations, letters * len(relations) if len(letters) == 1 else letters, strict=True):
            found[f"{identity} {relation}".strip()] = letter
    return found


@dataclass(frozen=True)
class Place:
    """What the addresses and bodies of one course's cells are made of, as plain values."""

    course_id: UUID
    code: str
    room_id: UUID
    lesson_id: UUID
    message_id: UUID  # of the classmate
    page_id: UUID
    second_page_id: UUID
    classmate_id: UUID
    barred_id: UUID
    outsider_id: UUID
    outsider: str
    colleague: str  # who teaches elsewhere
    photo: str
    status_id: UUID  # of the classmate
    notification_id: UUID  # of the classmate, read never
    email_id: UUID
    signed: str  # the link that ends emails to the classmate
    invitation_id: UUID  # of a student, by the course's teacher
    token: str  # of its link
    device_id: UUID  # of the outsider
    import_id: UUID  # by the course's teacher

    @property
    def classroom_id(self) -> UUID:
        return self.room_id

    @property
    def user_id(self) -> UUID:
        return self.classmate_id


@dataclass(frozen=True)
class Visitor:
    """Somebody with a session, and the course that their cells are about."""

    name: str
    user_id: UUID | None
    cookie: str | None
    tokens: dict[str, str]
    place: Place
    username: str


class World:
    """The school in a database of its own, which can be compared and put back."""

    def __init__(self, app: Flask, database: Path) -> None:
        self.app = app
        self._live = database
        self._pristine = database.with_name("pristine.db")
        self.visitors = self._people()
        db.session.remove()
        self._copy(self._live, self._pristine)

    # The people and their courses

    def _people(self) -> dict[str, Visitor]:
        stamp = storage().save("photos", ".webp", PHOTO)
        teacher = make.person("teacher_own", Role.TEACHER)
        main = self._course(teacher, stamp)
        found = {}
        for column in COLUMNS:
            identity, _, relation = column.partition(" ")
            if identity == "anonymous":
                found[column] = Visitor(column, None, None, {}, main, "")
                continue
            role = Role.TEACHER if identity == "blocked" else Role(identity)
            blocked_at = clock.now() if identity == "blocked" else None
            person = (
                teacher
                if column == "teacher own"
                else make.person(column.replace(" ", "_"), role, blocked_at=blocked_at)
            )
            place = main
            if relation == OWN and person is not teacher:
                place = self._course(person, stamp)
            if relation in {SAME, BARRED}:
                state = EnrolmentState.ACTIVE if relation == SAME else EnrolmentState.BLOCKED
                make.enrol(person, db.session.get_one(Course, main.course_id), state)
            found[column] = self._visitor(column, person, place)
        return found

    def _visitor(self, column: str, person: User, place: Place) -> Visitor:
        opened = make.sign_in(person)
        with writing(db.session()):
            opened.refresh_id = str(uuid4())
            # Reading changes nothing: neither does the note that a device is used, however long all of this takes.
            opened.last_seen_at = clock.now() + timedelta(days=1)
        set_committed_value(opened, "user", person)
        signer = SecureCookieSessionInterface().get_signing_serializer(self.app)
        assert signer is not None
        cookie = str(signer.dumps({"_user_id": str(opened.id), "_fresh": True}))
        issued = tokens.issue(opened)
        return Visitor(column, person.id, cookie, issued, place, person.username)

    @staticmethod
    def _course(teacher: User, photo: str) -> Place:
        course = make.course(teacher, title=f"Course of {teacher.username}")
        room = make.room(course)
        classmate, barred, outsider = make.person(photo=None), make.person(), make.person()
        colleague = make.person(role=Role.TEACHER)
        make.enrol(classmate, course)
        make.enrol(barred, course, EnrolmentState.BLOCKED)
        make.grant(classmate, room, Right.DRAW)
        lesson = Lesson(id=uuid7(), classroom_id=room.id, title="Now", started_by=teacher.id)
        message = Message(
            id=uuid7(), classroom_id=room.id, seq=1, sender_id=classmate.id, text="Hello", nonce="nonce-1"
        )
        pages = [BoardPage(id=uuid7(), classroom_id=room.id, position=position) for position in (1, 2)]
        status = Status(id=uuid7(), user_id=classmate.id, text="Reading")
        email = Email(id=uuid7(), letter="email_taken", to_email=classmate.email, state=EmailState.FAILED)
        link = unsubscribing.path(classmate.id, [NotificationKind.NEW_MATERIAL])
        token, address = f"token-{course.id}", f"{course.id}@elsewhere.example"
        invitation = Invitation(
            id=uuid7(), token_hash=hash_token(token), email=address, email_key=address, role=Role.STUDENT,
            invited_by_id=teacher.id, expires_at=clock.now() + timedelta(days=30),
        )  # fmt: skip
        notification = Notification(id=uuid7(), user_id=classmate.id, kind=NotificationKind.ACCOUNT)
        make.save(notification, lesson, message, status, email, invitation, *pages)
        imported = InvitationImport(
            id=uuid7(), invited_by_id=teacher.id, file_name="class.csv", state=ImportState.CHECKED, total=1, good=1
        )
        row = InvitationImportRow(line=2, email="new@elsewhere.example", state=ImportRowState.OK)
        make.save(imported)
        row.import_id = imported.id
        make.save(row)
        with writing(db.session()):
            room.seq, room.page_id = 1, pages[0].id
        return Place(
            course.id, course.code, room.id, lesson.id, message.id, pages[0].id, pages[1].id,
            classmate.id, barred.id, outsider.id, outsider.username, colleague.username, photo, status.id,
            notification.id, email.id, link.rpartition("/")[2], invitation.id, token,
            make.sign_in(outsider).id, imported.id,
        )  # fmt: skip

    # Coming in

    def browser(self, visitor: Visitor) -> FlaskClient:
        client = self.app.test_client()
        if visitor.cookie:
            client.set_cookie("session", visitor.cookie)
        return client

    # Comparing, and going back

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of every table, but for the trace that a refusal leaves in the log."""
        with closing(sqlite3.connect(self._live)) as connection:
            names = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
            asked = {name: f'select * from "{name}" order by rowid' for name in names}  # noqa: S608
            asked["activities"] = "select * from activities where kind != 'refused' order by rowid"
            return {name: connection.execute(query).fetchall() for name, query in asked.items()}

    def prepare(self, given: str = "", visitor: Visitor | None = None) -> dict[str, list[tuple[Any, ...]]]:
        """Put everything back, make the school of one row, such as one of drafts alone, and return its rows."""
        db.session.remove()
        self._copy(self._pristine, self._live)
        if given:
            user = visitor.user_id.hex if visitor and visitor.user_id else None
            if user is not None or ":user" not in given:
                with closing(sqlite3.connect(self._live, isolation_level=None)) as connection:
                    place = visitor.place if visitor else None
                    known = {
                        "user": user,
                        "status": place and place.status_id.hex,
                        "device": place and place.device_id.hex,
                    }
                    connection.execute(given, {name: value for name, value in known.items() if f":{name}" in given})
        return self.rows()

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
            one.backup(other)
