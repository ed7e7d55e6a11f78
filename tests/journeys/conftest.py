"""One running server and one browser for all journeys; each test brings its own people, and windows for them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect

from elearn.models import User
from tests import browsers, shared_school
from tests.journeys.browsing import PATIENCE, Guest
from tests.servers import RunningSchool

# One server for the folder; fixtures are known by the names that they have here.
shared_settings, shared_app, server = shared_school.shared_settings, shared_school.shared_app, shared_school.server
app, school = shared_school.app, shared_school.school
course, room = shared_school.course, shared_school.room
Arrive = Callable[..., Guest]


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
