import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from markupsafe import escape

from elearn.models import Status, User
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


def field(page: str, field_id: str) -> str:
    """Return the tag of an input."""
    found = re.search(rf'<input[^>]*id="{field_id}"[^>]*>', page)
    assert found
    return found[0]


def test_a_list_is_read_again_as_it_stood_on_its_page(school: People, as_person: AsPerson) -> None:
    course = make.course(school.ada)
    for number in range(22):
        student = make.person()
        make.enrol(student, course)
        make.save(Status(user_id=student.id, text=f"No. {number:02}"))
    ada = as_person(school.ada)
    ada.post("/statuses", data={"text": "The newest"})
    for page in ("/", "/statuses", "/statuses?page=2"):
        whole = ada.get(page).text
        address = re.search(r'data-feed="([^"]*)"', whole)
        assert address
        again = ada.get(unescape(address[1])).text
        said = r'<p class="feed-text">(.*?)</p>|(<input type="hidden" name="from"[^>]*>)'
        inside = whole.split("data-feed-list>")[1].split("</ul>")[0]
        assert re.findall(said, again) == re.findall(said, inside)
        assert len(re.findall("feed-text", again)) == {"/": 6, "/statuses": 20, "/statuses?page=2": 3}[page]


@pytest.mark.parametrize("origin", [{}, {"from": "feed"}])
def test_what_does_not_fit_is_told_at_the_field_and_nothing_is_lost(
    school: People, as_person: AsPerson, origin: dict[str, str]
) -> None:
    ben = as_person(school.ben)
    ben.post("/statuses", data={"text": "Reading"})
    typed = "Saw <b>Jupiter</b> " + "x" * 281
    answer = ben.post("/statuses", data=origin | {"text": typed})
    assert answer.status_code == 422
    assert ("Good " in answer.text, 'aria-label="Path"' in answer.text) == (not origin, bool(origin))
    shown = field(answer.text, "status-text")
    assert f'value="{escape(typed)}"' in shown
    assert 'aria-invalid="true" aria-describedby="status-text-error status-hint" autofocus' in shown
    error = re.search(r'<p class="field-error" id="status-text-error">.*</p>', answer.text)
    assert error
    assert "Use at most 280 characters" in error[0]
    assert ben.post("/statuses", data={"text": "  "}).status_code == 422
    mine = statuses.of(school.ben)
    assert mine is not None
    assert mine.text == "Reading"
    assert "aria-invalid" not in ben.get("/").text


def test_a_wrong_change_is_asked_again_in_the_dialog(school: People, as_person: AsPerson) -> None:
    ben = as_person(school.ben)
    ben.post("/statuses", data={"text": "Reading"})
    mine = statuses.of(school.ben)
    assert mine is not None
    assert "data-open" not in ben.get("/").text
    answer = ben.post(f"/statuses/{mine.id}/edit", data={"text": "y" * 281})
    assert answer.status_code == 422
    assert re.search(r'<dialog[^>]*id="edit-status"[^>]* open data-open', answer.text)
    assert f'value="{"y" * 281}" aria-invalid="true"' in field(answer.text, "edit-status-text")
    assert "aria-invalid" not in field(answer.text, "status-text")
    assert "Use at most 280 characters" in answer.text
    assert statuses.get(school.ben, mine.id).text == "Reading"


def test_what_was_typed_is_kept_when_the_status_went_meanwhile(school: People, as_person: AsPerson) -> None:
    ben = as_person(school.ben)
    ben.post("/statuses", data={"text": "Reading"})
    mine = statuses.of(school.ben)
    assert mine is not None
    address = f"/statuses/{mine.id}/edit"
    ben.post("/statuses", data={"text": "From another window"})
    answer = ben.post(address, data={"text": "Reading on"})
    assert answer.status_code == 404
    assert "This status is gone" in answer.text
    assert 'value="Reading on"' in field(answer.text, "status-text")


@pytest.mark.parametrize("overrides", [{"rate_limits": True}])
def test_what_comes_too_often_waits_in_the_field(
    overrides: dict[str, object], school: People, as_person: AsPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statuses, "POST_LIMIT", "1/hour")
    ben = as_person(school.ben)
    ben.post("/statuses", data={"text": "Reading"})
    answer = ben.post("/statuses", data={"text": "Reading on"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert 'value="Reading on"' in field(answer.text, "status-text")
    assert "Too many tries. Wait" in answer.text
