"""Fixtures for suites that share one running server; each test brings its own people, course and room."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from flask import Flask

from config import Settings
from elearn import create_app
from elearn.extensions import db
from elearn.models import Classroom, Course
from tests import make, people, servers
from tests.conftest import settings_for
from tests.people import People
from tests.servers import RunningSchool

_numbers = count(1)


@pytest.fixture(scope="session")
def shared_settings(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    instance = tmp_path_factory.mktemp("shared")
    shutil.copy(sqlite_template, instance / "elearn.db")
    return settings_for(instance)


@pytest.fixture(scope="session")
def shared_app(shared_settings: Settings) -> Flask:
    return create_app(shared_settings)


@pytest.fixture(scope="session")
def server(shared_app: Flask, shared_settings: Settings) -> Iterator[RunningSchool]:
    with servers.running(shared_app, shared_settings) as running:
        yield running


@pytest.fixture
def app(shared_app: Flask) -> Iterator[Flask]:
    with shared_app.app_context():
        yield shared_app
        db.session.remove()


@pytest.fixture
def school(app: Flask) -> People:
    return people.arrive(suffix=str(next(_numbers)))


@pytest.fixture
def course(school: People) -> Course:
    made = make.course(school.ada, title="Observing the Night Sky")
    make.enrol(school.ben, made)
    return made


@pytest.fixture
def room(course: Course) -> Classroom:
    """The room, as plain values: tests use it in threads, and while the server writes."""
    made = make.room(course)
    db.session.expunge(made)
    return made
