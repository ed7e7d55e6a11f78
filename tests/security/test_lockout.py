"""RL-01: guessing is slow from everywhere together, and locks nobody out of where they are at home."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
import redis
import requests
import time_machine
from flask import Flask

from elearn import clock, create_app
from elearn.errors import DomainError, RateLimited
from elearn.extensions import db
from elearn.models import SignInKind
from elearn.services import accounts, credentials, guesses
from elearn.services.accounts import Device
from tests import letters, make, people, servers, services_for_tests
from tests.conftest import settings_for
from tests.people import People
from tests.queries import planned

LIMITED = pytest.mark.parametrize("overrides", [{"rate_limits": True}])
Overrides = dict[str, object]
HOME, ELSEWHERE = "198.51.100.7", "192.0.2.77"
RATE_LIMITED, WRONG = RateLimited("").code, "wrong_credentials"
NEW_PASSWORD = "a quite different phrase"
Time = time_machine.Traveller


@pytest.fixture
def time() -> Iterator[Time]:
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=False) as traveller:
        yield traveller


def come(login: str = "ben", password: str = make.PASSWORD, *, address: str) -> str:
    """Try to sign in, and return what came of it in a word."""
    try:
        accounts.sign_in(login=login, password=password, device=Device(SignInKind.BROWSER, address, "x"))
    except DomainError as error:
        return error.code
    return "in"


def guess(address: str, login: str = "ben") -> str:
    return come(login, "wrong", address=address)


@LIMITED
def test_foreign_networks_do_not_lock_an_owner_out(overrides: Overrides, time: Time, school: People) -> None:
    assert come(address=HOME) == "in"
    compared, at_home, elsewhere = 0, [], []
    strangers = (f"203.0.{number // 250}.{number % 250}" for number in count())
    for minute in range(120):
        compared += sum(guess(next(strangers)) == WRONG for _ in range(6))
        time.shift(30)
        at_home.append(come(address=HOME))
        elsewhere.append(come("ben@school.example", address=f"192.0.2.{minute}"))
        time.shift(30)
    assert set(at_home) == {"in"}
    assert compared <= 100 * 3, "a hundred an hour from everywhere together, however many they are"
    for start in range(0, 120, 60):
        assert "in" in elsewhere[start : start + 60], "from a new place within the hour"
    assert RATE_LIMITED in elsewhere


@LIMITED
def test_a_code_by_email_opens_a_new_place_in_the_midst_of_an_attack(
    overrides: Overrides, time: Time, school: People
) -> None:
    for number in range(110):
        guess(f"203.0.113.{number}")
    assert come(address=ELSEWHERE) == RATE_LIMITED
    credentials.ask_for_reset("ben@school.example", ELSEWHERE)
    credentials.reset_password(
        email="ben@school.example",
        code=letters.code_for("ben@school.example"),
        password=NEW_PASSWORD,
        address=ELSEWHERE,
    )
    assert come(password=NEW_PASSWORD, address=ELSEWHERE) == "in"
    assert come(password=NEW_PASSWORD, address="192.0.2.78") == RATE_LIMITED


@LIMITED
def test_one_network_has_a_budget_of_its_own_known_or_not(overrides: Overrides, time: Time, school: People) -> None:
    assert come(address=HOME) == "in"
    for address in (HOME, ELSEWHERE):
        assert [guess(address) for _ in range(11)] == [WRONG] * 10 + [RATE_LIMITED]
        assert come(address=address) == RATE_LIMITED
    assert come(address="192.0.2.78") == "in"


@LIMITED
@pytest.mark.parametrize("logins", [("ben", "ben@school.example"), ("nobody", "NOBODY")])
def test_all_names_of_an_account_share_one_budget(
    overrides: Overrides, time: Time, school: People, logins: tuple[str, str]
) -> None:
    tries = [guess(ELSEWHERE, login) for login in logins * 6]
    assert tries == [WRONG] * 10 + [RATE_LIMITED] * 2


@LIMITED
def test_the_id_of_somebody_is_no_name_for_their_budget(overrides: Overrides, time: Time, school: People) -> None:
    for _ in range(11):
        guess(ELSEWHERE, f"id {school.ben.id}")
        guess(ELSEWHERE, str(school.ben.id))
    assert guess(ELSEWHERE) == WRONG


@LIMITED
def test_coming_in_costs_nothing(overrides: Overrides, time: Time, school: People) -> None:
    assert [come(address=HOME) for _ in range(25)] == ["in"] * 25
    assert [guess(HOME) for _ in range(11)] == [WRONG] * 10 + [RATE_LIMITED]


@LIMITED
def test_a_whole_line_of_ipv6_is_one_place(overrides: Overrides, time: Time, school: People) -> None:
    tries = [come(f"user{number}", "summer2026", address=f"2001:db8::{number:x}") for number in range(300)]
    assert tries.count(WRONG) == 100
    assert come("user999", address="2001:db8:0:1::1") == WRONG, "another line is another place"
    assert come(address="2001:db8:0:2::1") == "in"
    strangers = (f"2001:db8:1:{number:x}::1" for number in count())
    while guess(next(strangers)) != RATE_LIMITED:
        pass
    assert come(address="2001:db8:0:2:abcd::9") == "in", "at home is the line, not the machine"


# Counters that end with the process


def again(app: Flask, work: list[str], *, addresses: Iterator[str]) -> list[str]:
    """Guess in a fresh process over the same folder."""
    with create_app(app.extensions["settings"]).app_context():
        try:
            return [guess(next(addresses), login) for login in work]
        finally:
            db.session.remove()
            db.engine.dispose()


@LIMITED
def test_a_restart_gives_nobody_new_guesses(overrides: Overrides, app: Flask, school: People) -> None:
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=False) as time:
        runs = []
        for _ in range(3):
            runs.append(again(app, ["ben"] * 12, addresses=iter([ELSEWHERE] * 12)))
            time.shift(2)
        assert runs == [[WRONG] * 10 + [RATE_LIMITED] * 2, [RATE_LIMITED] * 12, [RATE_LIMITED] * 12]
        time.shift(60)
        assert again(app, ["ben"] * 3, addresses=iter([ELSEWHERE] * 3)) == [WRONG] * 3
        everywhere = (f"203.0.113.{number}" for number in count())
        tries = []
        for _ in range(4):
            time.shift(1)
            tries += again(app, ["ben"] * 40, addresses=everywhere)
        assert tries.count(WRONG) == 100 - 13, "from everywhere together, too"
        assert again(app, ["eve"], addresses=iter([ELSEWHERE])) == [WRONG]
        time.shift(3601)
        assert again(app, ["ben"], addresses=iter([ELSEWHERE])) == [WRONG]


@LIMITED
def test_a_refusal_after_a_restart_says_when_to_come_again(overrides: Overrides, app: Flask, school: People) -> None:
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=False) as time:
        again(app, ["ben"] * 10, addresses=iter([ELSEWHERE] * 10))
        time.shift(20)
        with create_app(app.extensions["settings"]).app_context():
            device = Device(SignInKind.BROWSER, ELSEWHERE)
            with pytest.raises(RateLimited) as caught:
                accounts.sign_in(login="ben", password=make.PASSWORD, device=device)
            assert caught.value.data["retry_after"] == 40
            time.shift(41)
            accounts.sign_in(login="ben", password=make.PASSWORD, device=device)
            db.session.remove()
            db.engine.dispose()


def test_looking_back_walks_an_index(app: Flask, school_database: str, school: People) -> None:
    if school_database == "postgresql":
        db.session.execute(db.text("set enable_seqscan = off"))
    for statement, plan in planned(lambda: guesses.spend(school.ben.id, "ben", HOME), school_database):
        own = "ix_activities_subject_id_at" in plan or "ix_activities_actor_id_at" in plan
        assert "activities" not in statement or own, plan


# With Redis


def post(school: servers.RunningSchool, login: str, password: str) -> int:
    data = {"login": login, "password": password}
    return requests.post(f"{school.url}/api/auth/login/", json=data, timeout=20).status_code


@pytest.mark.redis
def test_two_processes_share_one_budget_and_without_redis_nobody_guesses(sqlite_template: Path, tmp_path: Path) -> None:
    (tmp_path / "elearn.db").write_bytes(sqlite_template.read_bytes())
    app = create_app(settings_for(tmp_path))
    with app.app_context():
        with services_for_tests.own_redis(tmp_path) as url:
            settings = settings_for(tmp_path, redis_url=url)
            limits = {"RATE_LIMITS": "true", "SIGN_IN_LIMIT": "10/hour"}
            with servers.running(app, settings, **limits) as first, servers.running(app, settings, **limits) as second:
                people.arrive()
                assert [post((first, second)[n % 2], "ben", "wrong") for n in range(10)] == [401] * 10
                assert [post(one, "ben", make.PASSWORD) for one in (first, second)] == [429, 429]
                first.stop()
                with servers.running(app, settings, **limits) as third:
                    assert post(third, "ben", make.PASSWORD) == 429, "Redis remembers over a restart"
                    assert post(third, "eve", make.PASSWORD) == 200
                    redis.Redis.from_url(url).shutdown(nosave=True)
                    assert [post(one, "eve", make.PASSWORD) for one in (second, third)] == [503, 503]
        db.session.remove()
        db.engine.dispose()
