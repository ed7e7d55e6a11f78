import html
import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from elearn.extensions import db
from elearn.models import Course, CourseState, Enrolment, EnrolmentState, Lesson, Role, User
from tests import make
from tests.people import People
from tests.queries import counted, none_while_rendering

AsPerson = Callable[[User], FlaskClient]
CANARY = '<img src=x onerror="alert(1)">{{7*7}}'
NEW = {"title": "Observing the Night Sky", "code": "NIGHT-24", "subject": "science"}


def text_of(answer: TestResponse) -> str:
    """Return what stands on the page, without the tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def state_of(user: User, course: Course) -> EnrolmentState | None:
    db.session.rollback()
    row = db.session.get(Enrolment, (course.id, user.id))
    return row.state if row else None


def state_in_database(course_id: UUID) -> CourseState:
    db.session.rollback()
    return db.session.get_one(Course, course_id).state


# From its making to its end


def test_a_teacher_makes_publishes_edits_and_archives_a_course(school: People, as_person: AsPerson) -> None:
    ada = as_person(school.ada)
    form = NEW | {"summary": "By eye", "starts_on": "2026-09-02", "description": "# Bring\n\na **torch**"}
    made = ada.post("/courses/new", data=form)
    assert made.status_code == 302
    page = ada.get(made.location)
    assert "Nobody sees this course yet" in text_of(page)
    assert "<h2>Bring</h2>" in page.text
    assert "<strong>torch</strong>" in page.text
    course = db.session.query(Course).one()
    assert (course.starts_on, course.state) == (date(2026, 9, 2), CourseState.DRAFT)

    said = ada.post(f"/courses/{course.id}/publish", follow_redirects=True)
    assert "Observing the Night Sky is in the catalogue" in text_of(said)
    assert f'action="/courses/{course.id}/unpublish"' in said.text, "the toast offers to take it back"
    assert "Observing the Night Sky" in as_person(school.ben).get("/catalogue").text

    edit = {**NEW, "title": "Reading the Sky", "version": "2"}
    assert "Course saved" in text_of(ada.post(f"/courses/{course.id}/edit", data=edit, follow_redirects=True))
    ada.post(f"/courses/{course.id}/archive")
    assert state_in_database(course.id) is CourseState.ARCHIVED
    ada.post(f"/courses/{course.id}/publish")
    ada.post(f"/courses/{course.id}/unpublish")
    assert state_in_database(course.id) is CourseState.DRAFT
    assert "Reading the Sky is deleted" in text_of(ada.post(f"/courses/{course.id}/delete", follow_redirects=True))
    assert db.session.query(Course).count() == 0


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"title": ""}, "title", "Write a title, as it stands on the cover"),
        ({"code": "no spaces"}, "code", "Use 2 to 20 letters, numbers and dashes, as in BIO-7"),
        ({"code": "TAKEN-1"}, "code", "Another course has this code"),
        ({"subject": "alchemy"}, "subject", "Choose one of the subjects"),
        ({"starts_on": "soon"}, "starts_on", "Choose a day, such as 2026-09-02"),
        ({"starts_on": "2026-09-02", "ends_on": "2026-09-01"}, "ends_on", "Choose a day after the start, 2 September"),
        ({"summary": "x" * 201}, "summary", "Use at most 200 characters"),
        ({"description": "x" * 20_001}, "description", "Use at most 20000 characters"),
    ],
)
def test_bad_input_gets_a_sentence_at_its_field_and_nothing_is_lost(
    school: People, as_person: AsPerson, change: dict[str, str], field: str, sentence: str
) -> None:
    make.course(school.ada, code="taken-1")
    typed = NEW | {"summary": "What I typed & more"} | change
    answer = as_person(school.ada).post("/courses/new", data=typed)
    assert answer.status_code in {409, 422}
    assert f'id="{field}-error"' in answer.text
    assert sentence in text_of(answer)
    if field != "summary":
        assert "What I typed &amp; more" in answer.text
    assert db.session.query(Course).count() == 1


def test_somebody_who_was_slower_sees_what_stands_there_and_keeps_the_text(school: People, as_person: AsPerson) -> None:
    course = make.course(school.ada, title="Old title", code="SAME-1")
    ada = as_person(school.ada)
    first = {**NEW, "code": "SAME-1", "title": "First title", "version": "1"}
    second = {**NEW, "code": "SAME-1", "title": "Second title", "version": "1"}
    assert ada.post(f"/courses/{course.id}/edit", data=first).status_code == 302
    answer = ada.post(f"/courses/{course.id}/edit", data=second)
    assert answer.status_code == 409
    assert "Somebody saved this course while you were writing" in text_of(answer)
    assert "First title" in text_of(answer)
    assert 'value="Second title"' in answer.text
    assert re.search(r'name="version"[^>]*value="2"', answer.text), "saving once more is a decision"
    assert ada.post(f"/courses/{course.id}/edit", data=second | {"version": "2"}).status_code == 302
    assert db.session.get_one(Course, course.id, populate_existing=True).title == "Second title"
    for odd in ({}, {"version": "none"}, {"version": "9" * 40}):
        assert ada.post(f"/courses/{course.id}/edit", data={**NEW, "code": "SAME-1", **odd}).status_code == 302


# Who may what


def test_visitors_are_asked_to_sign_in(school: People, client: FlaskClient) -> None:
    course = make.course(school.ada)
    for path in (
        "/",
        "/catalogue",
        "/courses",
        "/courses/new",
        f"/courses/{course.id}",
        f"/courses/{course.id}/people",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.location.split("?")[0]) == (302, "/sign-in"), path


def test_what_is_not_open_to_somebody_is_not_there_for_them(school: People, as_person: AsPerson) -> None:
    draft = make.course(school.ada, state=CourseState.DRAFT)
    closed = make.course(school.ada, title="Closed to Eve")
    make.enrol(school.eve, closed, EnrolmentState.BLOCKED)
    eve, grace = as_person(school.eve), as_person(make.person("grace", Role.TEACHER))
    for browser, course in ((eve, draft), (eve, closed), (grace, draft)):
        for path in ("", "/edit", "/people"):
            assert browser.get(f"/courses/{course.id}{path}").status_code == 404
    assert eve.get(f"/courses/{uuid4()}").status_code == 404
    assert eve.get("/courses/none").status_code == 404
    assert "Closed to Eve" not in eve.get("/catalogue").text
    assert as_person(school.root).get(f"/courses/{draft.id}/people").status_code == 200


def test_students_and_other_teachers_change_nothing(school: People, as_person: AsPerson) -> None:
    course = make.course(school.ada)
    make.enrol(school.ben, course)
    person = f"/courses/{course.id}/people/{school.ben.id}"
    posts = [
        f"/courses/{course.id}{path}" for path in ("/edit", "/publish", "/unpublish", "/archive", "/delete", "/people")
    ]
    posts += [f"{person}{path}" for path in ("/remove", "/block", "/unblock")] + [
        f"/courses/{course.id}/people/blocked"
    ]
    form = NEW | {"version": "1", "add-login": "eve", "block-login": "eve", "reason": "x"}
    for who in (school.ben, school.eve, make.person("grace", Role.TEACHER)):
        browser = as_person(who)
        for path in posts:
            assert browser.post(path, data=form).status_code == 403, path
        assert browser.get(f"/courses/{course.id}/people").status_code == 403
        assert "Edit course" not in browser.get(f"/courses/{course.id}").text
    assert as_person(school.ben).get("/courses/new").status_code == 403
    assert state_of(school.ben, course) is EnrolmentState.ACTIVE
    assert state_of(school.eve, course) is None
    row = db.session.get_one(Course, course.id)
    assert (row.version, row.state) == (1, CourseState.PUBLISHED)


def test_a_post_without_its_token_does_nothing(app: Flask, school: People, as_person: AsPerson) -> None:
    course = make.course(school.ada)
    browser = as_person(school.ben)
    app.config["WTF_CSRF_ENABLED"] = True
    assert browser.post(f"/courses/{course.id}/enrol").status_code == 400
    assert state_of(school.ben, course) is None


# Enrolling


def test_a_student_enrols_and_leaves_with_one_click_each(school: People, as_person: AsPerson) -> None:
    course = make.course(school.ada, title="Night Sky")
    ben = as_person(school.ben)
    page = ben.get(f"/courses/{course.id}")
    assert f'action="/courses/{course.id}/enrol"' in page.text
    assert "Open the room" not in page.text
    enrolled = ben.post(f"/courses/{course.id}/enrol", follow_redirects=True)
    assert "You are enrolled" in text_of(enrolled)
    assert f'href="/classrooms/{make.room(course).id}' in enrolled.text
    assert "Night Sky" in ben.get("/courses").text
    left = ben.post(f"/courses/{course.id}/leave", follow_redirects=True)
    assert "You left Night Sky" in text_of(left)
    assert state_of(school.ben, course) is EnrolmentState.LEFT


def test_leaving_an_archived_course_leads_to_ones_own_courses(school: People, as_person: AsPerson) -> None:
    course = make.course(school.ada, state=CourseState.ARCHIVED)
    make.enrol(school.ben, course)
    left = as_person(school.ben).post(f"/courses/{course.id}/leave")
    assert left.location == "/courses"
    assert state_of(school.ben, course) is EnrolmentState.LEFT


def test_a_button_that_comes_too_late_says_so_where_it_was_pressed(school: People, as_person: AsPerson) -> None:
    course = make.course(school.ada, ends_on=date(2020, 12, 18))
    ben = as_person(school.ben)
    assert "Enrol</" not in ben.get(f"/courses/{course.id}").text
    headers = {"Referer": f"http://localhost/courses/{course.id}"}
    answer = ben.post(f"/courses/{course.id}/enrol", headers=headers, follow_redirects=True)
    assert "This course ended on 18 December 2020." in text_of(answer)
    assert state_of(school.ben, course) is None


def test_a_live_lesson_is_on_the_page_for_those_who_may_join(school: People, as_person: AsPerson) -> None:
    course = make.course(school.ada)
    make.enrol(school.ben, course)
    make.save(Lesson(classroom_id=make.room(course).id, title="Star charts", started_by=school.ada.id))
    assert "Star charts" in as_person(school.ben).get(f"/courses/{course.id}").text
    assert "Star charts" not in as_person(school.eve).get(f"/courses/{course.id}").text


# The people of a course


def test_a_teacher_adds_removes_blocks_and_unblocks(school: People, as_person: AsPerson) -> None:
    course = make.course(school.ada)
    people, ada = f"/courses/{course.id}/people", as_person(school.ada)
    person = f"{people}/{school.ben.id}"
    added = ada.post(people, data={"add-login": "ben@school.example"}, follow_redirects=True)
    assert "Ben Kowalski is enrolled" in text_of(added)
    assert "ben@school.example" in added.text
    removed = ada.post(f"{person}/remove", follow_redirects=True)
    assert "Ben Kowalski is no longer enrolled" in text_of(removed)
    fields = dict(re.findall(r'<input type="hidden" name="(add-login)" value="([^"]*)">', removed.text))
    ada.post(people, data=fields)
    assert state_of(school.ben, course) is EnrolmentState.ACTIVE, "Undo brings him back"
    ada.post(f"{person}/block", data={"reason": "Too loud"})
    assert state_of(school.ben, course) is EnrolmentState.BLOCKED
    assert "Too loud" in ada.get(f"{people}?state=blocked").text
    ada.post(f"{person}/unblock")
    ada.post(f"{people}/blocked", data={"block-login": "eve", "block-reason": "Never came"})
    assert state_of(school.eve, course) is EnrolmentState.BLOCKED
    assert state_of(school.ben, course) is EnrolmentState.REMOVED
    assert ada.get(f"{people}/blocked").location.endswith("state=blocked")


def test_a_wrong_name_is_told_in_the_dialog(school: People, as_person: AsPerson) -> None:
    course = make.course(school.ada)
    ada = as_person(school.ada)
    answer = ada.post(f"/courses/{course.id}/people", data={"add-login": "nobody"})
    assert answer.status_code == 422
    assert "Nobody here has the username or email nobody" in text_of(answer)
    assert re.search(r'<dialog[^>]*id="add-person"[^>]*data-open', answer.text)
    for form in ({"block-login": "nobody"}, {"block-login": "eve", "block-reason": "x" * 301}):
        answer = ada.post(f"/courses/{course.id}/people/blocked", data=form)
        assert answer.status_code == 422
        assert re.search(r'<dialog[^>]*id="block-person"[^>]*data-open', answer.text)
    assert db.session.query(Enrolment).count() == 0


def test_people_are_searched_and_paged(school: People, as_person: AsPerson) -> None:
    course = make.course(school.ada)
    for number in range(23):
        make.enrol(make.person(full_name=f"Student {number:02}"), course)
    ada, people = as_person(school.ada), f"/courses/{course.id}/people"
    assert "1 to 20 of 23" in text_of(ada.get(people))
    assert "Student 22" in ada.get(f"{people}?page=2").text
    assert ada.get(f"{people}?page=9").location.endswith("page=2")
    found = ada.get(f"{people}?q=student+07")
    assert "Student 07" in found.text
    assert "Student 08" not in found.text
    assert "Nobody matches" in ada.get(f"{people}?q=zzz").text
    assert ada.get(f"{people}?page=-1&state=odd").status_code == 200


# The catalogue


def test_the_address_says_what_is_searched_and_each_chip_takes_one_away(school: People, as_person: AsPerson) -> None:
    make.course(school.ada, title="Night Sky", subject="science")
    make.course(school.ada, title="Night Music", subject="music")
    ben = as_person(school.ben)
    page = ben.get("/catalogue?q=night&subject=science&subject=odd&when=open&sort=-created_at&page=x")
    assert "1 course matches" in text_of(page)
    assert "Night Sky" in page.text
    assert "Night Music" not in page.text
    chips = dict(
        re.findall(r'<a class="chip" href="([^"]*)"><span[^>]*>[^<]*</span>([^<]*)<', html.unescape(page.text))
    )
    assert chips == {
        "/catalogue?subject=science&when=open&sort=-created_at": "\u201cnight\u201d",
        "/catalogue?q=night&when=open&sort=-created_at": "Science",
        "/catalogue?q=night&subject=science&sort=-created_at": "Open now",
    }
    assert "No course matches" in ben.get("/catalogue?q=nothing").text
    assert ben.get("/catalogue?page=7&q=night").location == "/catalogue?q=night&page=1"


@pytest.mark.parametrize("path", ["/catalogue", "/courses"])
def test_odd_addresses_are_no_error(school: People, as_person: AsPerson, path: str) -> None:
    ben = as_person(school.ben)
    for query in (
        "q=%00",
        "q=%ff",
        "page=0",
        "page=99999999999999999999",
        "page=\u0663",
        "subject=",
        "sort=drop",
        "q=" + "x" * 5000,
    ):
        assert ben.get(f"{path}?{query}").status_code in {200, 302}, query


# What is written by people stays text


def test_a_manager_hands_a_course_over(school: People, as_person: AsPerson) -> None:
    course, jonas = make.course(school.ada), make.person("jonas", Role.TEACHER)
    manager, address = as_person(make.person(role=Role.MANAGER)), f"/courses/{course.id}/hand-over"
    assert address in manager.get(f"/courses/{course.id}/edit").text
    assert address not in as_person(school.ada).get(f"/courses/{course.id}/edit").text
    refused = manager.post(address, data={"login": "ben"})
    assert refused.status_code == 409
    assert "New teacher: Ben Kowalski cannot teach: choose a teacher." in text_of(refused)
    assert "Nobody here has the username" in manager.post(address, data={"login": "nobody"}).text
    assert (
        f"{course.title} has a new teacher."
        in manager.post(address, data={"login": "jonas"}, follow_redirects=True).text
    )
    db.session.expire_all()
    assert db.session.get_one(Course, course.id).teacher_id == jonas.id


def test_what_people_write_stays_text_everywhere(school: People, as_person: AsPerson) -> None:
    make.change(school.ada, bio=CANARY, full_name=CANARY)
    make.person("mallory", full_name=CANARY)
    course = make.course(school.ada, title=CANARY, summary=CANARY, description=f"{CANARY}\n\n[x](javascript:alert(1))")
    make.enrol(school.ben, course)
    make.change(make.enrol(school.eve, course, EnrolmentState.BLOCKED), reason=CANARY)
    make.save(Lesson(classroom_id=make.room(course).id, title=CANARY, started_by=school.ada.id))
    at = f"/courses/{course.id}"
    pages = {
        school.ada: [
            "/",
            "/courses",
            at,
            f"{at}/edit",
            f"{at}/people",
            f"{at}/people?state=blocked",
            f"{at}/people?q={CANARY}",
        ],
        school.ben: ["/", "/catalogue", f"/catalogue?q={CANARY}", "/courses", at],
        school.root: ["/"],
    }
    for who, paths in pages.items():
        browser = as_person(who)
        for path in paths:
            page = browser.get(path)
            assert page.status_code == 200, path
            assert "<img src=x" not in page.text, path
            assert 'href="javascript:' not in page.text, path
            assert "&gt;49" not in page.text, path
            assert "&lt;img src=x" in page.text or "people" in path or "%3Cimg" in page.text, path
    said = as_person(school.ada).post(f"{at}/people/{school.ben.id}/remove", follow_redirects=True)
    assert "<img src=x" not in said.text


# What it costs


def test_pages_cost_the_same_for_2_and_for_20_and_templates_ask_nothing(
    app: Flask, school: People, as_person: AsPerson
) -> None:
    course = make.course(school.ada)
    people = f"/courses/{course.id}/people"
    ada, ben, root = as_person(school.ada), as_person(school.ben), as_person(school.root)
    asks: list[tuple[FlaskClient, str]] = [
        (ada, "/"), (ben, "/"), (root, "/"), (ada, "/courses"), (ben, "/courses"), (ben, "/catalogue"),
        (ada, people), (ada, f"{people}?state=blocked"), (ada, f"/courses/{course.id}"), (ben, f"/courses/{course.id}"),
        (ada, f"/courses/{course.id}/edit"),
    ]  # fmt: skip

    def cost() -> list[int]:
        numbers = []
        for browser, path in asks:
            db.session.rollback()
            with none_while_rendering(app), counted() as statements:
                assert browser.get(path).status_code == 200
            numbers.append(len(statements))
        return numbers

    def fill(times: int) -> None:
        for _ in range(times):
            other = make.course(make.person(role=Role.TEACHER))
            make.enrol(school.ben, other)
            make.course(school.ada)
            make.enrol(make.person(), course)
            make.enrol(make.person(), course, EnrolmentState.BLOCKED)
            make.save(Lesson(classroom_id=make.room(other).id, title="Now", started_by=school.ada.id))

    make.enrol(school.ben, course)
    fill(2)
    few = cost()
    fill(18)
    assert cost() == few
    assert max(few) <= 14, few


def test_a_query_from_a_template_is_noticed(app: Flask, school: People) -> None:
    def ask(_: Any = None) -> int:
        return db.session.query(Course).count()

    app.jinja_env.globals["ask"] = ask
    app.add_url_rule("/asks", "asks", lambda: render_template_string("{{ ask() }}"))
    with pytest.raises(AssertionError, match="a template asked"), none_while_rendering(app):
        app.test_client().get("/asks")
