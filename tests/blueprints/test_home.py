import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from elearn import clock
from elearn.models import Email, EmailState, Lesson, Role, User
from tests import make
from tests.people import People

AsPerson = Callable[[User], FlaskClient]


@pytest.mark.parametrize(
    ("hour", "zone", "greeting", "day"),
    [
        (8, "UTC", "Good morning, Ben", "Friday 20 November"),
        (12, "UTC", "Good afternoon, Ben", "Friday 20 November"),
        (22, "UTC", "Good evening, Ben", "Friday 20 November"),
        (22, "Asia/Tokyo", "Good morning, Ben", "Saturday 21 November"),
        (3, "America/Lima", "Good evening, Ben", "Thursday 19 November"),
    ],
)
def test_the_greeting_knows_what_time_it_is_where_the_person_lives(
    school: People,
    as_person: AsPerson,
    monkeypatch: pytest.MonkeyPatch,
    hour: int,
    zone: str,
    greeting: str,
    day: str,
) -> None:
    make.change(school.ben, time_zone=zone)
    browser = as_person(school.ben)
    # Before the sign-in of the test ends, which is a day from now.
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 20, hour, 30, tzinfo=UTC))
    page = browser.get("/").text
    assert greeting in page
    assert day in page


def test_each_role_sees_what_matters_to_it(school: People, as_person: AsPerson) -> None:
    ben = as_person(school.ben)
    assert "Your courses will stand here" in ben.get("/").text
    assert "Make your first course" in as_person(school.ada).get("/").text
    course = make.course(school.ada, title="Observing the Night Sky")
    make.enrol(school.ben, course)
    room = make.room(course)
    assert "Live now" not in ben.get("/").text
    make.save(Lesson(classroom_id=room.id, title="Reading a star chart", started_by=school.ada.id))
    page = ben.get("/").text
    assert "Reading a star chart" in page
    assert f"/classrooms/{room.id}" in page
    assert "Join the room" in page
    assert "Back to the room" in as_person(school.ada).get("/").text
    manager = as_person(school.root).get("/").text
    assert "Administrators" in manager
    assert "Reading a star chart" in manager
    assert "Reading a star chart" not in as_person(school.eve).get("/").text


def facts(page: str) -> dict[str, str]:
    """Return what the panel about the health of the school says, by name."""
    panel = page.split('aria-labelledby="health"')[1].split("</section>", maxsplit=1)[0]
    pairs = re.findall(r"<dt[^>]*>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", panel, re.DOTALL)
    return {name: re.sub(r"<[^>]+>", "", words).strip() for name, words in pairs}


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_what_waits_for_whoever_oversees_stands_on_top(school: People, as_person: AsPerson, role: Role) -> None:
    boss = as_person(make.person("boss", role))
    page = boss.get("/").text
    assert "Waiting for you" not in page
    assert facts(page) == {
        "Database": "Answers",
        "Redis": "Not used",
        "Emails that wait": "0",
        "Emails that failed": "0",
    }
    make.person(full_name="Asks More", requested_role=Role.TEACHER)
    for state in (EmailState.FAILED, EmailState.FAILED, EmailState.WAITING, EmailState.SENDING, EmailState.SENT):
        make.save(Email(letter="invitation", to_email="x@school.example", state=state))
    page = boss.get("/").text
    waiting = page.split('aria-labelledby="waiting"')[1].split("</section>")[0]
    assert "Person asks to teach" in waiting
    assert 'href="/people?state=waiting"' in waiting
    # The outbox is for administrators.
    assert ("Emails could not be sent" in waiting) == ('href="/outbox?state=failed"' in waiting) == (role is Role.ADMIN)
    assert facts(page) == {
        "Database": "Answers",
        "Redis": "Not used",
        "Emails that wait": "2",
        "Emails that failed": "2",
    }
    assert "Asks More" in boss.get("/people?state=waiting").text


@pytest.mark.parametrize("overrides", [{"redis_url": "redis://127.0.0.1:1/0"}])
def test_a_redis_that_is_away_stands_on_the_page(
    overrides: dict[str, object], school: People, as_person: AsPerson
) -> None:
    answer = as_person(school.root).get("/")
    assert answer.status_code == 200
    assert facts(answer.text)["Redis"] == "Away"
