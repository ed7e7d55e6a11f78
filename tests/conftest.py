"""A fresh school for every test: on SQLite, and on PostgreSQL too where `school_database` is asked for."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import text

from config import Settings
from elearn import create_app
from elearn.extensions import db, limiter, socketio
from elearn.models import User
from tests import compiled_once, make, people, services_for_tests
from tests.people import People
from tests.visitor import Visitor

SECRET = "a secret of the tests, long enough for every check"

compiled_once.share()

# Tests run in threads on the standard library as it is; the running servers of tests patch themselves.


def settings_for(instance: Path, **values: object) -> Settings:
    defaults: dict[str, object] = {
        "elearn_env": "testing",
        "instance_path": instance,
        "secret_key": SECRET,
        "database_url": None,
        "redis_url": None,
        "base_url": "",
        "rate_limits": False,
        "log_level": "WARNING",
    }
    return Settings(_env_file=None, **(defaults | values))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate one empty SQLite database; each test gets a copy."""
    instance = tmp_path_factory.mktemp("template")
    app = create_app(settings_for(instance))
    with app.app_context():
        upgrade()
        db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.session.remove()
        db.engine.dispose()
    return instance / "elearn.db"


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with services_for_tests.postgres(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Create and migrate one database for this test process; each test empties its tables."""
    name = f"elearn_test_{os.getpid()}"
    admin = psycopg2.connect(postgres_server)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f"drop database if exists {name} with (force)")
        cursor.execute(f"create database {name}")
    url = postgres_server.rsplit("/", 1)[0] + "/" + name
    app = create_app(settings_for(tmp_path_factory.mktemp("pg"), database_url=url))
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()
    yield url
    with admin.cursor() as cursor:
        cursor.execute(f"drop database if exists {name} with (force)")
    admin.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def school_database(request: pytest.FixtureRequest) -> str:
    """Ask for this to run a test on both databases."""
    return request.param


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Change single settings with `@pytest.mark.parametrize("overrides", [{...}])` or a fixture named `overrides`."""
    overrides = request.getfixturevalue("overrides") if "overrides" in request.fixturenames else {}
    which = request.getfixturevalue("school_database") if "school_database" in request.fixturenames else "sqlite"
    if which == "postgresql":
        return settings_for(tmp_path, database_url=request.getfixturevalue("postgres_url"), **overrides)
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "elearn.db")
    return settings_for(tmp_path, **overrides)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    app.test_client_class = Visitor
    with app.app_context():
        if settings.rate_limits:
            limiter.reset()
        if settings.sqlalchemy_url.startswith("postgresql"):
            make.all_empty()
        yield app
        db.session.remove()
        db.engine.dispose()
    socketio.server_options.pop("client_manager", None)  # that of a school with Redis is not for the next one


@pytest.fixture
def school(app: Flask) -> People:
    """The four people, in the database."""
    return people.arrive()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor who is not signed in."""
    return app.test_client()


@pytest.fixture
def as_person(app: Flask) -> Callable[[User], FlaskClient]:
    """Give a browser that is signed in as somebody; forms need no token here (tests of CSRF use their own app)."""
    app.config["WTF_CSRF_ENABLED"] = False

    def signed_in(user: User) -> FlaskClient:
        browser = app.test_client()
        opened = make.sign_in(user)
        with browser.session_transaction() as session:
            session["_user_id"] = str(opened.id)
            session["_fresh"] = True
        return browser

    return signed_in
