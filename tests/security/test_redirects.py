"""SE-05: after signing in people stay in the school, whatever the link said."""

import re

from flask import Flask
from flask.testing import FlaskClient

from tests import forms, make
from tests.people import People

EVIL = [
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\/evil.example", "\\\\evil.example",
    "/\\/evil.example", "//\\evil.example", "\\evil.example", "http://evil.example", "https://evil.example",
    "https:evil.example", "https:/evil.example", "http:///evil.example", "HTTPS://evil.example", "ftp://evil.example",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)",
    "data:text/html,x", "data:text/html;base64,PHN2Zz4=", "vbscript:x", "blob:x", "file:///etc/passwd",
    "mailto:x@evil.example", "\t//evil.example", " //evil.example", "\n//evil.example", "\r//evil.example",
    "\x00//evil.example", "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "/\r\n/evil.example",
    "/ /evil.example", "/\x0b/evil.example", "/\x00/evil.example", "/\x7f/evil.example", "/you\r\nSet-Cookie: a=b",
    "/you\nLocation: //evil.example", "@evil.example", "user@evil.example", "//user@evil.example",
    "//localhost@evil.example", "http://localhost@evil.example", "//localhost:80@evil.example",
    "//localhost.evil.example", "http://localhost.evil.example/you", ".evil.example", "evil.example",
    "evil.example/you", "?next=//evil.example", "#//evil.example", ";//evil.example", "%2f%2fevil.example",
    "%5cevil.example", "http%3a%2f%2fevil.example", "/\u2044evil.example", "/\uff0fevil.example",
    "\uff0f\uff0fevil.example", "//evil\u3002example", "/you\u202e", "/\u200b/evil.example", "\ufeff//evil.example",
    "/" + "a" * 5000, "", " ", "/\\\\evil.example", "..//evil.example", "you", "./you", "//", "/\\", "///",
    "//%0d%0aevil.example", "//[::1]", "//1.1.1.1", "//0x7f000001",
]  # fmt: skip
# These stay on this host in every browser: an encoded slash is a part of the path.
OWN = [
    "/you",
    "/you/edit?x=1",
    "/you#about",
    "/%2f%2fevil.example",
    "/%5cevil.example",
    "/@evil.example",
    "/.//evil.example",
]


def gone_on(client: FlaskClient, page: str, target: str, **fields: str) -> str:
    data = {"csrf_token": forms.token(client, page)} | fields
    response = client.post(page, query_string={"next": target}, data=data)
    assert response.status_code == 302, response.status_code
    return response.location or ""


def test_no_link_leads_out_of_the_school(app: Flask, school: People) -> None:
    assert len(set(EVIL)) >= 60
    for target in EVIL:
        client = app.test_client()
        assert gone_on(client, "/sign-in", target, login="ben", password=make.PASSWORD) == "/", target
        assert client.get("/sign-in", query_string={"next": target}).location == "/", "people who are in already"


def test_a_page_of_the_school_is_gone_to(app: Flask, school: People) -> None:
    for target in OWN:
        location = gone_on(app.test_client(), "/sign-in", target, login="ben", password=make.PASSWORD)
        assert location == target
        assert re.match(r"/[^/\\]", location)


def test_registering_follows_the_same_rule(client: FlaskClient) -> None:
    new = {"full_name": "E", "username": "elif", "email": "e@school.example", "password": "comets need four words"}
    went = gone_on(client, "/register/student", "//evil.example", **new, password_again=new["password"])
    assert went == "/verify-email"


def test_a_form_that_came_too_late_goes_back_on_this_host_only(client: FlaskClient, school: People) -> None:
    course = make.course(school.ada)
    make.enrol(school.ben, course)  # so that it cannot become a draft again
    forms.sign_in(client, "ada", make.PASSWORD)
    data = {"csrf_token": forms.token(client, "/you/edit")}
    here, home = f"/courses/{course.id}/edit?x=1", "/"
    went = {
        referrer: client.post(f"/courses/{course.id}/unpublish", data=data, headers={"Referer": referrer}).location
        for referrer in (
            f"http://localhost{here}", "http://localhost/", "http://localhost//evil.example",
            "http://localhost//evil.example/x", "http://localhost///evil.example", "http://localhost/\\evil.example",
            "http://localhost/\t/evil.example", "//evil.example", "http://localhost.evil.example/",
            "http://evil.example/http://localhost/", "https://localhost/you", "http://localhost@evil.example/",
        )
    }  # fmt: skip
    assert went.pop(f"http://localhost{here}") == here
    assert set(went.values()) == {home}, went


def test_a_host_that_somebody_made_up_is_not_sent_back(client: FlaskClient, school: People) -> None:
    response = client.get("/you", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert response.location == "/sign-in?next=/you"
