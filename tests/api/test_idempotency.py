"""A request that a program sends again is done once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from elearn import clock
from elearn.extensions import db
from elearn.models import Course, Email, IdempotencyKey, Lesson, Status
from elearn.services import maintenance
from tests import make
from tests.api.conftest import Api, ApiOf
from tests.people import People


def with_key(key: str) -> dict[str, dict[str, str]]:
    return {"headers": {"Idempotency-Key": key}}


def is_repeated(answer: TestResponse) -> bool:
    return answer.headers.get("Idempotency-Replayed") == "true"


@pytest.mark.usefixtures("school_database")
def test_the_same_key_gets_the_same_answer(school: People, api_of: ApiOf) -> None:
    ada, body = api_of(school.ada), {"title": "Biology 7", "code": "BIO-7", "subject": "science"}
    first, again = (ada.post("courses/", body, **with_key("one")) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.data, first.headers["ETag"]) == (again.data, again.headers["ETag"])
    assert (is_repeated(first), is_repeated(again)) == (False, True)
    assert ada.post("courses/", body).json["code"] == "taken", "without a key it is another request"
    assert db.session.query(Course).count() == 1


@pytest.mark.usefixtures("school_database")
def test_many_at_once_make_one(app: Flask, school: People, api_of: ApiOf) -> None:
    headers = api_of(school.ben).headers

    def post(_number: int) -> TestResponse:
        ben = Api(app)
        ben.headers = headers
        return ben.post("statuses/", {"text": "Reading"}, **with_key("many"))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert sum(not is_repeated(answer) for answer in answers) == 1
    db.session.rollback()
    assert db.session.query(Status).count() == 1


def test_a_key_belongs_to_one_request_of_one_person(school: People, api_of: ApiOf) -> None:
    ben, eve = api_of(school.ben), api_of(school.eve)
    make.enrol(school.ben, make.course(school.ada))
    assert ben.post("statuses/", {"text": "Reading"}, **with_key("k")).status_code == 201
    other = ben.post("statuses/", {"text": "Writing"}, **with_key("k"))
    assert (other.status_code, other.json["code"]) == (409, "key_used")
    elsewhere = ben.post("users/me/export/", **with_key("k"))
    assert (elsewhere.status_code, elsewhere.json["code"]) == (409, "key_used")
    assert not is_repeated(eve.post("statuses/", {"text": "Reading"}, **with_key("k")))
    assert [one.text for one in db.session.query(Status)] == ["Reading", "Reading"]


def test_what_was_refused_may_be_sent_again_with_its_key(school: People, api_of: ApiOf) -> None:
    ada, room = api_of(school.ada), make.room(make.course(school.ada))
    lesson = ada.post(f"classrooms/{room.id}/lessons/", {"title": "Cells"}).json
    begin = {"path": f"classrooms/{room.id}/lessons/", "body": {"title": "Stars"}} | with_key("again")
    assert ada.post(**begin).json["code"] == "going_on"
    ada.post(f"classrooms/{room.id}/lessons/{lesson['id']}/end/")
    assert ada.post(**begin).status_code == 201
    assert is_repeated(ada.post(**begin))
    assert db.session.query(Lesson).count() == 2


@pytest.mark.parametrize("key", ["", "x" * 65, "with space", "ü"])
def test_a_key_that_is_none_is_refused(school: People, api_of: ApiOf, key: str) -> None:
    refused = api_of(school.ben).post("statuses/", {"text": "Reading"}, **with_key(key))
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["Idempotency-Key"])
    assert db.session.query(Status).count() == 0


def test_an_email_is_sent_once(school: People, api_of: ApiOf) -> None:
    ada = api_of(school.ada)
    made = ada.post("invitations/", {"email": "zoe@x.example", "role": "student"}).json
    for _ in range(2):
        ada.post(f"invitations/{made['invitation']['id']}/resend/", **with_key("resend"))
    assert db.session.query(Email).filter_by(to_email="zoe@x.example").count() == 2, "the first, and one more"


def test_a_key_counts_for_a_day(school: People, api_of: ApiOf) -> None:
    ben = api_of(school.ben)
    ben.post("statuses/", {"text": "Reading"}, **with_key("old"))
    maintenance.sweep()
    assert db.session.query(IdempotencyKey).count() == 1
    make.change(db.session.query(IdempotencyKey).one(), created_at=clock.now() - timedelta(days=1, minutes=1))
    maintenance.sweep()
    assert db.session.query(IdempotencyKey).count() == 0
