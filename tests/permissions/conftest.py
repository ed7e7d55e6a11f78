"""One school for all cells; whoever changed it puts it back."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from elearn import create_app
from elearn.extensions import db
from tests.conftest import settings_for
from tests.permissions.world import World
from tests.visitor import Visitor


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    instance = tmp_path_factory.mktemp("matrix")
    shutil.copy(sqlite_template, instance / "elearn.db")
    app = create_app(settings_for(instance))
    app.test_client_class = Visitor
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        yield World(app, instance / "elearn.db")
        db.session.remove()
        db.engine.dispose()
