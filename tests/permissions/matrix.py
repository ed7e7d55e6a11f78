"""Who may call what: every endpoint and method, for every identity in every relation to the course.

A row has a group of letters for anonymous, student (own, same, other, barred), teacher, manager, admin and blocked
(own, same, other each); a single letter counts for the whole group.

    +  may, and it is done          =  is answered, and nothing changes        ~  may, but not in this state (409, 422)
    s  has to sign in               f  sees the thing but may not (403)        h  may not even know of it (404)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.permissions.world import Place, Visitor

Body = Callable[[Visitor], dict[str, Any]]

DRAFT = "update courses set state = 'draft'"
ARCHIVED = "update courses set state = 'archived'"
EMPTY = "update enrolments set state = 'left' where state = 'active'"
NO_LESSON = "update live_lessons set ended_at = started_at"


@dataclass(frozen=True)
class Row:
    """One line of the matrix."""

    cells: str
    body: Body = field(default=lambda _: {})
    values: Callable[[Place], dict[str, Any]] = field(default=lambda _: {})
    given: str = ""


EVERYBODY = "+ + + + + +"
SIGNED_IN = "s + + + + s"
TEACHERS = "s f + + + s"  # of the school, and those above them
LEADERS = "s fffh +ff + + s"  # the course's teacher, and those above
LEADERS_OF_DRAFT = "s h +hh + + s"

# Who is enrolled already stays enrolled; whoever is barred is told so.
ENROL = "s +=+f f=f f=f f=f s"
ENROL_IN_DRAFT = "s h fhh f=f f=f s"
ENROL_IN_ARCHIVE = "s h=hf ~=h ~=~ ~=~ s"
# Whoever is not enrolled has nothing to leave; that is no error.
LEAVE = "s =+=h =+= =+= =+= s"
LEAVE_ARCHIVE = "s h+hh =+h =+= =+= s"

ROOM = "s f+fh ++f + + s"  # who enters: those who lead it, and the students of a published course
ROOM_OF_DRAFT = "s h fhh + + s"  # its teacher sees the course; the room opens with it
ROOM_OF_ARCHIVE = "s hfhh +fh + + s"
NO_PHOTO = "update users set photo = '00000000000000000000000000000000.webp'"
OWN_MESSAGE = "update messages set sender_id = :user"
OWN_STATUS = "update statuses set user_id = :user where id = :status"
EVERYONE_DRAWS = "update classrooms set everyone_draws = 1"
SHOWN_OUT = """insert into standings (classroom_id, user_id, draws, speaks, removed_at)
    select classrooms.id, users.id, 0, 0, '2026-01-01 00:00:00' from classrooms, users
    where users.username like '%_same'"""

# Without a sign-in, each for its reason.
PUBLIC = {
    "GET assets": "styles, scripts and fonts, which the sign-in page needs",
    "GET health.healthz": "asked by whoever watches the server; says nothing about the school",
    "GET health.readyz": "the same",
    "GET pages.accessibility": "about the school, for everybody",
    "GET pages.help": "the same",
    "GET pages.privacy": "the same",
    "GET auth.sign_in": "the way in",
    "POST auth.sign_in": "the way in",
    "GET auth.register": "the way in",
    "POST auth.register": "the way in; students and teachers make their own accounts",
    "POST api-auth.register": "the way in",
    "POST api-auth.login": "the way in",
    "GET api_docs.schema": "what the API can do says nothing about the school",
    "GET api_docs.swagger": "the same",
    "GET api_docs.redoc": "the same",
    "GET look.index": "drawings of the macros; not there in a production",
    "GET auth.username_hint": "the way in; registering would tell the same",
}


def course_form(visitor: Visitor) -> dict[str, Any]:
    return {
        "title": "A new title",
        "code": f"N-{visitor.name[:4]}",
        "subject": "music",
        "summary": "",
        "description": "",
    }


def new_person(_: Visitor) -> dict[str, Any]:
    password = "seven unrelated words"
    return {
        "username": "newcomer", "email": "new@school.example", "full_name": "New Comer", "password": password,
        "password_again": password,
    }  # fmt: skip


PAGES: dict[str, Row] = {
    # Everybody
    "GET assets": Row(EVERYBODY, values=lambda _: {"name": "v1/css/tokens.css"}),
    "GET health.healthz": Row(EVERYBODY),
    "GET health.readyz": Row(EVERYBODY),
    "GET pages.accessibility": Row(EVERYBODY),
    "GET pages.help": Row(EVERYBODY),
    "GET pages.privacy": Row(EVERYBODY),
    "GET look.index": Row(EVERYBODY),
    # Getting in and out
    "GET auth.sign_in": Row(EVERYBODY),
    "POST auth.sign_in": Row(
        "+ = = = = +", lambda visitor: {"login": visitor.place.outsider, "password": "four unrelated words"}
    ),
    "GET auth.register": Row(EVERYBODY, values=lambda _: {"role": "student"}),
    "POST auth.register": Row("+ = = = = +", new_person, values=lambda _: {"role": "teacher"}),
    "GET auth.username_hint": Row(EVERYBODY),
    "POST auth.sign_out": Row(SIGNED_IN),
    "POST auth.sign_out_everywhere": Row(SIGNED_IN),
    # Oneself
    "GET home.index": Row(SIGNED_IN),
    "GET profile.show": Row(SIGNED_IN),
    "GET profile.edit": Row(SIGNED_IN),
    "POST profile.edit": Row(
        SIGNED_IN, lambda _: {"full_name": "Another Name", "bio": "", "theme": "dark", "time_zone": "UTC"}
    ),
    "GET profile.photo": Row(SIGNED_IN, values=lambda place: {"key": place.photo}),
    # What people say about today: everybody may post, only the writer edits, managers may delete
    "GET statuses.feed": Row(SIGNED_IN),
    "POST statuses.post": Row(SIGNED_IN, lambda _: {"text": "Hello"}),
    "POST statuses.edit": Row("s ffhh ffh f f s", lambda _: {"text": "Hello"}),
    "POST statuses.edit of one's own": Row(SIGNED_IN, lambda _: {"text": "Hello"}, given=OWN_STATUS),
    "POST statuses.delete": Row("s ffhh ffh + + s"),
    "POST statuses.delete of one's own": Row(SIGNED_IN, given=OWN_STATUS),
    # Courses
    "GET courses.catalogue": Row(SIGNED_IN),
    "GET courses.mine": Row(SIGNED_IN),
    "GET courses.create": Row(TEACHERS),
    "POST courses.create": Row(TEACHERS, course_form),
    "GET courses.show": Row("s +++h + + + s"),
    "GET courses.show of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "GET courses.show of the archive": Row("s h+hh ++h + + s", given=ARCHIVED),
    "GET courses.edit": Row(LEADERS),
    "GET courses.edit of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "POST courses.edit": Row(LEADERS, course_form),
    "POST courses.edit of a draft": Row(LEADERS_OF_DRAFT, course_form, given=DRAFT),
    "POST courses.publish": Row("s fffh =ff = = s"),
    "POST courses.publish of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "POST courses.publish of the archive": Row("s hfhh +fh + + s", given=ARCHIVED),
    "POST courses.unpublish": Row("s fffh ~ff ~ ~ s"),
    "POST courses.unpublish without students": Row("s fffh +ff + + s", given=EMPTY),
    "POST courses.archive": Row(LEADERS),
    "POST courses.delete": Row(LEADERS),
    "POST courses.delete of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "POST courses.enrol": Row(ENROL),
    "POST courses.enrol of a draft": Row(ENROL_IN_DRAFT, given=DRAFT),
    "POST courses.enrol of the archive": Row(ENROL_IN_ARCHIVE, given=ARCHIVED),
    "POST courses.leave": Row(LEAVE),
    "POST courses.leave of the archive": Row(LEAVE_ARCHIVE, given=ARCHIVED),
    # The people of a course
    "GET courses.people": Row(LEADERS),
    # Reloading after a refused block leads to the list, which asks by itself who may see it.
    "GET courses.block_by_name": Row(SIGNED_IN),
    "POST courses.add_person": Row(LEADERS, lambda visitor: {"add-login": visitor.place.outsider}),
    "POST courses.block_by_name": Row(
        LEADERS, lambda visitor: {"block-login": visitor.place.outsider, "block-reason": "Noise"}
    ),
    "POST courses.remove_person": Row(LEADERS),
    "POST courses.block_person": Row(LEADERS, lambda _: {"reason": "Noise"}),
    "POST courses.unblock_person": Row(LEADERS, values=lambda place: {"user_id": place.barred_id}),
    # The live room
    "GET classrooms.show": Row(ROOM),
    "GET classrooms.show of a draft": Row(ROOM_OF_DRAFT, given=DRAFT),
    "GET classrooms.show of the archive": Row(ROOM_OF_ARCHIVE, given=ARCHIVED),
}


def api_course(visitor: Visitor) -> dict[str, Any]:
    return {"title": "A new title", "code": f"N-{visitor.name[:4]}"}


def drawing(_: Visitor) -> dict[str, Any]:
    line = {"id": "line-0001", "kind": "line", "z": 1, "color": "blue", "width": 2, "dash": 0}
    return {"cid": "batch-0001", "ops": [{"op": "add", "object": line | {"x1": 0, "y1": 0, "x2": 50, "y2": 50}}]}


API: dict[str, Row] = {
    # The documents
    "GET api_docs.schema": Row(EVERYBODY),
    "GET api_docs.swagger": Row(EVERYBODY),
    "GET api_docs.redoc": Row(EVERYBODY),
    # Getting in and out
    "POST api-auth.register": Row(
        EVERYBODY,
        lambda visitor: {k: v for k, v in new_person(visitor).items() if k != "password_again"} | {"role": "student"},
    ),
    "POST api-auth.login": Row(
        EVERYBODY, lambda visitor: {"login": visitor.place.outsider, "password": "four unrelated words"}
    ),
    "POST api-auth.refresh": Row(
        SIGNED_IN, lambda visitor: {"refresh_token": visitor.tokens.get("refresh_token", "none")}
    ),
    "POST api-auth.logout": Row(SIGNED_IN),
    "GET api-auth.who_am_i": Row(SIGNED_IN),
    # Oneself
    "GET api-users.show_me": Row(SIGNED_IN),
    "PATCH api-users.edit_me": Row(SIGNED_IN, lambda _: {"full_name": "Another Name"}),
    "DELETE api-users.remove_my_photo": Row(SIGNED_IN, given=NO_PHOTO),
    # What people say about today
    "GET api-statuses.list_statuses": Row(SIGNED_IN),
    "POST api-statuses.post_status": Row(SIGNED_IN, lambda _: {"text": "Hello"}),
    "GET api-statuses.show_status": Row("s ++hh ++h + + s"),
    "PATCH api-statuses.edit_status": Row("s ffhh ffh f f s", lambda _: {"text": "Hello"}),
    "PATCH api-statuses.edit_status of one's own": Row(SIGNED_IN, lambda _: {"text": "Hello"}, given=OWN_STATUS),
    "DELETE api-statuses.delete_status": Row("s ffhh ffh + + s"),
    "DELETE api-statuses.delete_status of one's own": Row(SIGNED_IN, given=OWN_STATUS),
    # Courses
    "GET api-courses.list_courses": Row(SIGNED_IN),
    "GET api-courses.list_my_courses": Row(SIGNED_IN),
    "POST api-courses.create_course": Row(TEACHERS, api_course),
    "GET api-courses.show_course": Row("s +++h + + + s"),
    "GET api-courses.show_course of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "GET api-courses.show_course of the archive": Row("s h+hh ++h + + s", given=ARCHIVED),
    "PATCH api-courses.edit_course": Row(LEADERS, api_course),
    "PATCH api-courses.edit_course of a draft": Row(LEADERS_OF_DRAFT, api_course, given=DRAFT),
    "DELETE api-courses.delete_course": Row(LEADERS),
    "DELETE api-courses.delete_course of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "POST api-courses.publish_course": Row("s fffh =ff = = s"),
    "POST api-courses.publish_course of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "POST api-courses.unpublish_course": Row("s fffh ~ff ~ ~ s"),
    "POST api-courses.unpublish_course without students": Row(LEADERS, given=EMPTY),
    "POST api-courses.archive_course": Row(LEADERS),
    "POST api-courses.archive_course of a draft": Row("s h ~hh ~ ~ s", given=DRAFT),
    "POST api-courses.enrol": Row(ENROL),
    "POST api-courses.enroll": Row(ENROL),
    "POST api-courses.enrol of a draft": Row(ENROL_IN_DRAFT, given=DRAFT),
    "POST api-courses.enrol of the archive": Row(ENROL_IN_ARCHIVE, given=ARCHIVED),
    "POST api-courses.unenrol": Row(LEAVE),
    "POST api-courses.unenroll": Row(LEAVE),
    "POST api-courses.unenrol of the archive": Row(LEAVE_ARCHIVE, given=ARCHIVED),
    "GET api-courses.list_students": Row(LEADERS),
    "GET api-courses.list_students of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "POST api-courses.add_student": Row(LEADERS, lambda visitor: {"user": visitor.place.outsider}),
    "DELETE api-courses.remove_student": Row(LEADERS),
    "POST api-courses.block_student": Row(
        LEADERS, lambda visitor: {"user": str(visitor.place.classmate_id), "reason": "Noise"}
    ),
    "POST api-courses.unblock_student": Row(LEADERS, lambda visitor: {"user": str(visitor.place.barred_id)}),
    # Live rooms
    "GET api-classrooms.list_rooms": Row(SIGNED_IN),
    "GET api-classrooms.show_room": Row(ROOM),
    "GET api-classrooms.show_room of a draft": Row(ROOM_OF_DRAFT, given=DRAFT),
    "GET api-classrooms.show_room of the archive": Row(ROOM_OF_ARCHIVE, given=ARCHIVED),
    # Whoever teaches or oversees cannot be shown out of their own room.
    "GET api-classrooms.show_room once shown out": Row("s fffh +ff + + s", given=SHOWN_OUT),
    "GET api-classrooms.list_lessons": Row(ROOM),
    "POST api-classrooms.start_lesson": Row(LEADERS, given=NO_LESSON),
    "POST api-classrooms.start_lesson while one goes on": Row("s fffh ~ff ~ ~ s"),
    "POST api-classrooms.end_lesson": Row(LEADERS),
    "GET api-classrooms.list_messages": Row(ROOM),
    "POST api-classrooms.post_message": Row(ROOM, lambda _: {"text": "Hello", "nonce": "nonce-22"}),
    "POST api-classrooms.post_message in a draft": Row(
        ROOM_OF_DRAFT, lambda _: {"text": "Hello", "nonce": "nonce-22"}, given=DRAFT
    ),
    "POST api-classrooms.post_message once shown out": Row(
        LEADERS, lambda _: {"text": "Hello", "nonce": "nonce-22"}, given=SHOWN_OUT
    ),
    "DELETE api-classrooms.delete_message": Row(LEADERS),
    "DELETE api-classrooms.delete_message of one's own": Row(ROOM, given=OWN_MESSAGE),
    "GET api-classrooms.show_board": Row(ROOM),
    "GET api-classrooms.show_board_page": Row(ROOM),
    "POST api-classrooms.draw": Row(LEADERS, drawing),
    "POST api-classrooms.draw where everyone may": Row(ROOM, drawing, given=EVERYONE_DRAWS),
}

MATRIX: dict[str, Row] = PAGES | API
