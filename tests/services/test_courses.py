from collections.abc import Callable
from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from elearn import clock
from elearn.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Unauthenticated
from elearn.extensions import db
from elearn.integrations import revocation
from elearn.models import Classroom, Course, CourseState, Enrolment, EnrolmentState, Lesson, Message, Role, Subject
from elearn.permissions import OPERATOR
from elearn.services import course_lists, courses
from tests import make
from tests.people import People
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("school_database")
NEW: dict[str, Any] = {"title": "Observing the Night Sky", "code": "NIGHT-24", "subject": Subject.SCIENCE}


@pytest.fixture
def rechecked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was told to the processes after commits."""
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(revocation.realtime, "control", told.append)
    return told


# Making


def test_a_teacher_makes_a_draft_with_its_room(school: People) -> None:
    made = courses.create(school.ada, **NEW, starts_on=date(2026, 9, 2), ends_on=date(2026, 12, 18))
    db.session.expire_all()
    read = courses.get(school.ada, made.id)
    assert (read.title, read.code, read.state, read.version) == (NEW["title"], "NIGHT-24", CourseState.DRAFT, 1)
    assert read.teacher.full_name == "Ada Novak"
    assert courses.room_of(read).name == NEW["title"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "\u200b\u200b"}, "title"),
        ({"title": "Night\x00Sky"}, "title"),
        ({"title": "Night\u202eSky"}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"title": "x" * 1_000_000}, "title"),
        ({"code": ""}, "code"),
        ({"code": "N"}, "code"),
        ({"code": "--"}, "code"),
        ({"code": "A" * 21}, "code"),
        ({"code": "NIGHT 24"}, "code"),
        ({"code": "NIGHT_24"}, "code"),
        ({"code": "night\n24"}, "code"),
        ({"code": "\ufdfa" * 20}, "code"),
        ({"code": "night-24"}, "code"),
        ({"summary": "x" * 201}, "summary"),
        ({"summary": "a\x07b"}, "summary"),
        ({"description": "x" * 20_001}, "description"),
        ({"description": "a\x00b"}, "description"),
        ({"description": "\ud800"}, "description"),
        ({"starts_on": date(2026, 9, 2), "ends_on": date(2026, 9, 1)}, "ends_on"),
    ],
)
def test_bad_input_names_the_field_and_changes_nothing(school: People, change: dict[str, Any], field: str) -> None:
    first = courses.create(school.ada, **NEW)
    other = {"title": "Another", "code": "OTHER-1"}
    with pytest.raises((Invalid, Conflict)) as caught:
        courses.create(school.ada, **(other | change))
    assert list(caught.value.fields) == [field]
    with pytest.raises((Invalid, Conflict)) as caught:
        courses.edit(school.ada, make.course(school.ada).id, **change)
    assert list(caught.value.fields) == [field]
    assert db.session.query(Course).count() == 2
    assert db.session.query(Classroom).count() == 2
    assert courses.get(school.ada, first.id).version == 1


def test_all_that_is_wrong_is_said_at_once(school: People) -> None:
    with pytest.raises(Invalid) as caught:
        courses.create(school.ada, title="", code="?", summary="x" * 300)
    assert set(caught.value.fields) == {"title", "code", "summary"}


def test_letters_of_all_languages_are_fine(school: People) -> None:
    made = courses.create(school.ada, title="Физика 7 \u2013 le d\u00e9but", code="\u0424\u0418\u0417-7")
    assert courses.get(school.ada, made.id).code == "\u0424\u0418\u0417-7"


def test_only_those_who_teach_make_courses(school: People) -> None:
    for actor, error in ((school.ben, Forbidden), (None, Unauthenticated)):
        with pytest.raises(error):
            courses.create(actor, **NEW)
    assert courses.create(school.root, **NEW).teacher_id == school.root.id


def test_a_course_for_another_teacher_is_made_by_staff_alone(school: People) -> None:
    grace = make.person("grace", Role.TEACHER)
    assert courses.create(OPERATOR, **NEW, teacher_id=grace.id).teacher_id == grace.id
    with pytest.raises(Forbidden):
        courses.create(school.ada, title="Another", code="A-1", teacher_id=grace.id)
    for nobody in (None, uuid4(), school.ben.id):
        with pytest.raises(Invalid) as caught:
            courses.create(OPERATOR, title="Another", code="A-1", teacher_id=nobody)
        assert list(caught.value.fields) == ["teacher"]


def test_two_who_take_the_same_code_at_once_get_one_course(app: Flask, school: People) -> None:
    ada, answers, start = school.ada.id, [], Barrier(8)

    def take(number: int) -> None:
        with app.app_context():
            actor = db.session.get(type(school.ada), ada)
            db.session.rollback()
            start.wait()
            try:
                courses.create(actor, title=f"Course {number}", code="same-1" if number % 2 else "SAME-1")
                answers.append("made")
            except Conflict as error:
                answers.append(error.data["field"])

    in_parallel(take, 8)
    assert sorted(answers) == ["code"] * 7 + ["made"]
    assert db.session.query(Course).count() == db.session.query(Classroom).count() == 1


def in_parallel(work: Callable[[int], None], times: int) -> None:
    threads = [Thread(target=work, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    db.session.rollback()


# Seeing


def test_who_may_see_a_course_and_who_may_not_even_know(school: People) -> None:
    grace = make.person("grace", Role.TEACHER)
    draft = make.course(school.ada, state=CourseState.DRAFT)
    published = make.course(school.ada)
    archived = make.course(school.ada, state=CourseState.ARCHIVED)
    make.enrol(school.ben, archived)
    make.enrol(school.eve, published, EnrolmentState.BLOCKED)
    sees = {
        (who.username, course.state.value)
        for who in (school.ada, grace, school.ben, school.eve, school.root)
        for course in (draft, published, archived)
        if not refused(lambda who=who, course=course: courses.get(who, course.id))  # type: ignore[misc]
    }
    assert sees == {
        *(("ada", state) for state in ("draft", "published", "archived")),
        *(("root", state) for state in ("draft", "published", "archived")),
        ("grace", "published"),
        *(("ben", state) for state in ("published", "archived")),
    }
    for course_id in (published.id, draft.id, uuid4()):
        with pytest.raises(NotFound):
            courses.get(None, course_id)


def refused(call: Callable[[], object]) -> bool:
    try:
        call()
    except DomainError:
        return True
    return False


# Changing


def test_an_edit_changes_what_it_names_and_nothing_else(school: People) -> None:
    made = courses.create(school.ada, **NEW, summary="Old", ends_on=date(2026, 12, 18))
    courses.edit(school.ada, made.id, version=1, title="Reading the Sky", ends_on=None)
    db.session.expire_all()
    read = courses.get(school.ada, made.id)
    assert (read.title, read.summary, read.code, read.ends_on, read.version) == (
        "Reading the Sky", "Old", "NIGHT-24", None, 2,
    )  # fmt: skip
    assert courses.room_of(read).name == "Reading the Sky"
    assert courses.edit(school.ada, made.id, title="Reading the Sky").version == 2, "nothing new is no new version"
    courses.edit(school.ada, made.id, code="night-24")


def test_an_edit_of_something_older_is_a_conflict_that_tells_what_stands_there(school: People) -> None:
    made = courses.create(school.ada, **NEW)
    courses.edit(school.ada, made.id, version=1, title="First")
    with pytest.raises(Conflict) as caught:
        courses.edit(school.ada, made.id, version=1, title="Second")
    assert (caught.value.code, caught.value.data["current"]["title"]) == ("changed", "First")
    assert courses.get(school.ada, made.id).title == "First"


def test_dates_are_checked_with_the_one_that_stays(school: People) -> None:
    made = courses.create(school.ada, **NEW, starts_on=date(2026, 9, 2), ends_on=date(2026, 12, 18))
    for change, field in ({"ends_on": date(2026, 9, 1)}, "ends_on"), ({"starts_on": date(2027, 1, 1)}, "starts_on"):
        with pytest.raises(Invalid) as caught:
            courses.edit(school.ada, made.id, **change)
        assert list(caught.value.fields) == [field]


def test_only_the_teacher_and_staff_change_a_course(school: People, rechecked: list[Any]) -> None:
    grace, course = make.person("grace", Role.TEACHER), make.course(school.ada)
    make.enrol(school.ben, course)
    changes: list[Callable[[Any], object]] = [
        lambda who: courses.edit(who, course.id, title="Taken over"),
        lambda who: courses.publish(who, course.id),
        lambda who: courses.unpublish(who, course.id),
        lambda who: courses.archive(who, course.id),
        lambda who: courses.delete(who, course.id),
    ]
    for change in changes:
        for who in (school.ben, school.eve, grace):
            with pytest.raises(Forbidden):
                change(who)
        with pytest.raises(NotFound):
            change(None)
    db.session.expire_all()
    assert (course.state, course.version, rechecked) == (CourseState.PUBLISHED, 1, [])
    for staff in (school.root, OPERATOR):
        courses.edit(staff, course.id, summary=f"By {staff.full_name}")


# Its life


def test_publish_archive_and_back(school: People, rechecked: list[Any]) -> None:
    course = courses.create(school.ada, **NEW)
    with pytest.raises(Conflict):
        courses.archive(school.ada, course.id)
    assert courses.publish(school.ada, course.id).is_published
    version = course.version
    assert courses.publish(school.ada, course.id).version == version, "once more changes nothing"
    assert rechecked == []
    room = make.room(course)
    lesson = make.save(Lesson(classroom_id=room.id, title="Now", started_by=school.ada.id))
    assert courses.archive(school.ada, course.id).state is CourseState.ARCHIVED
    assert lesson.ended_at is not None
    assert rechecked == [{"recheck": "room", "id": str(room.id)}]
    courses.publish(school.ada, course.id)
    assert courses.unpublish(school.ada, course.id).state is CourseState.DRAFT
    assert len(rechecked) == 2


def test_a_course_with_students_does_not_become_a_draft(school: People) -> None:
    course = make.course(school.ada)
    make.enrol(school.ben, course)
    make.enrol(school.eve, course, EnrolmentState.LEFT)
    with pytest.raises(Conflict, match="1 student is enrolled"):
        courses.unpublish(school.ada, course.id)
    assert courses.get(school.ada, course.id).is_published


def test_deleting_takes_all_that_is_in_it_and_closes_the_room(school: People, rechecked: list[Any]) -> None:
    course, other = make.course(school.ada), make.course(school.ada)
    room = make.room(course)
    make.enrol(school.ben, course)
    make.enrol(school.ben, other)
    make.save(Message(classroom_id=room.id, seq=1, sender_id=school.ben.id, text="Hello"))
    make.save(Lesson(classroom_id=room.id, title="Now", started_by=school.ada.id))
    course_id, room_id = course.id, room.id
    courses.delete(school.ada, course_id)
    # Whoever was enrolled is told, besides.
    assert [message for message in rechecked if "recheck" in message] == [{"recheck": "room", "id": str(room_id)}]
    assert [db.session.query(table).count() for table in (Course, Classroom, Enrolment, Message, Lesson)] == [
        1, 1, 1, 0, 0,
    ]  # fmt: skip
    with pytest.raises(NotFound):
        courses.delete(school.ada, course_id)


# Lists


def titles(found: Any) -> list[str]:
    return [card.title for card in found.items]


def test_the_catalogue_shows_what_is_published_and_open_to_the_reader(school: People) -> None:
    make.course(school.ada, title="Draft", state=CourseState.DRAFT)
    make.course(school.ada, title="Archived", state=CourseState.ARCHIVED)
    shown, hidden = make.course(school.ada, title="Shown"), make.course(school.ada, title="Hidden")
    make.enrol(school.ben, hidden, EnrolmentState.BLOCKED)
    make.enrol(school.ben, shown)
    make.enrol(school.eve, shown, EnrolmentState.LEFT)
    assert titles(course_lists.catalogue(school.ben)) == ["Shown"]
    assert course_lists.catalogue_counts(school.ben).total == 1
    assert titles(course_lists.catalogue(school.eve)) == ["Hidden", "Shown"]
    (card,) = course_lists.catalogue(school.ben).items
    assert (card.is_mine, card.students, card.teacher.full_name, card.classroom_id) == (
        True, 1, "Ada Novak", make.room(shown).id,
    )  # fmt: skip
    assert (card.cloth, card.pattern, card.icon) == (shown.cloth, shown.pattern, shown.icon)
    with pytest.raises(Unauthenticated):
        course_lists.catalogue(None)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("night", ["Observing the Night Sky"]),
        ("  NIGHT   ada ", ["Observing the Night Sky"]),
        ("bio-7", ["Plants and their Cells"]),
        ("KITCHEN", ["Plants and their Cells"]),
        ("\u00c9lodie", ["Plants and their Cells"]),
        ("\u00e9lodie", ["Plants and their Cells"]),
        ("100%", ["Plants and their Cells"]),
        ("100_", []),
        ("%", ["Plants and their Cells"]),
        ("nothing like it", []),
        ("\x00", ["Observing the Night Sky", "Plants and their Cells"]),
        ("\ud800night", ["Observing the Night Sky"]),
        ("", ["Observing the Night Sky", "Plants and their Cells"]),
        ("x" * 100_000, []),
    ],
)
def test_the_catalogue_is_searched_by_every_word_in_either_case(school: People, q: str, found: list[str]) -> None:
    elodie = make.person("elodie", Role.TEACHER, full_name="\u00c9lodie Marin")
    make.course(school.ada, title="Observing the Night Sky", code="NIGHT-24")
    make.course(elodie, title="Plants and their Cells", code="BIO-7", summary="With a kitchen microscope, 100% real")
    assert titles(course_lists.catalogue(school.ben, q=q)) == found


def test_the_catalogue_is_filtered_sorted_and_counted(school: People) -> None:
    today = clock.now().date()
    day = timedelta(days=1)
    science, music = Subject.SCIENCE, Subject.MUSIC
    make.course(school.ada, title="b open", subject=science, starts_on=today - day, ends_on=today)
    many = make.course(school.ada, title="A no dates", subject=music)
    make.course(school.ada, title="c later", subject=science, starts_on=today + 2 * day)
    make.course(school.ada, title="d over", subject=music, ends_on=today - 2 * day)
    make.enrol(school.ben, many)

    def shown(**choice: Any) -> list[str]:
        return titles(course_lists.catalogue(school.eve, **choice))

    assert shown() == ["A no dates", "b open", "c later", "d over"]
    assert shown(sort="-created_at") == ["d over", "c later", "A no dates", "b open"]
    assert shown(sort="-students") == ["A no dates", "b open", "c later", "d over"]
    assert shown(when="open") == ["A no dates", "b open"]
    assert shown(when="later") == ["c later"]
    assert shown(subjects=[science], when="open") == ["b open"]
    assert shown(subjects=[science, music], page=2, per_page=3) == ["d over"]
    counts = course_lists.catalogue_counts(school.eve, subjects=[science], when="open")
    assert (counts.total, counts.subjects, counts.open, counts.later) == (4, {science: 1, music: 1}, 1, 1)


def test_mine_are_those_that_i_teach_or_study(school: People) -> None:
    grace = make.person("grace", Role.TEACHER)
    make.course(grace, title="Of others")
    draft = make.course(school.ada, title="a draft", state=CourseState.DRAFT)
    archived = make.course(school.ada, title="an archived", state=CourseState.ARCHIVED)
    quiet, live = make.course(school.ada, title="quiet"), make.course(school.ada, title="with a live lesson")
    make.save(Lesson(classroom_id=make.room(live).id, title="Star charts", started_by=school.ada.id))
    for course in (draft, archived, quiet, live):
        make.enrol(school.ben, course)
    make.enrol(school.eve, quiet, EnrolmentState.LEFT)
    assert titles(course_lists.mine(school.ada)) == ["with a live lesson", "quiet", "a draft", "an archived"]
    assert titles(course_lists.mine(school.ben)) == ["with a live lesson", "quiet", "an archived"]
    assert course_lists.mine(school.eve).total == 0
    lesson = course_lists.mine(school.ben).items[0].lesson
    assert lesson is not None
    assert lesson.title == "Star charts"


def test_lists_cost_the_same_for_2_and_for_20(school: People) -> None:
    def cost() -> list[int]:
        db.session.rollback()
        _ = (school.ben.id, school.ben.role, school.ada.role)
        numbers = []
        for read in (
            lambda: course_lists.catalogue(school.ben, q="c", per_page=50),
            lambda: course_lists.catalogue_counts(school.ben, q="c"),
            lambda: course_lists.mine(school.ben, per_page=50),
            lambda: course_lists.mine(school.ada, per_page=50),
        ):
            with counted() as statements:
                read()
            numbers.append(len(statements))
        return numbers

    def fill(times: int) -> None:
        for _ in range(times):
            course = make.course(make.person(role=Role.TEACHER))
            make.enrol(school.ben, course)
            make.save(Lesson(classroom_id=make.room(course).id, title="Now", started_by=school.ada.id))
            make.course(school.ada)

    fill(2)
    few = cost()
    fill(18)
    assert cost() == few
    assert max(few) <= 3
    assert course_lists.mine(school.ben, per_page=50).total == 20
