import json
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from flask.testing import FlaskClient

from elearn.extensions import db
from elearn.integrations import waking
from elearn.jobs import exports as jobs
from elearn.models import User
from elearn.services import exports
from tests import make
from tests.people import People
from tests.queries import counted

AsPerson = Callable[[User], FlaskClient]


@pytest.fixture
def nobody_works() -> Iterator[None]:
    waking.on(exports.WORK, lambda *_: None)
    yield
    waking.on(exports.WORK, jobs.make)


def test_a_copy_is_asked_for_and_downloaded(as_person: AsPerson, school: People) -> None:
    browser = as_person(school.ben)
    page = browser.get("/you/data").text
    assert "Make a copy of your data" in page
    assert "/you/data/file" not in page
    assert browser.get("/you/data/file").status_code == 404
    assert browser.post("/you/data").location == "/you/data"
    page = browser.get("/you/data").text
    assert "Download your data" in page
    assert "Make a new copy" in page
    file = browser.get("/you/data/file")
    assert (file.status_code, file.mimetype) == (200, "application/zip")
    assert file.headers["Content-Disposition"].startswith("attachment; filename=elearn-ben-")
    assert file.headers["Cache-Control"] == "private, no-store"
    account = json.loads(zipfile.ZipFile(BytesIO(file.data)).read("data.json"))["account"][0]
    assert account["email"] == "ben@school.example"
    for other in (school.eve, school.ada, school.root):
        assert as_person(other).get("/you/data/file").status_code == 404


@pytest.mark.usefixtures("nobody_works")
def test_while_it_is_put_together_the_page_says_so(as_person: AsPerson, school: People) -> None:
    browser = as_person(school.ben)
    browser.post("/you/data")
    page = browser.get("/you/data").text
    assert "Your copy is being put together." in page
    assert 'data-url="/api/users/me/export/"' in page
    assert "Make a" not in page.partition("<main")[2]
    again = browser.post("/you/data", follow_redirects=True)
    assert "A copy of your data is being put together already." in again.text


def test_the_page_says_what_a_deletion_means_and_takes_the_password(as_person: AsPerson, school: People) -> None:
    browser = as_person(school.ben)
    page = browser.get("/you/delete").text
    for words in ("What goes", "What stays, without your name", "former member", "It cannot be undone"):
        assert words in page
    wrong = browser.post("/you/delete", data={"password": "four other words"})
    assert (wrong.status_code, "This is not your password." in wrong.text) == (403, True)
    assert browser.post("/you/delete", data={"password": ""}).status_code == 422
    assert db.session.get_one(User, school.ben.id).deleted_at is None

    response = browser.post("/you/delete", data={"password": make.PASSWORD})
    assert response.location == "/sign-in"
    assert "Your account is deleted." in browser.get("/sign-in").text
    assert (browser.get("/you").location or "").startswith("/sign-in")


def test_all_other_devices_are_out(as_person: AsPerson, school: People) -> None:
    phone, laptop = as_person(school.ben), as_person(school.ben)
    laptop.post("/you/delete", data={"password": make.PASSWORD})
    assert (phone.get("/you").location or "").startswith("/sign-in")


def test_what_stands_in_the_way_is_named_and_there_is_no_button(as_person: AsPerson, school: People) -> None:
    course = make.course(school.ada, title="Night <Sky>")
    page = as_person(school.ada).get("/you/delete").text
    assert "Night &lt;Sky&gt;" in page
    assert f'href="/courses/{course.id}"' in page
    assert "Delete your account for good" not in page
    assert "You are the last administrator." in as_person(school.root).get("/you/delete").text
    sent = as_person(school.ada).post("/you/delete", data={"password": make.PASSWORD})
    assert (sent.status_code, "You still teach these courses." in sent.text) == (409, True)


def test_lists_do_not_show_who_has_gone(as_person: AsPerson, school: People) -> None:
    course = make.course(school.ada)
    make.enrol(school.ben, course)
    as_person(school.ben).post("/you/delete", data={"password": make.PASSWORD})
    assert "Ben Kowalski" not in as_person(school.ada).get(f"/courses/{course.id}/people").text
    people = as_person(school.root).get("/people").text
    assert "Eve Outsider" in people
    for words in ("Ben Kowalski", "Former member", "deleted-"):
        assert words not in people
    assert as_person(school.root).get(f"/people/{school.ben.id}/manage").status_code == 404
    assert as_person(school.ada).get(f"/profiles/{school.ben.id}").status_code == 404


def test_the_pages_cost_the_same_however_much_there_is(as_person: AsPerson, school: People) -> None:
    browser, costs = as_person(school.ada), []
    for number in (2, 20):
        for _ in range(number):
            make.enrol(make.person(), make.course(school.ada))
        with counted() as statements:
            assert browser.get("/you/delete").status_code == 200
        first = len(statements)
        with counted() as statements:
            assert browser.get("/you/data").status_code == 200
        costs.append((first, len(statements)))
    assert costs[0] == costs[1]
