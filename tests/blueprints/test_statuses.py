from collections.abc import Callable

from flask.testing import FlaskClient

from elearn.models import User
from elearn.services import statuses
from tests import make
from tests.people import People

AsPerson = Callable[[User], FlaskClient]


def test_a_status_is_posted_edited_and_deleted_on_the_first_page(school: People, as_person: AsPerson) -> None:
    course = make.course(school.ada)
    make.enrol(school.ben, course)
    ben, ada = as_person(school.ben), as_person(school.ada)
    assert "Nobody has said anything today" in ada.get("/").text
    assert ben.post("/statuses", data={"text": "Saw <b>Jupiter</b>"}).location == "/"
    page = ada.get("/").text
    assert "Saw &lt;b&gt;Jupiter&lt;/b&gt;" in page
    assert "Edit status" not in page
    mine = statuses.of(school.ben)
    assert mine is not None
    assert 'id="edit-status"' in ben.get("/").text
    ben.post(f"/statuses/{mine.id}/edit", data={"text": "Saw Saturn", "from": "feed"})
    part = ada.get("/statuses?part=1").text
    assert "Saw Saturn" in part
    assert "<html" not in part
    assert ada.post(f"/statuses/{mine.id}/delete").status_code == 403
    assert ben.post(f"/statuses/{mine.id}/delete").location == "/"
    assert "Saw Saturn" not in ada.get("/statuses").text


def test_what_is_too_long_is_told_and_the_old_stays(school: People, as_person: AsPerson) -> None:
    ben = as_person(school.ben)
    ben.post("/statuses", data={"text": "Reading"})
    ben.post("/statuses", data={"text": "x" * 281})
    page = ben.get("/").text
    assert "Use at most 280 characters" in page
    assert "Reading" in page
