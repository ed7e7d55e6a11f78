"""Every list costs the same number of queries with 2 rows and with 20."""

from datetime import timedelta
from typing import Any

from flask import Flask

from elearn import clock
from elearn.extensions import db
from elearn.models import (
    Activity,
    ActivityKind,
    BoardObject,
    BoardPage,
    Classroom,
    Course,
    Email,
    EmailState,
    EnrolmentState,
    ImportRowState,
    ImportState,
    Invitation,
    InvitationCourse,
    InvitationImport,
    InvitationImportRow,
    Lesson,
    Message,
    Notification,
    NotificationKind,
    Role,
    SignIn,
    SignInKind,
    Status,
    User,
    uuid7,
)
from elearn.services.paging import PER_PAGE
from tests import make
from tests.people import People
from tests.queries import counted

PAGES = {
    "ada": [
        "/", "/courses", "/catalogue", "/courses/{course}", "/courses/{course}/people",
        "/courses/{course}/people?state=blocked", "/classrooms/{room}/", "/profiles/{student}",
        "/invitations", "/invitations?state=accepted",
        "/invitations/new", "/people?q=person",
    ],
    "ben": [
        "/", "/courses", "/catalogue", "/courses/{course}", "/classrooms/{room}/", "/statuses", "/notifications",
        "/notifications?show=unread", "/you/notifications", "/you/devices",
    ],
    "root": [
        "/", "/courses", "/catalogue", "/courses/{course}/people", "/outbox", "/outbox?state=failed", "/people",
        "/people?q=person&state=active", "/people/{student}/manage", "/activity",
    ],
}  # fmt: skip
API = {
    "ada": [
        "courses/", "courses/?sort=-students", "courses/mine/", "courses/mine/?sort=title", "courses/{course}/",
        "courses/{course}/students/", "courses/{course}/students/?sort=-enrolled_at",
        "courses/{course}/students/?state=blocked", "classrooms/", "classrooms/{room}/", "classrooms/{room}/lessons/",
        "classrooms/{room}/messages/", "classrooms/{room}/board/", "classrooms/{room}/board/pages/{page}/",
        "classrooms/{room}/board/pages/{page}/?after=0", "invitations/", "invitations/?state=accepted",
        "invitations/?sort=email", "invitations/bulk/", "invitations/bulk/{list}/", "invitations/bulk/{list}/rows/",
    ],
    "ben": [
        "courses/", "courses/mine/", "classrooms/", "classrooms/{room}/messages/", "statuses/", "notifications/",
        "notifications/preferences/", "auth/sessions/",
    ],
    "root": [
        "outbox/", "outbox/?state=failed", "users/", "users/?q=person", "users/?sort=-created_at",
        "activity/", "activity/?object={course}",
        "users/{student}/sessions/", "users/{student}/courses/",
    ],
}  # fmt: skip
ADDRESSES = [
    (name, address)
    for table, prefix in ((PAGES, ""), (API, "/api/"))
    for name, addresses in table.items()
    for address in (f"{prefix}{one}" for one in addresses)
]


def grow(app: Flask, school: People, course: Course, room: Classroom, page: BoardPage, number: int) -> None:
    """Add one of everything that is listed somewhere."""
    student, barred = make.person(), make.person()
    teacher = make.person(role=Role.TEACHER)
    make.enrol(student, course)
    make.save(SignIn(user_id=school.ben.id, kind=SignInKind.BROWSER, expires_at=clock.now() + timedelta(days=1)))
    make.enrol(barred, course, EnrolmentState.BLOCKED)
    for owner in (school.ada, teacher, school.root):
        make.enrol(school.ben, make.course(owner))
    rows: list[Any] = [
        Lesson(id=uuid7(), classroom_id=room.id, title="Then", started_by=school.ada.id, ended_at=course.created_at),
        Message(
            id=uuid7(), classroom_id=room.id, seq=number, sender_id=student.id, text="Hello", nonce=f"n-{number:08}"
        ),
        BoardPage(id=uuid7(), classroom_id=room.id, position=number + 1),
        Status(user_id=student.id, text="Reading"),
        Notification(
            user_id=school.ben.id, kind=NotificationKind.ADDED_TO_COURSE, actor_id=teacher.id, course_id=course.id
        ),
        Activity(
            kind=ActivityKind.ADDED,
            actor_id=teacher.id,
            actor_name=teacher.full_name,
            subject_id=school.ben.id,
            subject_name="Ben Kowalski",
            object_id=course.id,
            object_name=course.title,
            detail={},
        ),
        Email(letter="email_taken", to_email=student.email, state=EmailState.FAILED),
        BoardObject(
            page_id=page.id, id=f"object-{number}", added_rev=number, author_id=student.id, body={"kind": "pen"}
        ),
    ]
    make.save(*rows)
    for accepted_by in (None, student):
        email = f"invited{number}-{accepted_by is None}@x.example"
        invitation = Invitation(
            id=uuid7(), token_hash=email, email=email, email_key=email, role=Role.STUDENT, invited_by_id=school.ada.id,
            expires_at=clock.now() + timedelta(days=1), accepted_by_id=accepted_by and accepted_by.id,
            accepted_at=accepted_by and clock.now(),
        )  # fmt: skip
        make.save(invitation)
        make.save(InvitationCourse(invitation_id=invitation.id, course_id=course.id))
    imported = db.session.scalars(db.select(InvitationImport).order_by(InvitationImport.id)).first()
    make.save(InvitationImport(invited_by_id=school.ada.id, file_name="more.csv", state=ImportState.CHECKED))
    if imported is not None:
        rows = [(number * 2, ImportRowState.WARNING), (number * 2 + 1, ImportRowState.ERROR)]
        make.save(*(InvitationImportRow(import_id=imported.id, line=line, state=state) for line, state in rows))
    app.extensions["presence"].enter(str(room.id), str(student.id), f"sid-{number}")


def test_lists_cost_the_same_with_2_and_with_20_rows(app: Flask, school: People, as_person: Any) -> None:
    course = make.course(school.ada)
    make.enrol(school.ben, course)
    room = make.room(course)
    page = make.save(BoardPage(id=uuid7(), classroom_id=room.id, position=1))
    imported = make.save(
        InvitationImport(invited_by_id=school.ada.id, file_name="class.csv", state=ImportState.CHECKED)
    )
    names = {"course": course.id, "room": room.id, "page": page.id, "student": school.ben.id, "list": imported.id}
    browsers = {name: as_person(getattr(school, name)) for name in PAGES}

    def costs() -> dict[tuple[str, str], int]:
        found = {}
        for name, address in ADDRESSES:
            with counted() as statements:
                response = browsers[name].get(address.format(**names))
            assert response.status_code == 200, (name, address, response.status)
            found[name, address] = len(statements)
        return found

    for number in (1, 2):
        grow(app, school, course, room, page, number)
    with_two = costs()
    for number in range(3, PER_PAGE + 1):
        grow(app, school, course, room, page, number)
    with_twenty = costs()
    more = {what: (with_two[what], with_twenty[what]) for what in with_two if with_two[what] != with_twenty[what]}
    assert not more
    dear = {what: count for what, count in with_twenty.items() if count > 14}
    assert not dear, "these ask more than a page should"


def test_every_list_of_the_api_is_counted(app: Flask) -> None:
    counted_paths = {address.partition("?")[0] for _, address in ADDRESSES}
    lists = {
        rule.rule.replace("<uuid:course_id>", "{course}")
        .replace("<uuid:room_id>", "{room}")
        .replace("<uuid:page_id>", "{page}")
        .replace("<uuid:import_id>", "{list}")
        .replace("<uuid:user_id>", "{student}")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api-") and ".list_" in rule.endpoint and "GET" in (rule.methods or ())
    }
    assert lists
    assert lists - counted_paths == set()


def test_a_query_for_each_row_would_be_noticed(app: Flask, school: People) -> None:
    """The proof that the test above can fail."""
    with counted() as statements:
        for person in db.session.scalars(db.select(User)).all():
            db.session.expire(person)
            assert person.username
    assert len(statements) > len([school.ada, school.ben, school.eve, school.root])
