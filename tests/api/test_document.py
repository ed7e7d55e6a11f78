"""The OpenAPI document is complete, and describes all that there is."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from elearn.api.section import Section, is_public
from elearn.services.board_objects import KINDS

PUBLIC = {
    "/api/auth/register/", "/api/auth/password-reset/", "/api/auth/login/", "/api/auth/refresh/", "/api/schema/",
    "/api/docs/", "/api/redoc/",
    "/api/invite/<string:token>/", "/api/invite/<string:token>/accept/",
}  # fmt: skip
ARGUMENT = re.compile(r"<(?:\w+:)?")
# Addresses that somebody typed to invite them: for the inviter, and for whoever holds the link that went there.
# Found by teachers, without addresses but those of their own students; whole for those who oversee people.
OVERSEEN = {"FoundPerson", "Account", "NewPerson"}
# What somebody types about themselves.
ASKED = {"EmailChange", "ForgottenPassword", "NewPassword"}
INVITED = {"NewInvitation", "InvitationItem", "OfferShown", "ImportRowItem"}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/schema/")
    assert answer.mimetype == "application/json"
    return json.loads(answer.text)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield f"{method.upper()} {path}", operation


def test_every_address_under_api_is_described_or_a_page_about_it(app: Flask, document: dict[str, Any]) -> None:
    rules = {
        f"{method} {ARGUMENT.sub('{', rule.rule).replace('>', '}')}"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    pages = {"GET /api/schema/", "GET /api/docs/", "GET /api/redoc/"}
    assert rules - pages == {name for name, _ in operations(document)}


def test_every_address_asks_for_a_sign_in_unless_it_is_on_the_list(app: Flask) -> None:
    """Without a sign-in the answer is 401 before anything is looked up or read."""
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/") or rule.rule in PUBLIC:
            continue
        assert isinstance(app.blueprints[rule.endpoint.split(".")[0]], Section)
        assert not is_public(app.view_functions[rule.endpoint])
        address = rule.rule
        for argument in rule.arguments:
            address = address.replace(f"<uuid:{argument}>", "0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            assert app.test_client().open(address, method=method).status_code == 401, (method, address)


def test_every_operation_says_what_it_does_and_what_it_answers(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    tags = {tag["name"] for tag in document["tags"]}
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names))
    for name, operation in operations(document):
        assert operation["summary"].endswith("."), name
        assert set(operation["tags"]) <= tags
        assert {"429", "500", "503"} <= operation["responses"].keys(), name
        assert ("401" in operation["responses"]) or operation["security"] == [], name
        assert any(status.startswith("2") for status in operation["responses"]), name


def silent_fields(schema: dict[str, Any], path: str) -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        nested = {"$ref", "anyOf", "object", "items"} & field.keys() or field.get("format") == "binary"
        if not {"description", "$ref"} & field.keys():
            yield f"{path}.{name}: sentence"
        if not nested and "examples" not in field:
            yield f"{path}.{name}: example"
    for inner in [*schema.get("oneOf", []), *schema.get("anyOf", [])]:
        yield from silent_fields(inner, path)


def test_every_field_has_a_sentence_and_an_example(document: dict[str, Any]) -> None:
    silent = [
        found for name, schema in document["components"]["schemas"].items() for found in silent_fields(schema, name)
    ]
    silent += [
        f"{name} {parameter['name']}"
        for name, operation in operations(document)
        for parameter in operation.get("parameters", [])
        if "description" not in parameter or not ("examples" in parameter["schema"] or "example" in parameter)
    ]
    assert not silent


def test_every_kind_of_thing_on_the_board_is_described_as_it_is_checked(document: dict[str, Any]) -> None:
    described = {
        kind: family["properties"].keys() - {"id", "kind"}
        for family in document["components"]["schemas"]["BoardObject"]["oneOf"]
        for kind in family["properties"]["kind"]["enum"]
    }
    assert described == {kind: checks.keys() for kind, checks in KINDS.items()}


def test_nothing_private_has_a_place_in_an_answer(document: dict[str, Any]) -> None:
    answers = {
        name: schema["properties"].keys()
        for name, schema in document["components"]["schemas"].items()
        if "properties" in schema
    }
    hidden = {"password_hash", "username_key", "email_key", "refresh_id", "blocked_reason", "user_agent", "address"}
    # Devices are shown to their owner, the others to those who oversee people.
    shown = {"Device": {"address"}, "Account": {"blocked_reason"}, "ActivityLine": {"address"}}
    assert not [name for name, fields in answers.items() if (hidden & set(fields)) - shown.get(name, set())]
    with_address = {name for name, fields in answers.items() if "email" in fields}
    with_address -= {"PreferenceItem", "PreferenceChange"}  # theirs says how a kind comes by email
    assert with_address - ASKED == {"Me", "Registration", "StudentItem", "ImportRowItem"} | INVITED | OVERSEEN


def test_only_these_pages_widen_the_policy(client: FlaskClient) -> None:
    for path in ("docs/", "redoc/"):
        answer = client.get(f"/api/{path}")
        assert answer.content_type == "text/html; charset=utf-8"
        assert "style-src 'self' 'unsafe-inline'" in answer.headers["Content-Security-Policy"]
        assert "script-src 'self' 'nonce-" in answer.headers["Content-Security-Policy"]
    for path in ("schema/", "auth/me/"):
        assert "unsafe-inline" not in client.get(f"/api/{path}").headers["Content-Security-Policy"]
