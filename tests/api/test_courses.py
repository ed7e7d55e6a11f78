from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from elearn.extensions import db
from elearn.models import Course, CourseState, EnrolmentState, Role, Subject
from tests import make
from tests.api.conftest import ApiOf
from tests.people import People
from tests.queries import counted

BIOLOGY = {
    "title": "Biology 7",
    "code": "BIO-7",
    "summary": "Cells to forests.",
    "description": "We begin with **cells**.",
    "subject": "science",
    "starts_on": "2026-09-01",
    "ends_on": "2027-01-29",
}


@pytest.mark.usefixtures("school_database")
def test_the_life_of_a_course(school: People, api_of: ApiOf) -> None:
    ada, ben = api_of(school.ada), api_of(school.ben)
    made = ada.post("courses/", BIOLOGY)
    assert made.status_code == 201
    course = made.json
    assert {name: course[name] for name in BIOLOGY} == BIOLOGY
    assert (course["state"], course["version"], made.headers["ETag"]) == ("draft", 1, '"1"')
    assert course["teacher"]["username"] == "ada"
    assert course["can"] == ["edit", "publish", "delete", "see_students", "manage_students"]
    path = f"courses/{course['id']}/"
    assert ben.get(path).status_code == 404
    assert ada.post(f"{path}publish/").json["state"] == "published"
    assert ben.get(path).json["can"] == ["enrol"]
    assert ben.post(f"{path}enrol/").json["state"] == "active"
    assert ben.get(path).json["enrolment"] == "active"
    assert ben.get("courses/mine/").json["items"][0]["id"] == course["id"]
    assert ada.post(f"{path}unpublish/").json["code"] == "has_students"
    assert ben.post(f"{path}unenroll/").status_code == 204
    assert ada.post(f"{path}unpublish/").json["state"] == "draft"
    assert ada.post(f"{path}archive/").json["code"] == "not_published"
    assert ada.delete(path).status_code == 204
    assert ada.get(path).status_code == 404


def test_a_course_names_its_room_and_the_lesson_in_it(school: People, api_of: ApiOf) -> None:
    ada, course = api_of(school.ada), make.course(school.ada)
    room = ada.get(f"courses/{course.id}/").json["classroom"]
    assert room == {"id": str(make.room(course).id), "lesson": None}
    ada.post(f"classrooms/{room['id']}/lessons/", {"title": "Cells"})
    assert ada.get(f"courses/{course.id}/").json["classroom"]["lesson"]["title"] == "Cells"


@pytest.mark.parametrize("word", ["enrol", "enroll"])
def test_enrolling_has_two_spellings(school: People, api_of: ApiOf, word: str) -> None:
    course, ben = make.course(school.ada), api_of(school.ben)
    for _ in range(2):
        assert ben.post(f"courses/{course.id}/{word}/").json["state"] == "active"
    assert ben.post(f"courses/{course.id}/un{word}/").status_code == 204


@pytest.mark.parametrize(
    ("field", "text", "status"),
    [
        ("title", "Night \U0001fadf Sky", 200),  # younger than the Unicode of this Python
        ("description", "\u2067\u05e9\u05dc\u05d5\u05dd\u2069 means **hello**\r\n\tor *peace*", 200),
        ("summary", "Cells \ue000", 200),
        ("title", "Night\x85Sky", 422),
        ("summary", "Night\u2066Sky", 422),
        ("description", "Night\x0bSky", 422),
        ("description", "Night\x9fSky", 422),
    ],
)
def test_what_cannot_be_seen_is_left_out(school: People, api_of: ApiOf, field: str, text: str, status: int) -> None:
    ada, course = api_of(school.ada), make.course(school.ada)
    answer = ada.patch(f"courses/{course.id}/", {field: text})
    assert answer.status_code == status
    if status == 422:
        assert answer.json["errors"] == {field: ["Leave out characters that cannot be seen"]}


# Two people edit the same text


def test_a_change_on_top_of_what_was_read_is_taken(school: People, api_of: ApiOf) -> None:
    ada, course = api_of(school.ada), make.course(school.ada)
    tag = ada.get(f"courses/{course.id}/").headers["ETag"]
    first = ada.patch(f"courses/{course.id}/", {"title": "One"}, headers={"If-Match": tag})
    assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
    for old in (tag, 'W/"2"', '"nonsense"', '""', '"1",W/"2"'):
        late = ada.patch(f"courses/{course.id}/", {"title": "Two"}, headers={"If-Match": old})
        assert (late.status_code, late.json["code"]) == (409, "changed"), old
        assert (late.json["current"]["title"], late.json["current"]["version"]) == ("One", 2)
    for none in ("nonsense", "2", ""):
        refused = ada.patch(f"courses/{course.id}/", {"title": "Two"}, headers={"If-Match": none})
        assert (refused.status_code, list(refused.json["errors"])) == (422, ["If-Match"]), none
    for fresh in ('"2"', '"1", "2"', "*"):
        assert ada.patch(f"courses/{course.id}/", {"title": "One"}, headers={"If-Match": fresh}).status_code == 200
    assert ada.patch(f"courses/{course.id}/", {"title": "Without"}).json["version"] == 3


def test_days_are_taken_away_with_null_and_kept_when_not_named(school: People, api_of: ApiOf) -> None:
    ada, course = api_of(school.ada), make.course(school.ada, starts_on=date(2026, 9, 1), ends_on=date(2027, 1, 29))
    path = f"courses/{course.id}/"
    assert ada.patch(path, {"title": "New"}).json["starts_on"] == "2026-09-01"
    wrong = ada.patch(path, {"ends_on": "2026-08-31"})
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["ends_on"])
    assert ada.patch(path, {"starts_on": None}).json["starts_on"] is None


# Who may not, cannot


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"title": "Mine now"}),
        ("DELETE", "", None),
        ("POST", "publish/", None),
        ("POST", "unpublish/", None),
        ("POST", "archive/", None),
        ("GET", "students/", None),
        ("POST", "students/", {"user": "eve"}),
        ("DELETE", "students/{ben}/", None),
        ("POST", "block/", {"user": "{ben}"}),
        ("POST", "unblock/", {"user": "{ben}"}),
    ],
)
def test_only_those_who_lead_a_course_change_it(
    school: People, api_of: ApiOf, method: str, path: str, body: dict[str, str] | None
) -> None:
    course = make.course(school.ada)
    make.enrol(school.ben, course)
    other = make.person("other", Role.TEACHER)
    ben_id = str(school.ben.id)
    filled = {name: value.format(ben=ben_id) for name, value in (body or {}).items()} or None
    root = api_of(school.root)
    before = root.get(f"courses/{course.id}/").json
    for person, status in ((None, 401), (school.ben, 403), (school.eve, 403), (other, 403)):
        answer = api_of(person).call(method, f"courses/{course.id}/{path.format(ben=ben_id)}", filled)
        assert answer.status_code == status, person
    assert root.get(f"courses/{course.id}/").json == before
    allowed = root.call(method, f"courses/{course.id}/{path.format(ben=ben_id)}", filled)
    assert allowed.status_code in {200, 201, 204, 409}


@pytest.mark.parametrize("field", [column.key for column in Course.__table__.columns if column.key not in BIOLOGY])
def test_nobody_writes_any_other_column_of_a_course(school: People, api_of: ApiOf, field: str) -> None:
    ada, course = api_of(school.ada), make.course(school.ada)
    values: dict[str, Any] = {"teacher_id": str(school.ben.id), "state": "published", "version": 7}
    extra = {field: values.get(field, "0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55")}
    for answer in (ada.post("courses/", BIOLOGY | extra), ada.patch(f"courses/{course.id}/", {"title": "New"} | extra)):
        assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert db.session.query(Course).count() == 1


def test_addresses_are_for_those_who_lead_the_course(school: People, api_of: ApiOf) -> None:
    course = make.course(school.ada)
    make.enrol(school.ben, course)
    shown = api_of(school.ada).get(f"courses/{course.id}/students/").json
    assert [(item["user"]["username"], item["email"]) for item in shown["items"]] == [("ben", "ben@school.example")]
    for path in ("courses/", f"courses/{course.id}/", "courses/mine/", f"classrooms/{make.room(course).id}/"):
        assert "@school.example" not in api_of(school.ben).get(path).text


# Students


@pytest.mark.parametrize("name", ["ben", "BEN", "ben@school.example", "id"])
def test_a_teacher_adds_a_student_by_name_address_or_id(school: People, api_of: ApiOf, name: str) -> None:
    ada, course = api_of(school.ada), make.course(school.ada)
    answer = ada.post(f"courses/{course.id}/students/", {"user": str(school.ben.id) if name == "id" else name})
    assert (answer.status_code, answer.json["user"], answer.json["state"]) == (201, str(school.ben.id), "active")


@pytest.mark.parametrize("name", ["nobody", "ada", "0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55", "\ud83d\ude00"])
def test_whoever_is_no_student_is_not_added(school: People, api_of: ApiOf, name: str) -> None:
    course = make.course(school.ada)
    answer = api_of(school.ada).post(f"courses/{course.id}/students/", {"user": name})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["user"])


@pytest.mark.usefixtures("school_database")
def test_a_blocked_student_is_out_until_unblocked(school: People, api_of: ApiOf) -> None:
    course, ada, ben = make.course(school.ada), api_of(school.ada), api_of(school.ben)
    path = f"courses/{course.id}/"
    ben.post(f"{path}enrol/")
    blocked = ada.post(f"{path}block/", {"user": str(school.ben.id), "reason": "Spoilers"})
    assert blocked.status_code == 204
    assert ben.get(path).status_code == 404
    assert (ben.post(f"{path}enrol/").status_code, ben.post(f"{path}enrol/").json["code"]) == (403, "blocked")
    assert ben.get("courses/").json["total"] == 0
    listed = ada.get(f"{path}students/?state=blocked").json["items"]
    assert [(item["user"]["username"], item["reason"]) for item in listed] == [("ben", "Spoilers")]
    assert ada.post(f"{path}unblock/", {"user": str(school.ben.id)}).status_code == 204
    assert ben.post(f"{path}enrol/").status_code == 200
    assert ada.delete(f"{path}students/{school.ben.id}/").status_code == 204
    assert ben.get(path).json["enrolment"] == "removed"


# Lists


@pytest.mark.usefixtures("school_database")
def test_the_catalogue_is_searched_filtered_sorted_and_paged(school: People, api_of: ApiOf) -> None:
    for number in range(5):
        make.course(school.ada, title=f"Biology {number}")
    make.course(school.ada, title="Algebra", subject=Subject.MATHEMATICS)
    make.course(school.ada, title="Music", subject=Subject.MUSIC)
    make.course(school.ada, title="Draft", state=CourseState.DRAFT)
    ben = api_of(school.ben)

    def titles(query: str) -> list[str]:
        return [item["title"] for item in ben.get(f"courses/?{query}").json["items"]]

    page = ben.get("courses/?q=bio&per_page=2&page=3").json
    assert ([item["title"] for item in page["items"]], page["total"], page["page"], page["pages"]) == (
        ["Biology 4"], 5, 3, 3,
    )  # fmt: skip
    assert titles("subject=mathematics&subject=music") == ["Algebra", "Music"]
    assert titles("sort=-created_at")[0] == "Music"
    assert titles("page=9") == []
    assert "Draft" not in titles("")
    assert ben.get("courses/mine/?q=bio").json["total"] == 0
    assert api_of(school.ada).get("courses/mine/?state=draft").json["total"] == 1


@pytest.mark.usefixtures("school_database")
def test_own_courses_and_their_people_are_sorted_as_asked(school: People, api_of: ApiOf) -> None:
    first = make.course(school.ada, title="moss", state=CourseState.ARCHIVED)
    make.course(school.ada, title="Algae", state=CourseState.DRAFT, created_at=first.created_at + timedelta(days=1))
    make.course(school.ada, title="Trees", created_at=first.created_at - timedelta(days=1))
    ada = api_of(school.ada)

    def asked(path: str) -> list[str]:
        items = ada.get(path).json["items"]
        return [item["title"] if "title" in item else item["user"]["username"] for item in items]

    assert asked("courses/mine/") == ["Trees", "Algae", "moss"]
    assert asked("courses/mine/?sort=title") == ["Algae", "moss", "Trees"]
    assert asked("courses/mine/?sort=-created_at") == ["Algae", "moss", "Trees"]
    for days, person in enumerate((school.eve, school.ben)):
        make.change(make.enrol(person, first), enrolled_at=first.created_at + timedelta(days=days))
    students = f"courses/{first.id}/students/"
    assert asked(f"{students}?sort=-enrolled_at") == asked(students) == ["ben", "eve"]
    make.change(make.enrol(make.person("abel", full_name="Abel"), first), enrolled_at=first.created_at)
    assert asked(f"{students}?sort=full_name") == asked(students) == ["abel", "ben", "eve"]
    assert asked(f"{students}?sort=-enrolled_at")[0] == "ben"
    for path in ("courses/mine/?sort=teacher_id", f"{students}?sort=email"):
        assert list(ada.get(path).json["errors"]) == ["sort"]


@pytest.mark.parametrize("path", ["courses/", "courses/mine/", "classrooms/", "courses/{first}/students/"])
def test_long_lists_cost_as_many_questions_as_short_ones(school: People, api_of: ApiOf, path: str) -> None:
    ada = api_of(school.ada)
    first = make.course(school.ada)

    def grow(many: int) -> None:
        for _ in range(many):
            course, student = make.course(school.ada), make.person()
            make.enrol(student, course)
            make.enrol(student, first)

    def cost(load: Callable[[], Any]) -> int:
        with counted() as statements:
            assert load().status_code == 200
        return len(statements)

    address = f"{path.format(first=first.id)}?per_page=100"
    grow(2)
    few = cost(lambda: ada.get(address))
    grow(18)
    assert cost(lambda: ada.get(address)) == few


def test_a_list_never_shows_a_blocked_course(school: People, api_of: ApiOf) -> None:
    course = make.course(school.ada)
    make.enrol(school.ben, course, EnrolmentState.BLOCKED)
    assert api_of(school.ben).get("courses/").json["items"] == []
    assert api_of(school.eve).get("courses/").json["total"] == 1


def test_a_manager_hands_a_course_over(school: People, api_of: ApiOf) -> None:
    course, jonas = make.course(school.ada), make.person("jonas", Role.TEACHER)
    manager, path = api_of(make.person(role=Role.MANAGER)), f"courses/{course.id}/teacher/"
    for name in ("jonas", str(jonas.id)):  # once more changes nothing
        assert manager.call("PUT", path, {"teacher": name}).json["teacher"]["username"] == "jonas"
    lines = api_of(school.root).get("activity/?kind=course_handed_over").json["items"]
    assert [(line["subject_name"], line["object_name"]) for line in lines] == [("Jonas Person", course.title)]
    news = {who.username: api_of(who).get("notifications/").json["items"][0]["text"] for who in (school.ada, jonas)}
    assert news == {
        "ada": f"{course.title} has another teacher now",
        "jonas": f"You teach {course.title} now",
    }
    for wrong, status in (("nobody", 422), (" ", 422), ("ben", 409)):
        refused = manager.call("PUT", path, {"teacher": wrong})
        assert (refused.status_code, list(refused.json["errors"])) == (status, ["teacher"])
    assert api_of(school.ada).call("PUT", path, {"teacher": "ada"}).status_code == 403
    db.session.expire_all()
    assert db.session.get_one(Course, course.id).teacher_id == jonas.id
