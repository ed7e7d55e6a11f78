from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from elearn import clock
from elearn.errors import Forbidden
from elearn.extensions import db
from elearn.models import CourseState, Email, EmailState, EnrolmentState, Lesson, Role, User
from elearn.services import health, home
from tests import make
from tests.people import People
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("school_database")

NO_REDIS = "redis://127.0.0.1:1/0"


def titles(cards: Any) -> list[str]:
    return [card.title for card in cards]


def goes_live(course: Any, teacher: User) -> None:
    make.save(Lesson(classroom_id=make.room(course).id, title="Now", started_by=teacher.id))


def test_a_newcomer_sees_what_is_new_and_a_student_sees_the_live_lesson_first(school: People) -> None:
    today, day = clock.now().date(), timedelta(days=1)
    later = make.course(school.ada, title="Later", starts_on=today + 9 * day)
    quiet, live = make.course(school.ada, title="Quiet"), make.course(school.ada, title="Live")
    over = make.course(school.ada, title="Over", ends_on=today - 2 * day)
    make.course(school.ada, title="Draft", state=CourseState.DRAFT)
    archived = make.course(school.ada, title="Archived", state=CourseState.ARCHIVED)
    blocked = make.course(school.ada, title="Blocked")
    make.enrol(school.ben, blocked, EnrolmentState.BLOCKED)
    newcomer = home.for_student(school.ben)
    assert (titles(newcomer.courses), newcomer.total) == ([], 0)
    assert titles(newcomer.newest) == ["Live", "Quiet", "Later"]

    for course in (live, later, quiet, over, archived):
        make.enrol(school.ben, course)
    goes_live(live, school.ada)
    goes_live(archived, school.ada)
    found = home.for_student(school.ben)
    assert titles(found.courses) == ["Live", "Quiet", "Later", "Over", "Archived"]
    assert titles(found.live) == ["Live"]
    assert found.here == {make.room(live).id: 0}
    assert (titles(found.newest), found.total) == ([], 5)


def test_a_teacher_sees_own_courses_drafts_and_who_came(school: People) -> None:
    grace = make.person("grace", Role.TEACHER)
    make.course(grace, title="Of others")
    live = make.course(school.ada, title="Live")
    make.course(school.ada, title="Draft", state=CourseState.DRAFT)
    make.course(school.ada, title="Archived", state=CourseState.ARCHIVED)
    make.enrol(school.eve, live, EnrolmentState.LEFT)
    make.enrol(school.ben, live)
    goes_live(live, school.ada)
    found = home.for_teacher(school.ada)
    assert (titles(found.live), titles(found.courses), titles(found.drafts)) == (["Live"], ["Live"], ["Draft"])
    assert found.archived == 1
    assert [(new.user.username, new.course_title) for new in found.enrolments] == [("ben", "Live")]
    assert found.courses[0].students == 1


def test_a_manager_sees_the_numbers(school: People) -> None:
    live = make.course(school.ada)
    make.course(school.ada, state=CourseState.DRAFT)
    make.person("gone", blocked_at=clock.now())
    goes_live(live, school.ada)
    found = home.for_manager(school.root)
    assert found.people == {Role.STUDENT: 3, Role.TEACHER: 1, Role.MANAGER: 0, Role.ADMIN: 1}
    assert found.courses == {CourseState.DRAFT: 1, CourseState.PUBLISHED: 1, CourseState.ARCHIVED: 0}
    assert (found.blocked, titles(found.live)) == (1, [live.title])
    assert found.newest[0].user.username == "gone"


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_what_waits_for_whoever_oversees_is_counted(school: People, role: Role) -> None:
    boss = make.person("boss", role)
    found = home.for_manager(boss)
    assert (found.approvals, set(found.emails.values())) == (0, {0})
    make.person(requested_role=Role.TEACHER)
    make.person(requested_role=Role.TEACHER, blocked_at=clock.now())
    make.person(requested_role=Role.TEACHER, deleted_at=clock.now())
    for number, state in enumerate(EmailState, 1):
        letters = [Email(letter="invitation", to_email="x@school.example", state=state) for _ in range(number)]
        make.save(*letters)
    found = home.for_manager(boss)
    assert found.approvals == 1
    shown = (EmailState.WAITING, EmailState.SENDING, EmailState.FAILED)
    assert {state: number for state, number in found.emails.items() if number} == {
        state: number for number, state in enumerate(EmailState, 1) if state in shown
    }
    assert found.health == health.Report(database=True, redis=None)


@pytest.mark.parametrize("overrides", [{"redis_url": NO_REDIS}])
def test_a_redis_that_is_away_is_told(overrides: dict[str, object], school: People) -> None:
    assert home.for_manager(school.root).health == health.Report(database=True, redis=False)


def test_each_role_has_its_page_and_no_other(app: Flask, school: People) -> None:
    kinds = {who.username: type(home.for_person(who)).__name__ for who in (school.ada, school.ben, school.root)}
    assert kinds == {"ada": "TeacherHome", "ben": "StudentHome", "root": "ManagerHome"}
    for who in (school.ada, school.ben):
        with pytest.raises(Forbidden):
            home.for_manager(who)
    with pytest.raises(Forbidden):
        home.for_teacher(school.ben)


def test_a_home_costs_the_same_for_2_and_for_20(school: People) -> None:
    def cost() -> list[int]:
        db.session.rollback()
        numbers = []
        for who in (school.ben, school.ada, school.root):
            _ = who.role
            with counted() as statements:
                home.for_person(who)
            numbers.append(len(statements))
        return numbers

    def fill(times: int) -> None:
        for _ in range(times):
            course = make.course(school.ada)
            make.enrol(school.ben, course)
            make.enrol(make.person(), course)
            goes_live(course, school.ada)
            make.course(make.person(role=Role.TEACHER))
            make.course(school.ada, state=CourseState.DRAFT)

    fill(2)
    few = cost()
    fill(18)
    assert cost() == few
    assert max(few) <= 10
