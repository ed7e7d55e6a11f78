from typing import Any

import pytest

from elearn.extensions import db
from elearn.models import Course, NotificationKind, NotificationPreference, User
from elearn.services import enrolments, notifications
from elearn.transaction import transactional
from tests import make
from tests.api.conftest import ApiOf
from tests.people import People

Kind = NotificationKind


@pytest.fixture
def course(school: People) -> Course:
    made = make.course(school.ada, title="The Night Sky")
    make.enrol(school.ben, made)
    return made


@transactional
def tell(user: User, kind: Kind = Kind.ACCOUNT, **more: Any) -> None:
    notifications.notify(kind, [user.id], **more)


def test_one_lists_what_one_was_told(school: People, course: Course, api_of: ApiOf) -> None:
    tell(school.ben, Kind.NEW_MATERIAL, actor=school.ada, course=course, title="Moons")
    tell(school.ben, event="approved")
    ben = api_of(school.ben)
    answer = ben.get("notifications/").json
    assert (answer["total"], answer["page"], answer["pages"]) == (2, 1, 1)
    first, second = answer["items"]
    assert first | {"id": "", "created_at": ""} == {
        "id": "", "kind": "account", "group": "account", "text": "You may teach now: your account was approved",
        "path": "/you", "actor": None, "course_id": None, "created_at": "", "read_at": None,
    }  # fmt: skip
    assert (second["text"], second["actor"]["full_name"]) == ("New in The Night Sky: Moons", "Ada Novak")
    assert second["course_id"] == str(course.id)
    assert [one["id"] for one in ben.get("notifications/?group=work").json["items"]] == [second["id"]]
    assert [one["id"] for one in ben.get("notifications/?per_page=1&page=2").json["items"]] == [second["id"]]
    assert api_of(school.eve).get("notifications/").json["total"] == 0
    for query in ("group=nonsense", "show=read", "page=0", "sort=id"):
        assert ben.get(f"notifications/?{query}").status_code == 422


def test_one_reads_one_and_all(school: People, api_of: ApiOf) -> None:
    for event in ("approved", "declined", "unblocked"):
        tell(school.ben, event=event)
    ben = api_of(school.ben)
    items = ben.get("notifications/").json["items"]
    read = ben.post(f"notifications/{items[2]['id']}/read/").json
    assert read["read_at"].endswith("Z")
    assert ben.post(f"notifications/{items[2]['id']}/read/").json == read
    assert api_of(school.eve).post(f"notifications/{items[0]['id']}/read/").status_code == 404
    assert ben.post("notifications/read-all/", {"until": items[1]["id"]}).status_code == 204
    assert [one["id"] for one in ben.get("notifications/?show=unread").json["items"]] == [items[0]["id"]]
    assert ben.post("notifications/read-all/").status_code == 204
    assert ben.get("notifications/?show=unread").json["total"] == 0


def test_what_one_may_no_longer_see_is_not_there(school: People, course: Course, api_of: ApiOf) -> None:
    tell(school.ben, Kind.NEW_MATERIAL, course=course, title="A canary")
    ben = api_of(school.ben)
    named = ben.get("notifications/").json["items"][0]["id"]
    enrolments.block(school.ada, course.id, school.ben.id)
    assert "canary" not in ben.get("notifications/").text
    assert ben.get("notifications/").json["total"] == 1
    assert ben.post(f"notifications/{named}/read/").status_code == 404


def test_one_chooses_what_one_names(school: People, api_of: ApiOf) -> None:
    ben = api_of(school.ben)
    before = {one["kind"]: one for one in ben.get("notifications/preferences/").json["items"]}
    assert before["account"]["fixed"] is True
    change = {"items": [{"kind": "new_material", "in_page": False}, {"kind": "deadline_near", "email": "off"}]}
    answer = ben.patch("notifications/preferences/", change)
    assert answer.status_code == 200
    after = {one["kind"]: one for one in answer.json["items"]}
    assert after["new_material"] == before["new_material"] | {"in_page": False}
    assert after["deadline_near"] == before["deadline_near"] | {"email": "off"}
    assert {kind: after[kind] for kind in after.keys() - {"new_material", "deadline_near"}} == {
        kind: before[kind] for kind in before.keys() - {"new_material", "deadline_near"}
    }


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"items": [{"kind": "account", "in_page": False}]},
        {"items": [{"kind": "nonsense"}]},
        {"items": [{"kind": "new_material", "in_page": 1}]},
        {"items": [{"kind": "new_material", "in_page": None}]},
        {"items": [{"kind": "new_material", "email": "hourly"}]},
        {"items": [{"kind": "deadline_near", "email": "off"}, {"in_page": True}]},
        {"items": [{"kind": "deadline_near", "user_id": "x"}]},
    ],
)
def test_a_wrong_choice_changes_nothing(school: People, api_of: ApiOf, change: dict[str, Any]) -> None:
    assert api_of(school.ben).patch("notifications/preferences/", change).status_code == 422
    assert db.session.scalar(db.select(db.func.count()).select_from(NotificationPreference)) == 0
