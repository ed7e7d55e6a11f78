"""Courses: made by a teacher, published, archived and deleted."""

from datetime import date
from typing import Any, Literal, TypedDict, Unpack
from uuid import UUID

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from elearn import clock
from elearn.errors import Conflict, Hidden, Invalid, NotFound
from elearn.extensions import db
from elearn.integrations import revocation
from elearn.languages import _, lazy, several
from elearn.models import (
    ActivityKind,
    Classroom,
    Course,
    CourseState,
    Enrolment,
    EnrolmentState,
    Lesson,
    NotificationKind,
    Subject,
    User,
    fold,
)
from elearn.permissions import Action, Actor, can, require
from elearn.services import activity, classrooms, course_texts
from elearn.services.activity import leaves_trace
from elearn.services.notifications import notify
from elearn.transaction import taken_means, transactional

log = structlog.get_logger(__name__)

CODE_TAKEN = lazy("Another course has this code. Choose a different one")


class CourseChanges(TypedDict, total=False):
    """Name what an edit may change; what is not named stays."""

    title: str
    code: str
    summary: str
    description: str
    subject: Subject
    starts_on: date | None
    ends_on: date | None


# Finding


def get(
    actor: Actor, course_id: UUID, action: Action = Action.SEE_COURSE, *, lock: Literal["", "share", "change"] = ""
) -> Course:
    """Return the course with its teacher, if the actor may do this with it.

    Raises `NotFound` when the actor may not even see it, `Forbidden` when they may see it but not do this. `lock` keeps
    its state as it is ("share") or makes others wait who need it ("change"), until the transaction ends.
    """
    course = find(course_id, lock=lock)
    if course is None or not (can(actor, Action.SEE_COURSE, course) or can(actor, action, course)):
        raise (Hidden if course else NotFound)(_("This course does not exist, or it is not open to you."))
    require(actor, action, course)
    return course


def find(course_id: UUID, *, lock: Literal["", "share", "change"] = "") -> Course | None:
    """Return the course whoever asks; only for services that look at rights themselves."""
    query = select(Course).options(joinedload(Course.teacher, innerjoin=True)).where(Course.id == course_id)
    if lock:
        query = query.with_for_update(of=Course, read=lock == "share")
    return db.session.scalar(query.execution_options(populate_existing=bool(lock)))


def by_code(actor: Actor, code: str) -> Course:
    """Return the course with this code, in either case, if the actor may see it."""
    key = fold(code[: course_texts.CODE_MAX * 4].strip())
    course_id = db.session.scalar(select(Course.id).where(Course.code_key == key)) if key.isprintable() else None
    if course_id is None:
        raise NotFound(_("No course has the code %(code)s.", code=code.strip()[:40]))
    return get(actor, course_id)


def room_of(course: Course) -> Classroom:
    """Return the live room of the course."""
    return db.session.scalars(select(Classroom).where(Classroom.course_id == course.id)).one()


def open_lesson(course: Course) -> Lesson | None:
    """Return the lesson that goes on in the room of a published course."""
    if not course.is_published:
        return None
    return db.session.scalar(
        select(Lesson)
        .join(Classroom, Classroom.id == Lesson.classroom_id)
        .where(Classroom.course_id == course.id, Lesson.ended_at.is_(None))
    )


def student_count(course: Course) -> int:
    """Return how many people are enrolled."""
    return (
        db.session.scalar(
            select(func.count()).where(Enrolment.course_id == course.id, Enrolment.state == EnrolmentState.ACTIVE)
        )
        or 0
    )


def student_ids(course: Course) -> list[UUID]:
    """Return who is enrolled, to tell them something."""
    enrolled = select(Enrolment.user_id).where(Enrolment.course_id == course.id)
    return list(db.session.scalars(enrolled.where(Enrolment.state == EnrolmentState.ACTIVE)))


# Making and changing


@transactional
def create(
    actor: Actor,
    *,
    title: str,
    code: str,
    summary: str = "",
    description: str = "",
    subject: Subject = Subject.OTHER,
    starts_on: date | None = None,
    ends_on: date | None = None,
    teacher_id: UUID | None = None,
) -> Course:
    """Create a draft with its live room; `teacher_id` names another teacher, for those who may edit all courses."""
    require(actor, Action.CREATE_COURSE)
    clean = course_texts.clean(
        title=title,
        code=code,
        summary=summary,
        description=description,
        subject=subject,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    teacher = _teacher(actor, teacher_id)
    course = Course(teacher_id=teacher.id, code_key=fold(clean["code"]), **clean)
    require(actor, Action.EDIT_COURSE, course)
    with taken_means("code_key", "taken", CODE_TAKEN, "code"):
        db.session.add(course)
    db.session.add(Classroom(course_id=course.id, name=course.title))
    db.session.flush()
    course.teacher = teacher
    log.info("course_created", course=str(course.id), code=course.code)
    return course


def _teacher(actor: Actor, teacher_id: UUID | None) -> User:
    if teacher_id is None and isinstance(actor, User):
        return actor
    teacher = db.session.get(User, teacher_id) if teacher_id is not None else None
    if teacher is None or not can(teacher, Action.CREATE_COURSE):
        raise Invalid("invalid", _("Name somebody who teaches here"), field="teacher")
    return teacher


@leaves_trace
@transactional
def edit(actor: Actor, course_id: UUID, *, version: int | None = None, **changes: Unpack[CourseChanges]) -> Course:
    """Change what is named. With the `version` that was read, a change of somebody else in between is a `Conflict`."""
    course = get(actor, course_id, Action.EDIT_COURSE, lock="change")
    if version is not None and version != course.version:
        raise Conflict(
            "changed",
            _("Somebody changed this course in the meantime. Look at what stands there now, then save again."),
            current=describe(course),
        )
    clean = course_texts.clean(known={"starts_on": course.starts_on, "ends_on": course.ends_on}, **changes)
    different = {name: value for name, value in clean.items() if value != getattr(course, name)}
    if not different:
        return course
    if course.title != different.get("title", course.title):
        db.session.execute(
            update(Classroom)
            .where(Classroom.course_id == course.id, Classroom.name == course.title)
            .values(name=different["title"])
        )
    with taken_means("code_key", "taken", CODE_TAKEN, "code"):
        for name, value in different.items():
            setattr(course, name, value)
        course.code_key = fold(course.code)
        course.version += 1
        course.updated_at = clock.now()
    log.info("course_edited", course=str(course.id), fields=sorted(different))
    return course


def describe(course: Course) -> dict[str, Any]:
    """Return the text and the version of a course, for whoever has to compare."""
    return {
        "title": course.title,
        "code": course.code,
        "summary": course.summary,
        "description": course.description,
        "subject": course.subject.value,
        "starts_on": course.starts_on.isoformat() if course.starts_on else None,
        "ends_on": course.ends_on.isoformat() if course.ends_on else None,
        "version": course.version,
    }


# The life of a course


@leaves_trace
@transactional
def publish(actor: Actor, course_id: UUID) -> Course:
    """Open the course to everybody in the catalogue; also takes it out of the archive."""
    course = get(actor, course_id, Action.PUBLISH_COURSE, lock="change")
    _turn(course, CourseState.PUBLISHED)
    return course


@leaves_trace
@transactional
def unpublish(actor: Actor, course_id: UUID) -> Course:
    """Make it a draft again, as long as nobody is enrolled."""
    course = get(actor, course_id, Action.PUBLISH_COURSE, lock="change")
    enrolled = student_count(course)
    if enrolled:
        words = several(
            "1 student is enrolled in this course. Archive it instead.",
            "%(num)s students are enrolled in this course. Archive it instead.",
            enrolled,
        )
        raise Conflict("has_students", words)
    _turn(course, CourseState.DRAFT)
    return course


@leaves_trace
@transactional
def archive(actor: Actor, course_id: UUID) -> Course:
    """Close the course: its people can still read it, nobody enrols any more, and the room closes for students."""
    course = get(actor, course_id, Action.PUBLISH_COURSE, lock="change")
    if course.state is CourseState.DRAFT:
        raise Conflict("not_published", _("Only a published course can be archived. Delete the draft instead."))
    _turn(course, CourseState.ARCHIVED)
    return course


def _turn(course: Course, state: CourseState) -> None:
    """Put the course into a state; whatever goes on in its room ends when students lose the room."""
    if course.state is state:
        return
    course.state = state
    course.version += 1
    course.updated_at = clock.now()
    log.info("course_turned", course=str(course.id), state=state.value)
    if state is CourseState.PUBLISHED:
        return
    classrooms.wind_down(room_of(course))


@leaves_trace
@transactional
def delete(actor: Actor, course_id: UUID) -> str:
    """Delete the course with all that is in it (enrolments, room, chat and board), and return its title."""
    course = get(actor, course_id, Action.DELETE_COURSE, lock="change")
    room, title = room_of(course), course.title
    enrolled = student_ids(course)
    activity.record(ActivityKind.COURSE_DELETED, actor, about=(course.id, title), code=course.code)
    db.session.delete(course)
    db.session.flush()
    notify(NotificationKind.COURSE_DELETED, enrolled, actor=actor, course_title=title)
    revocation.recheck_room(room.id)
    log.info("course_deleted", course=str(course_id), code=course.code)
    return title
