"""A production refuses to start with settings that would be unsafe."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from config import KNOWN_SECRETS, MIN_SECRET, Settings
from elearn.integrations.mailer import PermanentError, envelope_address

SAFE: dict[str, Any] = {
    "elearn_env": "production",
    "secret_key": "k7Pq-3vWz_Nf5sTy8RbLm2XcJd9HgUa4E",
    "base_url": "https://school.example",
    "debug": False,
    "allowed_origins": (),
}


@pytest.fixture(autouse=True)
def without_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is set around the tests must not decide."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def started(**values: Any) -> Settings:
    return Settings(_env_file=None, **(SAFE | values))


def test_safe_settings_start() -> None:
    assert started().is_production
    assert started().is_secure


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"secret_key": ""}, "SECRET_KEY must have 32 characters"),
        ({"secret_key": "x" * (MIN_SECRET - 1)}, "SECRET_KEY must have 32 characters"),
        *[({"secret_key": known}, "SECRET_KEY must have 32 characters") for known in sorted(KNOWN_SECRETS)],
        ({"debug": True}, "DEBUG must be off"),
        ({"base_url": ""}, "BASE_URL must be the address"),
        ({"base_url": "school.example"}, "BASE_URL must be the address"),
        ({"base_url": "javascript:alert(1)"}, "BASE_URL must be the address"),
        ({"base_url": "http://school.example"}, "BASE_URL must begin with https"),
        ({"base_url": "", "allow_http": True}, "BASE_URL must be the address"),
        ({"code_minutes": 11}, "less than or equal to 10"),
        ({"allowed_origins": "*"}, "ALLOWED_ORIGINS must name origins"),
        ({"allowed_origins": "https://a.example, *"}, "ALLOWED_ORIGINS must name origins"),
    ],
)
def test_unsafe_settings_do_not_start(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        started(**values)


def test_without_https_only_for_those_who_say_so() -> None:
    settings = started(base_url="http://school.example", allow_http=True)
    assert (settings.is_production, settings.is_secure) == (True, False)


def test_the_refusal_does_not_tell_the_secret() -> None:
    with pytest.raises(ValidationError) as refusal:
        started(secret_key="short-and-known")
    assert "short-and-known" not in str(refusal.value)


@pytest.mark.parametrize("environment", ["development", "testing"])
def test_at_home_nothing_needs_to_be_set(environment: str) -> None:
    assert Settings(_env_file=None, elearn_env=environment).sqlalchemy_url.startswith("sqlite:///")


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SAFE.items():
        monkeypatch.setenv(name.upper(), "" if value == () else str(value))
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://a.example, https://b.example")
    settings = Settings(_env_file=None)
    assert settings.is_production
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    monkeypatch.setenv("DEBUG", "true")
    with pytest.raises(ValidationError):
        Settings(_env_file=None)


@pytest.mark.parametrize("prefix", ["postgres://", "postgresql://"])
def test_postgres_addresses_of_every_kind_are_understood(prefix: str) -> None:
    url = started(database_url=f"{prefix}somebody@db/school").sqlalchemy_url
    assert url == "postgresql+psycopg2://somebody@db/school"


SENDERS = {
    "school@localhost.localdomain": True,
    "school@localhost": True,
    "no-reply+school@mail.school.example": True,
    "schule@schöne-schule.example": True,
    "Northfield School <school@school.example>": False,
    "<school@school.example>": False,
    "school": False,
    "": False,
    "@school.example": False,
    "school@": False,
    "school@school.example, other@school.example": False,
    "school@school.example\n": False,
    "my school@school.example": False,
    "école@school.example": False,
    "school@..example": False,
    "school@[127.0.0.1]": False,
}


@pytest.mark.parametrize("address", SENDERS)
def test_the_sender_is_an_address_that_a_mail_server_takes(address: str) -> None:
    if SENDERS[address]:
        assert envelope_address(started(mail_from=address).mail_from)
        return
    with pytest.raises(ValidationError, match="one address alone"):
        started(mail_from=address)
    with pytest.raises(PermanentError):
        envelope_address(address)
