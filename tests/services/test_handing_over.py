import pytest
from flask import Flask

from elearn.errors import Conflict, Forbidden, Invalid, Unauthenticated
from elearn.extensions import db
from elearn.models import Course, Enrolment, EnrolmentState, Role
from elearn.permissions import OPERATOR
from elearn.services import courses, erasure, handing_over
from tests import make
from tests.people import People


@pytest.mark.usefixtures("school_database")
def test_another_teacher_takes_the_course_and_the_first_may_go(school: People) -> None:
    course = make.course(school.ada)
    make.enrol(school.ben, course)
    jonas = make.person(role=Role.TEACHER)
    make.enrol(jonas, course, EnrolmentState.LEFT)
    handing_over.hand_over(school.root, course.id, str(jonas.id))
    db.session.rollback()
    assert db.session.get_one(Course, course.id).teacher_id == jonas.id
    assert [row.user_id for row in db.session.query(Enrolment).all()] == [school.ben.id]
    with pytest.raises(Forbidden):
        courses.edit(school.ada, course.id, title="Still mine")
    erasure.erase(school.ada, make.PASSWORD)


def test_only_those_who_oversee_the_school_hand_over(school: People) -> None:
    course, jonas = make.course(school.ada), make.person(role=Role.TEACHER)
    for actor in (school.ada, school.ben, jonas):
        with pytest.raises(Forbidden):
            handing_over.hand_over(actor, course.id, str(jonas.id))
    with pytest.raises(Unauthenticated):
        handing_over.hand_over(None, course.id, str(jonas.id))
    db.session.rollback()
    assert db.session.get_one(Course, course.id).teacher_id == school.ada.id


def test_a_course_goes_to_somebody_who_teaches(school: People) -> None:
    course, gone = make.course(school.ada), make.person(role=Role.TEACHER)
    with pytest.raises(Conflict):
        handing_over.hand_over(OPERATOR, course.id, school.ben.username)
    erasure.erase(gone, make.PASSWORD)
    with pytest.raises(Invalid, match="Nobody here"):
        handing_over.hand_over(OPERATOR, course.id, str(gone.id))


def test_the_operator_hands_over_by_names(app: Flask, school: People) -> None:
    course, jonas = make.course(school.ada, code="BIO-7"), make.person("jonas", Role.TEACHER)
    result = app.test_cli_runner().invoke(args=["courses", "hand-over", "bio-7", "jonas"])
    assert (result.exit_code, result.output) == (0, f"Jonas Person teaches {course.title} now.\n")
    db.session.rollback()
    assert db.session.get_one(Course, course.id).teacher_id == jonas.id
    assert app.test_cli_runner().invoke(args=["courses", "hand-over", "bio-7", "ben"]).exit_code == 1
