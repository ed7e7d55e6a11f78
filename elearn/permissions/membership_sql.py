"""The rules `teaches` and `studies` as conditions of SQL, for lists that span many courses and many people."""

from typing import Any

from sqlalchemy import ColumnElement, exists, or_
from sqlalchemy.orm import aliased

from elearn.models import Course, CourseState, Enrolment, EnrolmentState, Role, User

# Names of their own: the query around them may ask for courses and people, too.
_Taught, _Teacher = aliased(Course), aliased(User)
_Studied, _Place = aliased(Course), aliased(Enrolment)


def belongs_to_course(course_id: Any, user_id: Any) -> ColumnElement[bool]:
    """Keep rows whose person teaches the course, or studies it and it is no draft; both are columns of the row."""
    teaches = exists().where(
        _Taught.id == course_id, _Taught.teacher_id == user_id, _Teacher.id == user_id, _Teacher.role != Role.STUDENT
    )
    studies = exists().where(
        _Studied.id == course_id,
        _Studied.state != CourseState.DRAFT,
        _Place.course_id == course_id,
        _Place.user_id == user_id,
        _Place.state == EnrolmentState.ACTIVE,
    )
    return or_(teaches, studies)
