from collections.abc import Iterator

import pytest

from elearn.integrations.presence import MemoryPresence, Presence, RedisPresence
from tests import services_for_tests


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with services_for_tests.own_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
def presence(request: pytest.FixtureRequest) -> Presence:
    if request.param == "memory":
        return MemoryPresence()
    return RedisPresence(request.getfixturevalue("redis_url"))


def test_one_person_with_two_tabs_is_one_person(presence: Presence) -> None:
    assert presence.enter("tabs", "ada", "1")
    assert not presence.enter("tabs", "ada", "2")
    assert presence.enter("tabs", "ben", "3")
    assert presence.people("tabs") == ["ada", "ben"]
    assert not presence.leave("tabs", "ada", "1")
    assert presence.leave("tabs", "ada", "2")
    assert not presence.leave("tabs", "ada", "2")
    assert presence.counts(["tabs", "empty"]) == {"tabs": 1, "empty": 0}


def test_voices_have_numbers_of_their_own(presence: Presence) -> None:
    info = {"user": "ada", "codec": "opus", "rate": 48000}
    numbers = {presence.open_stream("voices", info) for _ in range(255)}
    assert numbers == set(range(255))
    assert presence.open_stream("voices", info) is None
    assert presence.close_stream("voices", 7)
    assert not presence.close_stream("voices", 7)
    assert presence.open_stream("voices", info) == 7
    assert presence.streams("voices")[7]["user"] == "ada"


@pytest.mark.redis
def test_processes_share_who_is_there_and_forget_those_that_died(redis_url: str) -> None:
    first, second = RedisPresence(redis_url), RedisPresence(redis_url)
    assert first.enter("shared", "ada", "1")
    assert not second.enter("shared", "ada", "2")
    assert second.enter("shared", "ben", "3")
    assert first.people("shared") == ["ada", "ben"]
    assert not first.leave("shared", "ada", "1")
    second._redis.delete(f"elearn:process:{second._process}")
    assert first.people("shared") == []


def test_without_redis_each_process_knows_its_own() -> None:
    alone = RedisPresence("redis://127.0.0.1:1/0")
    assert alone.enter("room", "ada", "1")
    assert alone.people("room") == ["ada"]
    stream = alone.open_stream("room", {"user": "ada"})
    assert stream is not None
    assert list(alone.streams("room")) == [stream]
    assert alone.leave("room", "ada", "1")
    assert alone.people("room") == []
