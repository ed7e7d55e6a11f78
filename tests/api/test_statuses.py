from collections.abc import Callable

from flask.testing import FlaskClient

from elearn.models import User
from tests import make
from tests.people import People

AsPerson = Callable[[User], FlaskClient]


def test_a_status_lives_and_goes(school: People, as_person: AsPerson) -> None:
    make.enrol(school.ben, make.course(school.ada))
    ben, ada = as_person(school.ben), as_person(school.ada)
    made = ben.post("/api/statuses/", json={"text": "Reading"})
    assert made.status_code == 201
    assert made.json["user"]["username"] == "ben"
    address = f"/api/statuses/{made.json['id']}/"
    assert ada.get("/api/statuses/").json["items"] == [made.json]
    edited = ben.patch(address, json={"text": "Writing"})
    assert (edited.json["text"], edited.json["edited_at"] is None) == ("Writing", False)
    assert ada.patch(address, json={"text": "No"}).status_code == 403
    assert ada.get(address).json == edited.json
    assert ben.delete(address).status_code == 204
    assert ada.get(address).status_code == 404


def test_bad_input_is_told(school: People, as_person: AsPerson) -> None:
    ben = as_person(school.ben)
    for body in ({}, {"text": ""}, {"text": "x" * 281}, {"text": 3}, {"text": "a", "user_id": str(school.eve.id)}):
        answer = ben.post("/api/statuses/", json=body)
        assert answer.status_code == 422, body
    assert ben.get("/api/statuses/").json["total"] == 0
