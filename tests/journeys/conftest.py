"""One running server and one browser for all journeys; each test brings its own people, and windows for them."""

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Playwright, expect

from config import Settings
from elearn import create_app
from elearn.extensions import db
from elearn.models import Classroom, Course, User
from tests import browsers, make, people, servers
from tests.conftest import settings_for
from tests.journeys.browsing import PATIENCE, Guest
from tests.people import People
from tests.servers import RunningSchool

_numbers = count(1)
Arrive = Callable[..., Guest]


@pytest.fixture(scope="session")
def shared_settings(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    instance = tmp_path_factory.mktemp("journeys")
    shutil.copy(sqlite_template, instance / "elearn.db")
    return settings_for(instance)


@pytest.fixture(scope="session")
def shared_app(shared_settings: Settings) -> Flask:
    return create_app(shared_settings)


@pytest.fixture(scope="session")
def server(shared_app: Flask, shared_settings: Settings) -> Iterator[RunningSchool]:
    with servers.running(shared_app, shared_settings) as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start a browser whose microphones hear a tone that comes and goes: a steady one is taken for noise."""
    tone = tmp_path_factory.mktemp("microphone") / "tone.wav"
    browsers.write_tone(tone, hertz=440, seconds=1.2, silence=0.3)
    with browsers.launching(playwright) as launch:
        yield launch(f"--use-file-for-fake-audio-capture={tone}")


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=5_000)


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
    """The room, as plain values."""
    made = make.room(course)
    db.session.expunge(made)
    return made


@pytest.fixture
def arrive(chromium: Browser, server: RunningSchool) -> Iterator[Arrive]:
    """Open a window for a visitor or for somebody; whatever their pages complain about fails the test at its end."""
    guests: list[Guest] = []

    def arrived(user: User | None = None, at: RunningSchool | None = None, **options: Any) -> Guest:
        here = at or server
        guests.append(Guest(chromium, here.url, cookie=here.cookie(user) if user else None, **options))
        return guests[-1]

    yield arrived
    complaints = [words for guest in guests for words in guest.unforgiven]
    for guest in guests:
        guest.context.close()
    assert complaints == []
