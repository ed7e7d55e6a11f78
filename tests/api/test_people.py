"""Searching and overseeing people by the API."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from elearn.models import EnrolmentState, Role, User
from tests import make
from tests.people import People

AsPerson = Callable[[User], FlaskClient]


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [person["username"] for person in answer.json["items"]]


def test_people_are_searched_as_far_as_the_reader_may(school: People, as_person: AsPerson) -> None:
    make.person("barred", blocked_at=school.ben.created_at)
    root, ada = as_person(school.root), as_person(school.ada)
    assert names(root.get("/api/users/?q=kow")) == ["ben"]
    assert names(root.get("/api/users/?role=teacher")) == ["ada"]
    assert names(root.get("/api/users/?blocked=true")) == names(root.get("/api/users/?state=blocked")) == ["barred"]
    assert "barred" not in names(ada.get("/api/users/?blocked=false"))
    mine = ada.get("/api/users/?q=kow").json
    assert (mine["total"], mine["is_more"], mine["items"][0]["email"]) == (1, False, None)
    assert ada.get("/api/users/?state=blocked").status_code == 403
    assert as_person(school.ben).get("/api/users/").status_code == 403
    assert root.get("/api/users/?role=king").json["errors"]["role"]
    assert names(root.get("/api/users/?sort=-created_at"))[0] == "barred"
    assert names(root.get("/api/users/?sort=full_name&q=kow")) == ["ben"]
    refused = root.get("/api/users/?sort=-created_at&q=kow")
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["sort"])
    assert root.get("/api/users/?sort=password_hash").json["errors"]["sort"]


def test_an_account_is_made_changed_blocked_and_handed_over(school: People, as_person: AsPerson) -> None:
    root = as_person(school.root)
    new = {"username": "newer", "email": "n@school.example", "full_name": "Newer", "role": "teacher"}
    made = root.post("/api/users/", json=new)
    assert (made.status_code, made.json["user"]["role"]) == (201, "teacher")
    assert made.json["password"]
    assert root.post("/api/users/", json=new).status_code == 409
    address = f"/api/users/{made.json['user']['id']}/"
    assert root.put(f"{address}role/", json={"role": "manager"}).json["role"] == "manager"
    blocked = root.post(f"{address}block/", json={"reason": "Noise"}).json
    assert (blocked["is_blocked"], blocked["blocked_reason"]) == (True, "Noise")
    assert root.post(f"{address}unblock/", json={"reason": "x" * 301}).status_code == 422
    assert root.post(f"{address}unblock/", json={"reason": "Mistaken"}).json["is_blocked"] is False
    assert root.post(f"{address}unblock/").json["is_blocked"] is False
    assert root.post(f"{address}reset-password/").json["password"] != made.json["password"]
    assert root.post(f"{address}reset-password/", json={"send_code": True}).json["password"] is None
    assert root.post(f"{address}reset-password/", json={"password": "short"}).status_code == 422
    assert root.post(f"{address}approve/").status_code == 409
    assert root.get(address).json["username"] == "newer"
    kinds = [line["kind"] for line in root.get("/api/activity/?per_page=4").json["items"]]
    assert kinds == ["password_reset", "password_reset", "unblocked", "blocked"]
    told = root.get("/api/activity/?kind=unblocked").json["items"]
    assert [line["detail"] for line in told] == [{"reason": "Mistaken"}]
    told = root.get(f"/api/activity/?subject={made.json['user']['id']}&kind=role_changed").json["items"]
    assert [line["detail"] for line in told] == [{"role": "manager", "before": "teacher"}]


@pytest.mark.usefixtures("school_database")
def test_devices_and_courses_of_somebody_are_listed_and_the_devices_ended(school: People, as_person: AsPerson) -> None:
    root, ada, ben = (as_person(person) for person in (school.root, school.ada, school.ben))
    left, studied, barred = (make.course(school.ada, code=code) for code in ("LEFT-1", "BIO-7", "ART-1"))
    for course, state in (
        (left, EnrolmentState.LEFT), (studied, EnrolmentState.ACTIVE), (barred, EnrolmentState.BLOCKED),
    ):  # fmt: skip
        make.enrol(school.ben, course, state)
    address = f"/api/users/{school.ben.id}/"
    shown = root.get(f"{address}courses/").json
    assert [(one["code"], one["enrolment"]) for one in shown["items"]] == [("ART-1", "blocked"), ("BIO-7", "active")]
    taught = root.get(f"/api/users/{school.ada.id}/courses/?per_page=2&page=2").json
    assert (taught["total"], [(one["code"], one["enrolment"]) for one in taught["items"]]) == (3, [("LEFT-1", None)])
    assert [one["is_current"] for one in root.get(f"{address}sessions/").json["items"]] == [False]
    assert [one["is_current"] for one in root.get(f"/api/users/{school.root.id}/sessions/").json["items"]] == [True]
    for browser in (ben, ada):
        for method, path in (("GET", "sessions/"), ("DELETE", "sessions/"), ("GET", "courses/")):
            assert browser.open(f"{address}{path}", method=method).status_code == 403
    assert ben.get("/api/auth/me/").status_code == 200
    assert root.delete(f"{address}sessions/").status_code == 204
    assert root.get(f"{address}sessions/").json["total"] == 0
    assert ben.get("/api/auth/me/").status_code == 401
    for path in ("sessions/", "courses/"):
        assert root.get(f"/api/users/{studied.id}/{path}").status_code == 404


def test_the_log_is_narrowed_to_somebody_and_to_a_course(school: People, as_person: AsPerson) -> None:
    root, course, other = as_person(school.root), make.course(school.ada, code="BIO-7"), make.course(school.ada)
    for one in (course, other):
        as_person(school.ada).post(f"/api/courses/{one.id}/students/", json={"user": "ben"})
    as_person(school.ben).post(f"/api/courses/{course.id}/unenrol/")

    def kinds(asked: str) -> list[str]:
        return [line["kind"] for line in root.get(f"/api/activity/?{asked}").json["items"]]

    assert kinds(f"object={course.id}") == ["left", "added"]
    assert kinds(f"about={school.ben.id}") == ["left", "added", "added"]
    assert kinds(f"about={school.ben.id}&object={other.id}") == ["added"]
    assert kinds(f"about={course.id}") == []
    assert root.get("/api/activity/?object=bio-7").json["errors"]["object"]


@pytest.mark.parametrize("path", ["role", "block", "reset-password"])
def test_nobody_reaches_upwards(app: Flask, school: People, as_person: AsPerson, path: str) -> None:
    boss = as_person(make.person("boss", Role.MANAGER))
    body = {"role": "student"} if path == "role" else {}
    answer = boss.open(f"/api/users/{school.root.id}/{path}/", method="PUT" if body else "POST", json=body)
    assert answer.status_code == 403
    assert boss.get("/api/activity/?kind=refused").json["total"] == 1


def test_the_last_admin_is_told_so(school: People, as_person: AsPerson) -> None:
    answer = as_person(school.root).put(f"/api/users/{school.root.id}/role/", json={"role": "student"})
    assert answer.status_code == 403
    assert as_person(school.root).get("/api/users/?role=admin").json["total"] == 1
