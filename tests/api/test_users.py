from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from elearn.extensions import db
from elearn.models import Role, User
from tests.api.conftest import ApiOf
from tests.people import People

OWN = {"full_name", "headline", "bio", "education", "interests", "language", "theme", "time_zone"}
PRIVATE = {"password_hash", "username_key", "email_key", "blocked_at", "blocked_reason"}


def picture() -> BytesIO:
    stream = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(stream, "PNG")
    stream.seek(0)
    return stream


def test_one_reads_oneself_without_what_is_kept_inside(school: People, api_of: ApiOf) -> None:
    me = api_of(school.ben).get("users/me/").json
    assert set(me) == {
        "id", "username", "full_name", "role", "photo", "initials", "tint", "email", "headline", "bio", "education",
        "interests", "language", "theme", "time_zone", "created_at", "email_verified",
        "requested_role", "email_refused_at",
    }  # fmt: skip
    assert me["created_at"].endswith("Z")
    assert not PRIVATE & me.keys()


def test_one_changes_what_one_names_and_nothing_else(school: People, api_of: ApiOf) -> None:
    ben = api_of(school.ben)
    before = ben.get("users/me/").json
    answer = ben.patch("users/me/", {"bio": "I like comets.", "theme": "dark"})
    assert answer.json == before | {"bio": "I like comets.", "theme": "dark"}
    assert ben.get("users/me/").json == answer.json


@pytest.mark.parametrize(
    "field",
    [column.key for column in User.__table__.columns if column.key not in OWN],
)
def test_nobody_writes_any_other_column_of_themselves(school: People, api_of: ApiOf, field: str) -> None:
    ben = api_of(school.ben)
    values: dict[str, Any] = {"role": "admin", "email": "root@school.example", "photo": "x.webp"}
    answer = ben.patch("users/me/", {"bio": "Changed", field: values.get(field, "x")})
    assert answer.status_code == 422
    assert field in answer.json["errors"]
    db.session.expire_all()
    assert (school.ben.role, school.ben.bio) == (Role.STUDENT, "")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"full_name": ""}, "full_name"),
        ({"full_name": "\u202e"}, "full_name"),
        ({"theme": "pink"}, "theme"),
        ({"time_zone": "Moon/Sea"}, "time_zone"),
        ({"bio": "x" * 2001}, "bio"),
        ({"bio": "\0"}, "bio"),
    ],
)
def test_bad_changes_name_the_field(school: People, api_of: ApiOf, change: dict[str, str], field: str) -> None:
    answer = api_of(school.ben).patch("users/me/", change)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_a_photo_comes_as_a_form_and_goes_again(school: People, api_of: ApiOf) -> None:
    ben = api_of(school.ben)
    answer = ben.call("PATCH", "users/me/", data={"bio": "With a photo", "photo": (picture(), "me.png")})
    assert answer.status_code == 200, answer.text
    assert answer.json["bio"] == "With a photo"
    shown = ben.client.get(answer.json["photo"], headers=ben.headers)
    assert (shown.status_code, shown.mimetype) == (200, "image/webp")
    assert ben.delete("users/me/photo/").json["photo"] is None
    assert ben.delete("users/me/photo/").status_code == 200


@pytest.mark.parametrize(
    ("content", "status"), [(b"not a photo", 422), (b"x" * (8 * 2**20 + 1), 422), (b"x" * 11 * 2**20, 413)]
)
def test_what_is_no_photo_changes_nothing(school: People, api_of: ApiOf, content: bytes, status: int) -> None:
    ben = api_of(school.ben)
    answer = ben.call("PATCH", "users/me/", data={"bio": "Changed", "photo": (BytesIO(content), "me.png")})
    assert answer.status_code == status
    assert ben.get("users/me/").json["bio"] == ""
    assert ben.patch("users/me/", {"photo": "me.png"}).status_code == 422
