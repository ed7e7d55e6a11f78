"""Walk through the demo school as each kind of person: every link leads somewhere, no template asks the database."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from elearn import create_app
from elearn.extensions import db
from elearn.models import Role, User
from elearn.services import demo
from tests import make
from tests.conftest import settings_for
from tests.queries import none_while_rendering
from tests.visitor import Visitor

MANY_ENOUGH = 3  # pages of one endpoint
LINK = re.compile(r"""<a\b[^>]*\bhref="([^"]+)\"""")
FORM = re.compile(r"<form\b[^>]*>")
ATTRIBUTE = re.compile(r"""([\w-]+)="([^"]*)\"""")

# Pages that no link of a page leads to, with who comes there instead.
NOT_LINKED = {
    "assets": "named by <link> and <script>",
    "health.healthz": "asked by machines",
    "health.readyz": "asked by machines",
    "look.index": "for those who write templates",
    "auth.username_hint": "asked by the form's script",
    "profile.photo": "shown as a picture",
    "own_data.download": "once a copy is there; tests/blueprints/test_own_data.py",
    "courses.block_by_name": "the address that a refused form shows",
    "auth.correct_email": "the same",
    "account.ask_for_email": "the same",
    "auth.verify_email": "for people who have not proved their address; tests/blueprints/test_account.py",
    "account.change_email": "once a code is on its way; tests/blueprints/test_account.py",
    "auth.reset_password": "once a code was asked for; tests/blueprints/test_account.py",
    "invitation_imports.show": "a list that was chosen; tests/blueprints/test_invitation_imports.py",
    "invitation_imports.left_out": "the same",
    "invitations.show": "the link that stands in the email of an invitation",
    "outbox.unsubscribe": "the link that stands in emails",
}


@pytest.fixture(scope="module")
def demo_school(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    instance = tmp_path_factory.mktemp("demo")
    (instance / "elearn.db").write_bytes(sqlite_template.read_bytes())
    app = create_app(settings_for(instance))
    app.test_client_class = Visitor
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        demo.seed()
        yield app
        db.session.remove()
        db.engine.dispose()


def browser_of(app: Flask, role: Role) -> FlaskClient:
    user = db.session.scalars(db.select(User).filter_by(role=role).order_by(User.id)).first()
    assert user is not None
    browser = app.test_client()
    opened = make.sign_in(user)
    with browser.session_transaction() as session:
        session["_user_id"] = str(opened.id)
    return browser


def endpoint_of(app: Flask, path: str, method: str = "GET") -> str | None:
    try:
        endpoint, _ = app.url_map.bind("localhost").match(path, method=method)
    except HTTPException:
        return None
    return str(endpoint)


def forms_of(page: str) -> Iterator[tuple[str, str]]:
    for form in FORM.findall(page):
        attributes = dict(ATTRIBUTE.findall(form))
        yield attributes.get("method", "get").upper(), attributes.get("action", "")


def walk(app: Flask, browser: FlaskClient, start: str = "/") -> Counter[str]:
    """Follow every link, and return how often each endpoint was seen."""
    waiting, known, seen = deque([start]), {start}, Counter[str]()
    while waiting:
        address = waiting.popleft()
        path = urlsplit(address).path
        endpoint = endpoint_of(app, path)
        assert endpoint, f"a link leads to {address}, where nothing is"
        if seen[endpoint] >= MANY_ENOUGH:
            continue
        seen[endpoint] += 1
        response = browser.get(address)
        assert response.status_code < 400, f"a link leads to {address}: {response.status}"
        if response.mimetype != "text/html" or path.startswith("/api/"):
            continue
        page = response.get_data(as_text=True)
        for method, action in forms_of(page):
            target = urlsplit(urljoin(address, action.replace("&amp;", "&"))).path
            if method != "DIALOG":
                assert endpoint_of(app, target, method), f"a form of {address} sends {method} to {target}"
        for link in LINK.findall(page):
            parts = urlsplit(urljoin(address, link.replace("&amp;", "&")))
            target = parts._replace(scheme="", netloc="", fragment="").geturl()
            if parts.scheme in {"", "http"} and parts.netloc in {"", "localhost"} and target not in known:
                known.add(target)
                waiting.append(target)
    return seen


@pytest.fixture(scope="module")
def seen_by(demo_school: Flask) -> dict[str, Counter[str]]:
    with none_while_rendering(demo_school):
        seen = {role.value: walk(demo_school, browser_of(demo_school, role)) for role in Role}
        return seen | {"visitor": walk(demo_school, demo_school.test_client(), "/sign-in")}


def test_every_link_leads_somewhere_and_no_template_asks_the_database(seen_by: dict[str, Counter[str]]) -> None:
    assert all(sum(seen.values()) > 10 for name, seen in seen_by.items() if name != "visitor"), seen_by
    assert sum(seen_by["visitor"].values()) > 3, seen_by["visitor"]


def test_every_page_is_linked(demo_school: Flask, seen_by: dict[str, Counter[str]]) -> None:
    seen = {endpoint for counter in seen_by.values() for endpoint in counter}
    pages = {
        rule.endpoint
        for rule in demo_school.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith(("/api/", "/static"))
    }
    assert pages - seen - set(NOT_LINKED) == set()


def test_what_a_visitor_sees_asks_nothing_either(demo_school: Flask) -> None:
    browser = demo_school.test_client()
    with none_while_rendering(demo_school):
        for path in (
            "/sign-in",
            "/register/student",
            "/register/teacher",
            "/forgot",
            "/forgot/code",
            "/privacy",
            "/help",
            "/accessibility",
            "/no",
        ):
            assert browser.get(path).status_code in {200, 404}


def test_a_template_that_asks_would_be_noticed(demo_school: Flask) -> None:
    """The proof that the tests above can fail."""
    people = {"count_people": lambda: db.session.scalar(db.select(db.func.count(User.id)))}

    def ask() -> None:
        with none_while_rendering(demo_school):
            assert int(render_template_string("{{ count_people() }}", **people)) > 0

    with demo_school.test_request_context(), pytest.raises(AssertionError, match="a template asked"):
        ask()
