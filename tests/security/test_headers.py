"""XS-04: every response carries the headers, and no page needs an inline script or style."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from elearn.models import User
from elearn.services import profiles
from tests import forms, make, pictures
from tests.people import People

PAGES = ["/sign-in", "/register/student", "/you", "/you/edit", "/privacy", "/accessibility", "/help", "/nowhere"]


class Inline(HTMLParser):
    """Collect what a strict policy would refuse."""

    def __init__(self, nonce: str) -> None:
        super().__init__()
        self.nonce, self.found = nonce, []

    found: list[str]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_bare = tag == "script" and "src" not in given and given.get("nonce") != self.nonce
        if is_bare or tag == "style" or any(name == "style" or name.startswith("on") for name in given):
            self.found.append(f"{tag} {attrs}")


def check(response: object, *, sandboxed: bool = False) -> None:
    headers = response.headers  # type: ignore[attr-defined]
    policy = headers["Content-Security-Policy"]
    if sandboxed:
        assert policy == "sandbox; default-src 'none'"
    else:
        for directive in (
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ):
            assert directive in policy
        assert "unsafe" not in policy
        assert re.search(r"script-src 'self' 'nonce-[\w-]{20,}'", policy)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers.get("Access-Control-Allow-Origin") is None


def test_every_kind_of_response_carries_the_headers(
    client: FlaskClient, as_person: Callable[[User], FlaskClient], school: People
) -> None:
    profiles.set_photo(school.ben, BytesIO(pictures.photo()))
    ben = as_person(school.ben)
    asset = re.search(r'href="(/assets/v[^"]+\.css)"', client.get("/sign-in").text)
    assert asset is not None
    responses = {
        200: [
            client.get("/sign-in"),
            ben.get("/you"),
            client.get(asset[1]),
            client.get("/register/username"),
            client.get("/healthz"),
        ],
        302: [client.get("/you"), ben.post("/sign-out")],
        404: [client.get("/nowhere"), client.get("/assets/nowhere"), client.get("/api/nowhere/")],
        405: [client.get("/sign-out")],
    }
    for status, found in responses.items():
        for response in found:
            assert response.status_code == status, response.request.path
            check(response)
    check(as_person(school.ben).get(school.ben.photo_url or ""), sandboxed=True)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_has_anything_inline(
    as_person: Callable[[User], FlaskClient], school: People, page: str, client: FlaskClient
) -> None:
    for browser in (client, as_person(school.ben)):
        response = browser.get(page)
        nonce = re.search(r"'nonce-([\w-]+)'", response.headers["Content-Security-Policy"])
        assert nonce is not None
        parser = Inline(nonce[1])
        parser.feed(response.text)
        assert parser.found == []


def test_a_nonce_is_used_once(client: FlaskClient) -> None:
    policies = {client.get("/sign-in").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def test_pages_are_not_kept_and_assets_are(client: FlaskClient) -> None:
    page = client.get("/sign-in")
    assert page.headers["Cache-Control"] == "private, no-store"
    asset = re.search(r'href="(/assets/v[^"]+\.css)"', page.text)
    assert asset is not None
    assert "immutable" in client.get(asset[1]).headers["Cache-Control"]


@pytest.mark.parametrize("overrides", [{"base_url": "https://school.example"}])
def test_behind_https_the_cookie_is_bound_to_the_host(overrides: dict[str, object], app: Flask, school: People) -> None:
    app.config["WTF_CSRF_SSL_STRICT"] = False  # the test client sends no Referer
    browser = app.test_client()
    token = forms.TOKEN.search(browser.get("/sign-in", base_url="https://school.example").text)
    assert token is not None
    response = browser.post(
        "/sign-in",
        base_url="https://school.example",
        data={"csrf_token": token[1], "login": "ben", "password": make.PASSWORD},
    )
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert response.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient, school: People) -> None:
    cookie = forms.sign_in(client, "ben", make.PASSWORD).headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
