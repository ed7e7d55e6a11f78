"""The laws of docs/architecture.md that can be read off the code. Each exception is named here with its reason."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config import ROOT
from tests.architecture.sources import (
    BELOW,
    DOORS,
    HOUSE,
    dotted,
    files,
    functions,
    imported,
    name_of,
    places,
    tracked,
    walk,
)

DATABASE_AWAY = "an error mapper: the database session must be usable for the answer"
PYTHON_FILES = [file for file in tracked() if file.suffix == ".py"]


def calls(*names: str) -> "re.Pattern[str]":
    return re.compile(rf"(^|\.)({'|'.join(names)})$")


def is_call_of(pattern: "re.Pattern[str]", node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and bool(pattern.search(dotted(node.func)))


def test_imports_go_down_only() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    told = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


def test_imports_stand_at_the_top() -> None:
    allowed = {
        "__init__.py create_app": "the rooms import the extensions that this module's importers need first",
        "server.py seed_first_school": "a command's import: no other start of the server needs the demo school",
    }
    found = {
        place
        for place, function in functions(files())
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function))
        and not place.startswith(("cli/", "integrations/"))  # commands, and heavy libraries in their own adapters
    }
    assert found == set(allowed)


def test_only_the_transaction_commits() -> None:
    found = places(lambda node: is_call_of(calls("commit"), node), files())
    assert found == {"transaction.py writing"}


def test_only_the_transaction_rolls_back() -> None:
    allowed = {
        "transaction.py writing": "the place for it",
        "services/classrooms.py still_allowed": "ends its reading transaction, to see what others have committed since",
        "services/health.py check": "asks whether the database is there",
        "blueprints/errors.py init_app.database_away": DATABASE_AWAY,
        "blueprints/errors.py init_app.unexpected": DATABASE_AWAY,
        "api/errors.py answer": DATABASE_AWAY,
        "sockets/upkeep.py Upkeep._every": DATABASE_AWAY,
    }
    assert places(lambda node: is_call_of(calls("rollback"), node), files()) == set(allowed)


def test_no_door_asks_the_database() -> None:
    allowed = {
        "blueprints/errors.py init_app.database_away": DATABASE_AWAY,
        "blueprints/errors.py init_app.unexpected": DATABASE_AWAY,
        "api/errors.py answer": DATABASE_AWAY,
        "sockets/upkeep.py Upkeep._every": DATABASE_AWAY,
        "sockets/namespace.py RoomNamespace._answer": "ends the session of each event, as Flask does for a request",
    }
    asks = calls("select", "scalars", "scalar", "execute", "get_or_404", "joinedload", "query")

    def asks_the_database(node: ast.AST) -> bool:
        return is_call_of(asks, node) or (isinstance(node, ast.Attribute) and dotted(node).startswith("db.session"))

    assert places(asks_the_database, files(*DOORS, "identity.py", "templating.py")) == set(allowed)
    assert not [
        (place, name)
        for file in files(*DOORS)
        for place, node in walk(file)
        for name in imported(node)
        if name.startswith("sqlalchemy") and "sqlalchemy.exc" not in name
    ]


def test_nothing_looks_at_a_role_outside_the_policy() -> None:
    last_admin = "the school keeps its last administrator: a rule about the one who is changed, not about who acts"
    allowed = {
        "services/directory.py _conditions": "filters a list of people",
        "blueprints/people/forms.py PeopleQuery.read": "the same, out of the address",
        "blueprints/people/routes.py role_of": "reads a role out of a form",
        "blueprints/invitations/routes.py preview_of": "the same",
        "services/accounts.py register": "which roles somebody may choose who has no account yet",
        "services/accounts.py waits_for_approval": "the same",
        "services/people.py keep_one_admin": last_admin,
        "services/people.py": last_admin,
        "services/people.py set_role": last_admin,
    }

    def looks_at_a_role(node: ast.AST) -> bool:
        if isinstance(node, ast.Match):
            return dotted(node.subject).endswith("role")
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        return any(re.search(r"(^|\.)(role|Role)(\.|$)", dotted(side)) for side in sides)

    within = [file for file in files() if not name_of(file).startswith(("permissions/", "models/"))]
    assert places(looks_at_a_role, within) == set(allowed)


def test_no_template_decides_by_role() -> None:
    decides = re.compile(r"{%-?\s*(?:if|elif)[^%]*\.role\b|{{[^}]*\bif\b[^}]*\.role\b[^}]*}}|\|\s*selectattr\(.role")
    assert not [name_of(file) for file in files("templates", suffix=".html") if decides.search(file.read_text())]


def test_nothing_below_the_doors_knows_of_a_request() -> None:
    # `current_app` is how an adapter is found that `create_app` chose; it is no request. `Flask` names a type.
    allowed = {"flask.current_app", "flask.Flask"}
    found = {
        (place, name)
        for file in files(*BELOW)
        for place, node in walk(file)
        for name in imported(node)
        if name.split(".")[0] in {"flask", "flask_login", "flask_wtf", "werkzeug"}
        and not (name in allowed and place.startswith("integrations/"))
    }
    assert not found


def test_no_module_is_a_drawer_for_anything() -> None:
    drawer = re.compile(r"(^|[_-])(utils?|helpers?|managers?|common|misc)([_-]|\.|$)")
    allowed = {"templates/home/manager.html": "the home page of managers, people of the school"}
    own = [file for file in tracked() if file.suffix in {".py", ".js", ".html", ".css"}]
    assert {name_of(file) for file in own if drawer.search(file.name)} <= set(allowed)
    classes = {
        node.name
        for file in files()
        for _, node in walk(file)
        if isinstance(node, ast.ClassDef) and re.search(r"(Utils?|Helpers?|Manager)$", node.name)
    }
    assert not classes


def test_nobody_catches_everything() -> None:
    allowed = {
        "transaction.py writing": "rolls back and raises again",
        "transaction.py send_outgoing": "committed already; a push that fails must not undo the answer",
        "integrations/realtime.py _hear": "one listener that fails must not keep the message from the others",
        "services/profiles.py _with_photo": "removes the file that nothing names, and raises again",
        "sockets/namespace.py RoomNamespace._answer": "the error mapper of the sockets",
        "sockets/upkeep.py Upkeep._every": "logs it and looks again: without the looks nobody would be put out",
        "sockets/notifications.py NotificationsNamespace._keep_looking": "the same",
        "blueprints/errors.py init_app.unexpected": "the error mapper of the pages; the API stands before it",
        "tools/assets.py write": "removes the half-written file and raises again",
    }

    def catches_everything(node: ast.AST) -> bool:
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            return any(kind is None or dotted(kind) in {"Exception", "BaseException"} for kind in kinds)
        if is_call_of(calls("errorhandler", "suppress", "register_error_handler"), node):
            assert isinstance(node, ast.Call)
            return any(dotted(argument) in {"Exception", "BaseException"} for argument in node.args)
        return False

    product = [file for file in PYTHON_FILES if not file.is_relative_to(ROOT / "tests")]
    assert places(catches_everything, product) == set(allowed)


def test_rooms_of_sockets_are_entered_at_three_places() -> None:
    allowed = {
        "sockets/namespace.py RoomNamespace.sit_down": "the checked place: every seat is looked at again",
        "sockets/audio.py AudioNamespace.on_listen": "the sound of a room, for those who sit in it",
        "sockets/notifications.py NotificationsNamespace._enter_rooms": "one's own, and the feed; looked at again",
    }
    enters = re.compile(r"(^|\.)(enter_room|join_room)$")

    def enters_a_room(node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute | ast.Name) and bool(enters.search(dotted(node)))

    assert places(enters_a_room, files()) == set(allowed)


def test_events_are_sent_after_the_commit() -> None:
    allowed = {
        "integrations/realtime.py publish": "hands it to the open transaction",
        "integrations/realtime.py _deliver": "what passes and is never stored",
        "sockets/namespace.py RoomNamespace.put_out": "tells one socket why it leaves",
        "sockets/upkeep.py Upkeep.beat": "repeats what is stored",
        "sockets/notifications.py NotificationsNamespace._send": "tells what it has just read in the database",
    }
    found = places(lambda node: is_call_of(re.compile(r"(^|\.)emit$"), node), files())
    assert found == set(allowed)
    relayed = places(lambda node: is_call_of(re.compile(r"^realtime\.relay$"), node), files("services"))
    assert not relayed, "a service publishes; what is relayed is never stored"


def test_nothing_dangerous_is_called() -> None:
    modules = {"pickle", "marshal", "shelve", "dill", "requests"}
    names = re.compile(r"^(eval|exec|compile|os\.system|os\.popen|yaml\.load)$|render_template_string$")

    def is_dangerous(node: ast.AST) -> bool:
        if any(name.split(".")[0] in modules for name in imported(node)):
            return True
        if not isinstance(node, ast.Call):
            return False
        shell = any(
            word.arg == "shell" and not (isinstance(word.value, ast.Constant) and word.value.value is False)
            for word in node.keywords
        )
        return shell or bool(names.search(dotted(node.func)))

    assert not places(is_dangerous, files())


def test_sql_is_never_put_together_from_text() -> None:
    def is_made_of_text(node: ast.AST) -> bool:
        raw = re.compile(r"(^|\.)(text|literal_column|exec_driver_sql)$")
        if not is_call_of(raw, node):
            return False
        assert isinstance(node, ast.Call)
        return not all(isinstance(argument, ast.Constant) for argument in node.args)

    allowed = {"transaction.py _begin_sqlite": "BEGIN and one of two words of our own"}
    assert places(is_made_of_text, files()) == set(allowed)


def test_markup_is_made_at_one_place() -> None:
    assert places(lambda node: is_call_of(re.compile(r"(^|\.)Markup$"), node), files()) == {"templating.py markdown"}
    unescaped = re.compile(r"\|\s*safe\b|{%-?\s*autoescape\s+false")
    allowed = {"templates/look/index.html": "one link, written there"}
    found = {name_of(file) for file in files("templates", suffix=".html") if unescaped.search(file.read_text())}
    assert found <= set(allowed)


def test_no_origin_is_let_in_by_star() -> None:
    def is_star(node: ast.AST) -> bool:
        words = node.keywords if isinstance(node, ast.Call) else []
        return any(
            word.arg and "origin" in word.arg and isinstance(word.value, ast.Constant) and word.value.value == "*"
            for word in words
        )

    assert not places(is_star, files())


ROUTE = {"get", "post", "put", "patch", "delete", "route"}


def decorators(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    return {dotted(one.func if isinstance(one, ast.Call) else one) for one in function.decorator_list}


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_routes_are_thin() -> None:
    # 20 lines is the budget to notice; these are read and found to do the four things of a route.
    allowed = {
        "blueprints/courses/routes.py catalogue": "the words of the address, counted and named in the template",
        "blueprints/courses/routes.py edit": "tells whoever saves over somebody else's change what stands there now",
        "blueprints/auth/routes.py sign_in": "a form: shown, wrong, refused by the service, done",
        "blueprints/auth/routes.py register": "a form: shown, wrong, refused by the service, done",
        "blueprints/profile/routes.py edit": "a form: shown, wrong, refused by the service, done",
        "blueprints/courses/routes.py create": "a form: shown, wrong, refused by the service, done",
    }
    long = {
        place: length(function)
        for place, function in functions(files("blueprints", "api"))
        if any(name.rpartition(".")[2] in ROUTE for name in decorators(function)) and length(function) > 20
    }
    assert set(long) <= set(allowed), long


def test_functions_fit_on_a_screen() -> None:
    long = {place: length(function) for place, function in functions(files()) if length(function) > 55}
    assert not long


FILE_BUDGET = 420  # about 400
LONG_FILES: dict[str, str] = {}


def test_files_stay_readable() -> None:
    own = [
        *files(),
        *files("static", suffix=".js"),
        *files("static", suffix=".css"),
        *files("templates", suffix=".html"),
    ]
    long = {name_of(file): lines for file in own if (lines := len(file.read_text().splitlines())) > FILE_BUDGET}
    assert set(long) <= set(LONG_FILES), long


@pytest.mark.parametrize("room", ["services", "integrations", "permissions", "models"])
def test_every_room_is_there(room: str) -> None:
    assert files(room), f"nothing was read of {HOUSE / room}: the tests of this file would prove nothing"
