import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import Response, request

from elearn.api.course_schemas import (
    Block,
    CatalogueQuery,
    CourseChanges,
    CoursePage,
    CourseWhole,
    MineQuery,
    NewCourse,
    NewStudent,
    NewTeacher,
    OneEnrolment,
    StudentPage,
    StudentsQuery,
    Unblock,
)
from elearn.api.idempotency import repeatable
from elearn.api.section import ETAG, IF_MATCH, IF_MATCH_PATTERN, Section, no_content
from elearn.errors import Conflict, Invalid
from elearn.identity import me
from elearn.languages import _
from elearn.models import Course, Enrolment
from elearn.services import course_details, course_lists, courses, enrolments, handing_over
from elearn.services.course_cards import CourseCard
from elearn.services.course_details import CourseDetails
from elearn.services.paging import Page

bp = Section("courses", __name__, description="Courses: the catalogue, one's own, and the people in them.")

Answer = tuple[CourseDetails, dict[str, str]]
COURSE = "/<uuid:course_id>/"


def whole(course: Course | CourseDetails) -> Answer:
    """Answer with a course and the tag of its version."""
    shown = course if isinstance(course, CourseDetails) else course_details.describe(me(), course)
    return shown, {"ETag": f'"{shown.version}"'}


def expected_version() -> int | None:
    """Return the version that the client has read, if it says one; 0 for a tag that is none of ours."""
    header = request.headers.get("If-Match", "*")
    if not re.fullmatch(IF_MATCH_PATTERN, header):
        raise Invalid("invalid", _('Send the ETag as it was read, such as "4"'), field="If-Match")
    if header == "*":
        return None
    # Versions only grow: of several, the newest is the one that can still be true. A weak tag never is.
    return max((int(version) for version in re.findall(r'(?<!W/)"([0-9]{1,9})"', header)), default=0)


@contextmanager
def _calls_them(name: str) -> Iterator[None]:
    """Call the field of a person in an error as this door calls it."""
    try:
        yield
    except (Conflict, Invalid) as error:
        if error.data.get("field") == "login":
            error.data["field"] = name
        raise


@bp.route("/")
@bp.arguments(CatalogueQuery, location="query")
@bp.response(200, CoursePage, description="One page of the catalogue.")
def list_courses(query: dict[str, Any]) -> Page[CourseCard]:
    """Browse and search the published courses."""
    return course_lists.catalogue(me(), subjects=query.pop("subject"), **query)


@bp.route("/mine/")
@bp.arguments(MineQuery, location="query")
@bp.response(200, CoursePage, description="One page of one's own courses.")
def list_my_courses(query: dict[str, Any]) -> Page[CourseCard]:
    """List the courses that one teaches or studies: what is live first, the archive last, unless a sort is named."""
    return course_lists.mine(me(), **query)


@bp.route("/", methods=["POST"])
@repeatable
@bp.refuses(s403="Only teachers create courses.", s409="Another course has this code.")
@bp.arguments(NewCourse)
@bp.response(201, CourseWhole, description="The new draft.", headers=ETAG)
def create_course(data: dict[str, Any]) -> Answer:
    """Create a course with its live room; it begins as a draft."""
    return whole(courses.create(me(), **data))


@bp.route(COURSE)
@bp.response(200, CourseWhole, description="The course.", headers=ETAG)
def show_course(course_id: UUID) -> Answer:
    """Read a course."""
    return whole(course_details.get(me(), course_id))


@bp.route(COURSE, methods=["PATCH"])
@bp.doc(parameters=[IF_MATCH])
@bp.refuses(
    s409="Another course has this code, or somebody changed this one since it was read; `current` is what stands "
    "there now."
)
@bp.arguments(CourseChanges)
@bp.response(200, CourseWhole, description="The course as it is now.", headers=ETAG)
def edit_course(data: dict[str, Any], course_id: UUID) -> Answer:
    """Change a course's text and dates.

    With `If-Match` and the ETag that was read, a change of somebody else in between is refused with 409 and what
    stands there now.
    """
    return whole(courses.edit(me(), course_id, version=expected_version(), **data))


@bp.route(COURSE, methods=["DELETE"])
@bp.response(204, description="The course and all that was in it are gone.")
def delete_course(course_id: UUID) -> Response:
    """Delete a course with its enrolments, its room, chat and board."""
    courses.delete(me(), course_id)
    return no_content()


@bp.route(f"{COURSE}publish/", methods=["POST"])
@bp.response(200, CourseWhole, description="The published course.", headers=ETAG)
def publish_course(course_id: UUID) -> Answer:
    """Open a course to everybody in the catalogue; also takes it out of the archive."""
    return whole(courses.publish(me(), course_id))


@bp.route(f"{COURSE}unpublish/", methods=["POST"])
@bp.refuses(s409="Students are enrolled.")
@bp.response(200, CourseWhole, description="The draft.", headers=ETAG)
def unpublish_course(course_id: UUID) -> Answer:
    """Make a course a draft again, as long as nobody is enrolled."""
    return whole(courses.unpublish(me(), course_id))


@bp.route(f"{COURSE}archive/", methods=["POST"])
@bp.refuses(s409="The course was never published.")
@bp.response(200, CourseWhole, description="The archived course.", headers=ETAG)
def archive_course(course_id: UUID) -> Answer:
    """Close a course: its people still read it, nobody enrols any more."""
    return whole(courses.archive(me(), course_id))


# The people in a course


@bp.route(f"{COURSE}teacher/", methods=["PUT"])
@bp.refuses(s409="The person does not teach.")
@bp.arguments(NewTeacher)
@bp.response(200, CourseWhole, description="The course with its new teacher; once more changes nothing.", headers=ETAG)
def hand_over(data: dict[str, Any], course_id: UUID) -> Answer:
    """Give a course to another teacher, for managers and admins; whoever taught it before leads it no more."""
    with _calls_them("teacher"):
        return whole(handing_over.hand_over(me(), course_id, data["teacher"]))


@bp.route(f"{COURSE}enrol/", methods=["POST"])
@bp.route(f"{COURSE}enroll/", methods=["POST"], endpoint="enroll")
@bp.refuses(s403="Only students enrol, and nobody who is blocked.", s409="The course is archived, or it is over.")
@bp.response(200, OneEnrolment, description="Enrolled; once more changes nothing.")
def enrol(course_id: UUID) -> Enrolment:
    """Enrol in a course."""
    return enrolments.enrol(me(), course_id)


@bp.route(f"{COURSE}unenrol/", methods=["POST"])
@bp.route(f"{COURSE}unenroll/", methods=["POST"], endpoint="unenroll")
@bp.response(204, description="Not enrolled any more; once more changes nothing.")
def unenrol(course_id: UUID) -> Response:
    """Leave a course."""
    enrolments.leave(me(), course_id)
    return no_content()


@bp.route(f"{COURSE}students/")
@bp.refuses(403)
@bp.arguments(StudentsQuery, location="query")
@bp.response(200, StudentPage, description="One page of the people in the course.")
def list_students(query: dict[str, Any], course_id: UUID) -> Page[enrolments.Student]:
    """List the people of a course with their addresses, for those who lead it."""
    return enrolments.students(me(), course_id, **query)


@bp.route(f"{COURSE}students/", methods=["POST"])
@bp.refuses(s409="The course is not published, or the person is blocked in it.")
@bp.arguments(NewStudent)
@bp.response(201, OneEnrolment, description="Enrolled; once more changes nothing.")
def add_student(data: dict[str, Any], course_id: UUID) -> Enrolment:
    """Enrol a student by username, email or id."""
    with _calls_them("user"):
        return enrolments.add(me(), course_id, data["user"])


@bp.route(f"{COURSE}students/<uuid:user_id>/", methods=["DELETE"])
@bp.response(204, description="Not in the course any more; they may enrol again.")
def remove_student(course_id: UUID, user_id: UUID) -> Response:
    """Take somebody out of a course."""
    enrolments.remove(me(), course_id, user_id)
    return no_content()


@bp.route(f"{COURSE}block/", methods=["POST"])
@bp.arguments(Block)
@bp.response(204, description="Out of the course at once, with their rights and open sockets.")
def block_student(data: dict[str, Any], course_id: UUID) -> Response:
    """Put somebody out of a course until they are unblocked."""
    enrolments.block(me(), course_id, data["user"], data["reason"])
    return no_content()


@bp.route(f"{COURSE}unblock/", methods=["POST"])
@bp.arguments(Unblock)
@bp.response(204, description="They may enrol again.")
def unblock_student(data: dict[str, Any], course_id: UUID) -> Response:
    """Let somebody enrol again; it does not enrol them."""
    enrolments.unblock(me(), course_id, data["user"])
    return no_content()
