"""Every endpoint, called by everybody: the answers are those of the matrix, and a refusal changes nothing."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.permissions.matrix import MATRIX, PUBLIC, Row
from tests.permissions.world import COLUMNS, Visitor, World, cells

SILENT = {"HEAD", "OPTIONS"}


def endpoint_of(key: str) -> str:
    """Return `POST courses.publish` of `POST courses.publish of a draft`."""
    return " ".join(key.split(" ")[:2])


def rules(app: Flask) -> Iterator[tuple[str, Rule]]:
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - SILENT:
            yield f"{method} {rule.endpoint}", rule


def test_every_endpoint_has_its_row(world: World) -> None:
    known = {endpoint_of(key) for key in MATRIX}
    served = {key for key, _ in rules(world.app)}
    assert served - known == set(), "write a row for each of these into the matrix"
    assert known - served == set(), "these rows have no endpoint"


def test_what_is_open_to_everybody_is_on_the_list() -> None:
    open_rows = {endpoint_of(key) for key, row in MATRIX.items() if cells(row.cells)["anonymous"] != "s"}
    assert open_rows == set(PUBLIC)
    assert all(PUBLIC.values()), "each with its reason"


def called(world: World, visitor: Visitor, method: str, rule: Rule, row: Row) -> TestResponse:
    place = visitor.place
    named = {name: getattr(place, name) for name in rule.arguments if hasattr(place, name)} | row.values(place)
    built = rule.build({name: named[name] for name in rule.arguments})
    assert built is not None
    body = row.body(visitor)
    sent: dict[str, Any] = {"data": body}
    if built[1].startswith("/api/") and method != "GET" and "file" not in body:
        sent = {"json": body}
    path = f"{built[1]}?{urlencode(body)}" if method == "GET" and body else built[1]
    return world.browser(visitor).open(path, method=method, **({} if method == "GET" else sent))


def outcome(response: TestResponse, is_unchanged: bool, method: str) -> str:
    """Write what happened as a letter of the matrix."""
    status = response.status_code
    if status == 401 or (300 <= status < 400 and response.headers["Location"].split("?")[0] == "/sign-in"):
        is_way_out = method == "POST" and status != 401 and not is_unchanged
        return "+" if is_way_out else "s"
    if status < 400:
        return "=" if is_unchanged else "+"
    return {403: "f", 404: "h", 409: "~", 410: "~", 422: "~"}.get(status, str(status))


@pytest.mark.parametrize("key", MATRIX)
def test_everybody_gets_what_the_matrix_says(world: World, key: str) -> None:
    row, method = MATRIX[key], key.partition(" ")[0]
    expected, found, broken = cells(row.cells), {}, []
    found_rules = [rule for name, rule in rules(world.app) if name == endpoint_of(key)]
    assert found_rules
    for rule in found_rules:
        before = world.prepare(row.given)
        for column in COLUMNS:
            if ":user" in row.given:
                before = world.prepare(row.given, world.visitors[column])
            response = called(world, world.visitors[column], method, rule, row)
            after = world.rows()
            found[column] = outcome(response, after == before, method)
            if method == "GET" and found[column] == "=":
                found[column] = "+"
            if found[column] != "+" and after != before:
                broken.append(f"{column}: refused, and {changed(before, after)} changed")
            if method == "GET" and after != before:
                broken.append(f"{column}: reading changed {changed(before, after)}")
            if after != before:
                world.prepare(row.given)
        differ = {column: (expected[column], found[column]) for column in COLUMNS if expected[column] != found[column]}
        assert not differ, f"{rule.rule}: expected and found: {differ}"
        assert not broken, f"{rule.rule}: {broken}"


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [name for name in before if before[name] != after.get(name)]
