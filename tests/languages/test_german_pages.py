"""The school as somebody meets it who speaks German: pages, refusals, emails."""

import re
from collections import Counter, deque
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from elearn import emails
from elearn.errors import Forbidden
from elearn.extensions import db
from elearn.languages import after_colon, in_language, language
from elearn.models import Course, Role, User
from elearn.permissions import Action, require
from elearn.services import outbox
from tests import make
from tests.languages.english import Visible
from tests.people import People

GERMAN = {"Accept-Language": "de-DE,de;q=0.9"}
LINK = re.compile(r"""<a\b[^>]*\bhref="([^"]+)\"""")
TELLTALE = re.compile(
    r"\b(the|your|you|and|with|for|is|are|not|this|that|from|Sign|Save|Cancel|Delete|Courses?|Students?|Teachers?|Search|"
    r"Edit|Show|People|Home|Language|Settings|Yesterday|Today|Password|Invite|Messages?|Nobody|Science|Other|Mathematics)\b"
)
Browse = Callable[[User], FlaskClient]


@pytest.fixture
def german_course(school: People) -> Course:
    """A course whose own words are German, so that what is English on a page comes from the product."""
    course = make.course(
        school.ada, title="Vögel am See", code="VOGEL-1", summary="Wer da singt", description="Wir hören zu."
    )
    make.course(school.ada, title="Steine", code="STEIN-1")
    make.enrol(school.ben, course)
    return course


def visible(page: str) -> list[str]:
    reader = Visible()
    reader.feed(page)
    return reader.found


def walk(app: Flask, browser: FlaskClient, start: str, headers: dict[str, str] | None = None) -> dict[str, str]:
    """Follow the links, at most two to each endpoint, and return the pages by their addresses."""
    waiting, known, pages, seen = deque([start]), {start}, {}, Counter[str]()
    router = app.url_map.bind("localhost")
    while waiting:
        address = waiting.popleft()
        endpoint = router.match(urlsplit(address).path, method="GET")[0]
        if seen[endpoint] >= 2 or endpoint == "assets" or address.startswith("/api/"):
            continue
        seen[endpoint] += 1
        response = browser.get(address, headers=headers)
        if response.mimetype != "text/html" or response.status_code != 200:
            continue
        pages[address] = response.get_data(as_text=True)
        for link in LINK.findall(pages[address]):
            parts = urlsplit(urljoin(address, link.replace("&amp;", "&")))
            target = parts._replace(scheme="", netloc="", fragment="").geturl()
            if parts.netloc in {"", "localhost"} and target.startswith("/") and target not in known:
                known.add(target)
                waiting.append(target)
    return pages


def english_on(pages: dict[str, str]) -> list[str]:
    return [f"{address}: {text}" for address, page in pages.items() for text in visible(page) if TELLTALE.search(text)]


@pytest.mark.parametrize("role", list(Role))
def test_every_page_speaks_german_to_whoever_chose_it(
    app: Flask, school: People, german_course: Course, as_person: Browse, role: Role
) -> None:
    person = {Role.STUDENT: school.ben, Role.TEACHER: school.ada, Role.ADMIN: school.root}.get(role)
    person = person or make.person("mara", Role.MANAGER, full_name="Mara Osei")
    make.change(person, language="de")
    pages = walk(app, as_person(person), "/")
    assert len(pages) > 12
    assert f"/courses/{german_course.id}" in pages
    assert english_on(pages) == []
    assert [address for address, page in pages.items() if '<html lang="de"' not in page] == []


def test_visitors_are_spoken_to_as_their_browser_asks(app: Flask, client: FlaskClient) -> None:
    pages = walk(app, client, "/sign-in", GERMAN)
    assert len(pages) > 5
    assert english_on(pages) == []
    assert '<html lang="de"' in pages["/sign-in"]
    assert "Anmelden" in pages["/sign-in"]
    english = client.get("/sign-in", headers={"Accept-Language": "fr"}).get_data(as_text=True)
    assert '<html lang="en"' in english
    assert TELLTALE.search(" ".join(visible(english)))


def test_error_pages_say_what_is_wrong_in_the_readers_language(app: Flask, client: FlaskClient) -> None:
    def breaks() -> str:
        raise LookupError

    app.view_functions["pages.help"] = breaks
    pages = {address: client.get(address, headers=GERMAN) for address in ("/nowhere", "/help")}
    assert [page.status_code for page in pages.values()] == [404, 500]
    texts = {address: page.get_data(as_text=True) for address, page in pages.items()}
    assert english_on(texts) == []
    assert "Diese Seite steht nicht im Buch" in texts["/nowhere"]
    assert "Bei uns ist etwas kaputtgegangen" in texts["/help"]
    assert all('<html lang="de"' in text for text in texts.values())


def test_what_somebody_chose_counts_more_than_their_browser(as_person: Browse, school: People) -> None:
    english = as_person(school.ben).get("/", headers=GERMAN).get_data(as_text=True)
    assert '<html lang="en"' in english
    make.change(school.ben, language="de")
    german = as_person(school.ben).get("/", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert '<html lang="de"' in german


def test_who_registers_in_german_goes_on_in_german(client: FlaskClient) -> None:
    made = client.post(
        "/api/auth/register/",
        json={
            "role": "student", "full_name": "Kim Lang", "username": "kim", "email": "kim@school.example",
            "password": "vier lange Wörter hier",
        },
        headers=GERMAN,
    )  # fmt: skip
    assert made.status_code == 201, made.json
    assert db.session.scalars(db.select(User.language).filter_by(username="kim")).one() == "de"


def test_refusals_of_the_api_are_in_the_callers_language(client: FlaskClient) -> None:
    wrong = {"login": "nobody", "password": "something else here"}
    german = client.post("/api/auth/login/", json=wrong, headers=GERMAN).get_json()
    english = client.post("/api/auth/login/", json=wrong).get_json()
    assert german["detail"] == "Der Name oder das Passwort stimmt nicht."
    assert english["detail"] == "The name or the password is not right."
    assert german["code"] == english["code"]
    missing = client.post("/api/auth/login/", json={}, headers=GERMAN).get_json()
    assert missing["errors"] == {"login": ["Füll das aus"], "password": ["Füll das aus"]}
    nowhere = client.get("/api/nowhere/", headers=GERMAN).get_json()
    assert nowhere["title"] == "Nicht gefunden"


def test_refusals_of_the_policy_are_put_into_words_when_they_happen(app: Flask, school: People) -> None:
    with app.test_request_context(), pytest.raises(Forbidden) as english:
        require(school.ben, Action.CREATE_COURSE)
    assert str(english.value) == "You are not allowed to do this: create a course."
    with app.app_context(), in_language("de"), pytest.raises(Forbidden) as german:
        require(school.ben, Action.CREATE_COURSE)
    assert str(german.value) == "Das darfst du nicht: Einen Kurs anlegen."
    with app.app_context(), in_language("de"), pytest.raises(Forbidden) as bare:
        raise Forbidden
    assert bare.value.message == "Das darfst du nicht."


def test_emails_are_in_the_language_of_their_receiver(app: Flask, school: People) -> None:
    facts = {"token": "t", "inviter": "Ada Novak", "role": "student", "courses": ["Vögel"], "message": "", "days": 30}
    written = emails.render("invitation", facts, "de")
    assert written.subject == f"Ada Novak lädt dich zu {app.extensions['settings'].school_name} ein"
    assert not TELLTALE.search(written.text.replace("http://localhost", ""))
    make.change(school.ben, language="de")
    assert outbox.to(school.ben).language == "de"


def test_a_language_that_nobody_speaks_falls_back_to_english(app: Flask) -> None:
    with app.test_request_context():
        with in_language("xx"):
            assert language() == "en"
        with in_language("de"):
            assert language() == "de"
            assert after_colon("Titel fehlt") == "Titel fehlt"
        assert after_colon("Write a title") == "write a title"
