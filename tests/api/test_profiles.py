import zipfile
from io import BytesIO
from typing import Any

import pytest

from elearn.extensions import db
from elearn.models import Status, User, uuid7
from elearn.services import profiles
from tests import make
from tests.api.conftest import ApiOf
from tests.people import People


def test_preferences_are_read_and_changed(school: People, api_of: ApiOf) -> None:
    ben = api_of(school.ben)
    assert ben.get("users/me/preferences/").json == {"language": "en", "time_zone": "UTC", "theme": "system"}
    changed = ben.patch("users/me/preferences/", {"language": "de", "theme": "dark"})
    assert changed.json == {"language": "de", "time_zone": "UTC", "theme": "dark"}
    assert ben.get("users/me/").json["language"] == "de"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"language": "xx"}, "language"),
        ({"time_zone": "Moon/Sea"}, "time_zone"),
        ({"theme": "pink"}, "theme"),
        ({"full_name": "Somebody Else"}, "full_name"),
    ],
)
def test_bad_preferences_name_the_field(school: People, api_of: ApiOf, change: dict[str, Any], field: str) -> None:
    answer = api_of(school.ben).patch("users/me/preferences/", {"theme": "dark"} | change)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    db.session.refresh(school.ben)
    assert school.ben.theme.value == "system"


def test_what_one_says_about_oneself(school: People, api_of: ApiOf) -> None:
    ben = api_of(school.ben)
    said = {"headline": "Night owl", "education": "Sea School\nLyceum", "interests": "comets, tea"}
    assert said.items() <= ben.patch("users/me/", said).json.items()
    for bad in ({"headline": "x" * 121}, {"education": "x\n" * 20}, {"interests": "," * 20}, {"headline": "a\nb"}):
        answer = ben.patch("users/me/", bad)
        assert (answer.status_code, list(answer.json["errors"])) == (422, list(bad))


def test_a_profile_is_seen_by_those_who_share_a_course(school: People, api_of: ApiOf) -> None:
    course = make.course(school.ada, title="Night Sky")
    make.enrol(school.ben, course)
    profiles.update(school.ben, headline="Night owl", interests="comets, tea", education="Sea School")
    make.save(Status(user_id=school.ben.id, text="Reading"))
    answer = api_of(school.ada).get(f"users/{school.ben.id}/profile/")
    assert answer.status_code == 200
    seen = answer.json
    assert (seen["headline"], seen["interests"], seen["education"]) == ("Night owl", ["comets", "tea"], ["Sea School"])
    assert seen["courses"] == [{"id": str(course.id), "title": "Night Sky", "code": course.code}]
    assert seen["status"]["text"] == "Reading"
    assert "email" not in seen
    assert "ben@school.example" not in answer.text
    eve = api_of(school.eve)
    strange, nobody = eve.get(f"users/{school.ben.id}/profile/"), eve.get(f"users/{uuid7()}/profile/")
    assert (strange.status_code, nobody.status_code) == (404, 404)
    assert {**strange.json, "reference": ""} == {**nobody.json, "reference": ""}


def test_a_copy_of_ones_data(school: People, api_of: ApiOf) -> None:
    ben = api_of(school.ben)
    assert ben.get("users/me/export/").status_code == 404
    assert ben.get("users/me/export/file/").status_code == 404
    asked = ben.post("users/me/export/")
    assert asked.status_code == 202
    found = ben.get("users/me/export/").json
    assert (found["state"], found["id"]) == ("ready", asked.json["id"])
    file = ben.get("users/me/export/file/")
    assert (file.status_code, file.mimetype, len(file.data)) == (200, "application/zip", found["size"])
    assert "data.json" in zipfile.ZipFile(BytesIO(file.data)).namelist()
    assert api_of(school.eve).get("users/me/export/file/").status_code == 404


def test_an_account_is_deleted_with_its_password(school: People, api_of: ApiOf) -> None:
    ben = api_of(school.ben)
    assert ben.call("DELETE", "users/me/").status_code == 415
    assert ben.call("DELETE", "users/me/", {}).status_code == 422
    wrong = ben.call("DELETE", "users/me/", {"password": "four other words"})
    assert (wrong.status_code, wrong.json["code"]) == (403, "wrong_password")
    assert ben.call("DELETE", "users/me/", {"password": make.PASSWORD}).status_code == 204
    assert ben.get("users/me/").status_code == 401
    refresh = ben.post("auth/refresh/", {"refresh_token": ben.tokens["refresh_token"]})
    assert refresh.status_code == 401
    assert db.session.get_one(User, school.ben.id).full_name == "Former member"


def test_who_teaches_keeps_the_account(school: People, api_of: ApiOf) -> None:
    make.course(school.ada)
    answer = api_of(school.ada).call("DELETE", "users/me/", {"password": make.PASSWORD})
    assert (answer.status_code, answer.json["code"]) == (409, "still_teaching")
