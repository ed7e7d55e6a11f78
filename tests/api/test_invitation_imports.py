"""Lists of people over the API: the same preview, confirmation and report as on the pages."""

import io
from typing import Any

from sqlalchemy import func, select
from werkzeug.test import TestResponse

from elearn.extensions import db
from elearn.models import Invitation
from tests import make
from tests.api.conftest import Api, ApiOf
from tests.people import People

BULK = "invitations/bulk/"


def send(api: Api, text: str, **fields: str) -> TestResponse:
    body: dict[str, Any] = {"file": (io.BytesIO(text.encode()), "class-7b.csv"), **fields}
    return api.post(BULK, data=body)


def invited() -> int:
    return db.session.scalar(select(func.count()).select_from(Invitation)) or 0


def test_from_the_file_to_the_report(api_of: ApiOf, school: People) -> None:
    make.course(school.ada, code="BIO-7", title="Biology 7")
    api = api_of(school.ada)
    template = api.get("invitations/template/")
    assert (template.status_code, template.mimetype) == (200, "text/csv")
    header = template.data.decode("utf-8-sig").strip()
    started = send(
        api, f"{header},phone\na@n.example,A,,,1\njana@northfield,J,,,2\n", course_codes="bio-7", message="Hello"
    )
    assert started.status_code == 201, started.text
    head = started.json or {}
    told = {
        "state": "checked", "total": 2, "good": 1, "warned": 0, "bad": 1, "ignored_columns": ["phone"],
        "file_name": "class-7b.csv", "is_guessed": False, "error": "", "finished_at": None,
    }  # fmt: skip
    assert {name: head[name] for name in told} == told
    address = f"{BULK}{head['id']}/"
    rows = (api.get(f"{address}rows/").json or {})["items"]
    assert [(row["line"], row["state"], row["field"]) for row in rows] == [(3, "error", "email"), (2, "ok", "")]
    assert "Biology 7" in rows[1]["reason"]
    assert (api.get(f"{address}rows/?show=out").json or {})["total"] == 1
    assert invited() == 0
    for _ in range(2):
        confirmed = api.post(f"{address}confirm/")
        assert confirmed.status_code == 200
        assert (confirmed.json or {})["result"] == {
            "invited": 1, "enrolled": 0, "already_invited": 0, "refused": 0,
        }  # fmt: skip
    assert invited() == 1
    assert (api.get(address).json or {})["finished_at"].endswith("Z")
    assert (api.get(f"{address}rows/?show=done").json or {})["items"][0]["invitation_id"]
    bad = api.get(f"{address}bad-rows/")
    assert "jana@northfield,J,,,3," in bad.data.decode("utf-8-sig")
    assert (api.get(BULK).json or {})["total"] == 1
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404
    assert invited() == 1


def test_what_cannot_be_taken_names_its_field(api_of: ApiOf, school: People) -> None:
    api = api_of(school.ada)
    cases = [
        (send(api, ""), "file"),
        (send(api, "name\nAda\n"), "file"),
        (send(api, "email\na@n.example\n", message="x" * 1001), "message"),
        (api.post(BULK, data={"file": "text"}, content_type="multipart/form-data"), "file"),
        (api.post(BULK, {"file": "text"}), "file"),
    ]
    for answer, field in cases:
        assert answer.status_code == 422, answer.text
        assert field in (answer.json or {})["errors"], answer.text
    unknown = send(api, "email\na@n.example\n", course_codes="NOPE")
    assert (unknown.status_code, list((unknown.json or {})["errors"])) == (409, ["course_codes"])
    assert send(api, "email\na@n.example\n", extra="1").status_code == 422
    assert api.post(BULK, data=b"email\n", headers={"Content-Type": "text/csv"}).status_code == 415
    assert (api.get(BULK).json or {})["total"] == 0


def test_who_may_not(api_of: ApiOf, school: People) -> None:
    api = api_of(school.ada)
    address = f"{BULK}{(send(api, 'email' + chr(10) + 'a@n.example').json or {})['id']}/"
    assert send(api_of(school.ben), "email\na@n.example\n").status_code == 403
    assert api_of(school.ben).get(BULK).status_code == 403
    for path in (address, f"{address}rows/", f"{address}bad-rows/"):
        assert api_of(school.eve).get(path).status_code == 404
        assert api_of(school.root).get(path).status_code == 200
    assert api_of(school.root).post(f"{address}confirm/").status_code == 403
    assert api_of(school.eve).post(f"{address}confirm/").status_code == 404
    assert invited() == 0


def test_nothing_to_invite_is_a_conflict(api_of: ApiOf, school: People) -> None:
    api = api_of(school.ada)
    head = send(api, "email\nwrong\n").json or {}
    answer = api.post(f"{BULK}{head['id']}/confirm/")
    assert (answer.status_code, (answer.json or {})["code"]) == (409, "nothing_to_do")
