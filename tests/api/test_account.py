"""The API of one's own account: proving, forgetting, changing, devices."""

from typing import Any

import pytest
from flask import Flask

from elearn.models import Role
from tests import forms, letters, make
from tests.api.conftest import Api, ApiOf
from tests.people import People

NEW = {
    "username": "elif", "email": "elif@school.example", "password": "comets need four words", "full_name": "Elif Aydin",
    "role": "teacher",
}  # fmt: skip
NEW_PASSWORD = "a quite different phrase"


def put(person: Api, path: str, body: Any) -> Any:
    return person.call("PUT", path, body)


def registered(nobody: Api, **change: Any) -> Api:
    answer = nobody.post("auth/register/", NEW | change)
    assert answer.status_code == 201
    nobody.headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    return nobody


def test_a_newcomer_proves_the_address(api_of: ApiOf) -> None:
    newcomer = registered(api_of(None))
    me = newcomer.get("auth/me/").json
    assert (me["email_verified"], me["requested_role"], me["role"]) == (False, None, "teacher")
    course = {"title": "Mine", "code": "MINE-1"}
    refused = newcomer.post("courses/", course)
    assert (refused.status_code, refused.json["code"]) == (403, "unverified")
    again = newcomer.post("auth/verify-email/")
    assert (again.status_code, again.json["code"]) == (429, "rate_limited")
    assert 1 <= int(again.headers["Retry-After"]) <= 60
    code = letters.code_for("elif@school.example")
    wrong = put(newcomer, "auth/verify-email/", {"code": "000000" if code != "000000" else "111111"})
    assert (wrong.status_code, wrong.json["code"], list(wrong.json["errors"])) == (409, "wrong_code", ["code"])
    right = put(newcomer, "auth/verify-email/", {"code": code})
    assert (right.status_code, right.json["email_verified"]) == (200, True)
    assert newcomer.post("courses/", course).status_code == 201
    assert newcomer.post("auth/verify-email/").status_code == 409


@pytest.mark.parametrize(
    "body", [{}, {"code": None}, {"code": ["123456"]}, {"code": 123456}, {"code": ""}, {"code": "0"}, {"code": {}}]
)
def test_what_is_no_code_is_refused_and_not_counted(api_of: ApiOf, body: dict[str, Any]) -> None:
    newcomer = registered(api_of(None))
    for _ in range(6):
        assert put(newcomer, "auth/verify-email/", body).status_code == 422
    assert put(newcomer, "auth/verify-email/", {"code": letters.code_for("elif@school.example")}).status_code == 200


@pytest.mark.parametrize("overrides", [{"registration": "approval"}])
def test_a_teacher_waits_as_a_student(overrides: dict[str, Any], api_of: ApiOf) -> None:
    me = registered(api_of(None)).get("auth/me/").json
    assert (me["role"], me["requested_role"]) == (Role.STUDENT, Role.TEACHER)


@pytest.mark.parametrize("overrides", [{"registration": "invitation"}])
def test_by_invitation_nobody_registers(overrides: dict[str, Any], api_of: ApiOf) -> None:
    answer = api_of(None).post("auth/register/", NEW)
    assert (answer.status_code, answer.json["code"]) == (403, "invitation_only")


def test_a_forgotten_password(school: People, api_of: ApiOf) -> None:
    ben, nobody = api_of(school.ben), api_of(None)
    asked = nobody.post("auth/password-reset/", {"email": "ben@school.example"})
    assert (asked.status_code, asked.data) == (204, b"")
    body = {"email": "BEN@school.example", "code": letters.code_for("ben@school.example"), "password": NEW_PASSWORD}
    assert put(nobody, "auth/password-reset/", body | {"email": "eve@school.example"}).status_code == 409
    assert put(nobody, "auth/password-reset/", body).status_code == 204
    assert put(nobody, "auth/password-reset/", body).status_code == 409
    assert ben.get("auth/me/").status_code == 401
    assert nobody.post("auth/login/", {"login": "ben", "password": NEW_PASSWORD}).status_code == 200


def test_another_password_ends_every_token_and_hands_over_fresh_ones(school: People, api_of: ApiOf) -> None:
    here, there, thief = api_of(school.ben), api_of(school.ben), api_of(None)
    thief.headers = dict(here.headers)
    body = {"old_password": make.PASSWORD, "password": NEW_PASSWORD}
    wrong = put(here, "auth/password/", body | {"old_password": "wrong"})
    assert (wrong.status_code, wrong.json["code"], list(wrong.json["errors"])) == (
        403,
        "wrong_password",
        ["old_password"],
    )
    changed = put(here, "auth/password/", body)
    assert (changed.status_code, changed.json["user"]["username"]) == (200, "ben")
    here.headers = {"Authorization": f"Bearer {changed.json['access_token']}"}
    assert [person.get("auth/me/").status_code for person in (here, there, thief)] == [200, 401, 401]
    refreshed = [
        here.post("auth/refresh/", {"refresh_token": token}, headers={"Authorization": ""}).status_code
        for token in (here.tokens["refresh_token"], changed.json["refresh_token"])
    ]
    assert refreshed == [401, 200], "the stolen one fails, and does not end the new one"


def test_a_page_that_changes_the_password_gets_a_new_cookie(app: Flask, school: People) -> None:
    browser, thief = app.test_client(), app.test_client()
    forms.sign_in(browser, "ben", make.PASSWORD)
    thief.set_cookie("session", browser.get_cookie("session").value)
    body = {"old_password": make.PASSWORD, "password": NEW_PASSWORD}
    headers = {"X-CSRFToken": forms.token(browser, "/you/edit")}
    changed = browser.put("/api/auth/password/", json=body, headers=headers)
    assert (changed.status_code, changed.data) == (204, b"")
    assert [person.get("/api/auth/me/").status_code for person in (browser, thief)] == [200, 401]


def test_another_address(school: People, api_of: ApiOf) -> None:
    ben = api_of(school.ben)
    body = {"email": "ben.new@school.example", "password": make.PASSWORD}
    assert ben.post("auth/email/", body | {"password": "wrong"}).status_code == 403
    assert ben.post("auth/email/", body).status_code == 204
    assert ben.get("auth/me/").json["email"] == "ben@school.example"
    changed = put(ben, "auth/email/", {"code": letters.code_for("ben.new@school.example")})
    assert (changed.status_code, changed.json["email"]) == (200, "ben.new@school.example")


def test_devices(school: People, api_of: ApiOf) -> None:
    here, there, other = api_of(school.ben), api_of(school.ben), api_of(school.eve)
    listed = here.get("auth/sessions/").json
    assert (listed["total"], [one["is_current"] for one in listed["items"]].count(True)) == (2, True)
    there_id = next(one["id"] for one in listed["items"] if not one["is_current"])
    assert other.delete(f"auth/sessions/{there_id}/").status_code == 404
    assert here.delete(f"auth/sessions/{there_id}/").status_code == 204
    assert here.delete(f"auth/sessions/{there_id}/").status_code == 404
    assert there.get("auth/me/").status_code == 401
    third = api_of(school.ben)
    assert here.delete("auth/sessions/").status_code == 204
    assert [person.get("auth/me/").status_code for person in (here, third, other)] == [200, 401, 200]


def test_one_call_signs_out_everywhere(school: People, api_of: ApiOf) -> None:
    here, there, other = api_of(school.ben), api_of(school.ben), api_of(school.ada)
    assert here.post("auth/sessions/end-all/").status_code == 204
    assert {one.get("auth/me/").status_code for one in (here, there)} == {401}
    assert here.post("auth/refresh/", {"refresh_token": here.tokens["refresh_token"]}).status_code == 401
    assert other.get("auth/me/").status_code == 200
