"""Every setting of elearn, typed and explained, read once from the environment (and from `.env`)."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent
MIN_SECRET = 32
KNOWN_SECRETS = {"change-me", "secret", "dev", "development", "test"}
# One mailbox as mail servers take it, the name of the machine in punycode.
MAILBOX = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+", re.ASCII)


class UnsafeSettingsError(ValueError):
    """Says why a production must not start like this."""


def _split(value: object) -> object:
    """Read a comma-separated list, which is how lists stand in an environment."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


def _one_mailbox(value: str) -> str:
    """Refuse a sender with which a mail server would refuse every message."""
    local, _at, machine = value.rpartition("@")
    try:
        plain = f"{local}@{machine.encode('idna').decode()}"
    except UnicodeError:
        plain = ""
    if not MAILBOX.fullmatch(plain):
        raise ValueError("Write one address alone, such as school@example.org. Its name is that of SCHOOL_NAME.")
    return value


OptionalUrl = Annotated[str | None, BeforeValidator(_empty_is_none)]
Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """Hold the settings; the field name in capitals is the environment variable."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", validate_default=True)

    elearn_env: Literal["production", "development", "testing"] = "development"
    debug: bool = Field(default=False, description="Tracebacks and the component gallery. Refused in production.")
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Signs cookies and tokens: 32 characters or more. A local start makes its own.",
    )
    instance_path: Path = Field(default=ROOT / "instance", description="Folder of the local database, files and keys.")
    database_url: OptionalUrl = Field(
        default=None, description="SQLite under the instance folder when empty, or PostgreSQL."
    )
    redis_url: OptionalUrl = Field(
        default=None, description="Message queue, cache, limits and jobs of several processes."
    )

    host: str = Field(default="127.0.0.1", description="Address that the server listens on.")
    port: int = Field(default=5000, ge=1, le=65535, description="Port that the server listens on.")
    base_url: str = Field(
        default="", description="Address that people type, for links in messages. https makes cookies secure."
    )
    allow_http: bool = Field(
        default=False,
        description="Lets a production start without https: cookies and passwords can be read on the way.",
    )
    trusted_proxies: int = Field(default=0, ge=0, le=5, description="How many proxies in front set X-Forwarded-*.")
    allowed_origins: Origins = Field(default=(), description="Foreign origins that may open sockets, comma separated.")
    async_mode: Literal["threading", "eventlet"] = Field(
        default="threading", description="wsgi.py sets eventlet; tests, commands and the worker run in threads."
    )

    school_name: str = Field(default="Northfield School", max_length=80, description="Shown where people sign in.")
    school_term: str = Field(default="Autumn term 2026", max_length=80, description="The line under the school's name.")

    session_days: int = Field(default=30, ge=1, description="How long a device stays signed in when asked to.")
    access_token_minutes: int = Field(default=15, ge=1, description="Life of an API access token.")
    refresh_token_days: int = Field(default=30, ge=1, description="Life of an API refresh token.")
    rate_limits: bool = Field(default=True, description="Off only in load tests.")
    sign_in_limit: str = Field(
        default="10/minute;60/hour", description="Tries to sign in, for one account and one address."
    )
    register_limit: str = Field(
        default="120/hour", description="New accounts from one address; a class registers from one in its first lesson."
    )

    registration: Literal["open", "approval", "invitation"] = Field(
        default="open",
        description="Who may register: all; teachers only after a manager approves; nobody without an invitation.",
    )
    code_minutes: int = Field(default=10, ge=1, le=10, description="Life of a one-time code.")
    unverified_days: int = Field(
        default=7, ge=1, description="How long an account may stay without a proved address before it goes."
    )
    invitation_days: int = Field(default=30, ge=1, le=365, description="How long an invitation can be accepted.")
    invitation_limit: str = Field(default="3000/day", description="Invitations that one teacher may send.")
    invitation_limit_staff: str = Field(
        default="20000/day", description="Invitations that one manager or admin may send."
    )
    activity_days: int = Field(default=365, ge=1, description="How long the activity log keeps its lines.")
    export_days: int = Field(default=7, ge=1, description="How long a copy of one's own data can be downloaded.")

    mail_server: str = Field(
        default="", description="SMTP server. Empty: messages are written as .eml files into instance/mail/."
    )
    mail_port: int = Field(default=587, ge=1, le=65535, description="Port of the SMTP server.")
    mail_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="none only for a server on the same machine."
    )
    mail_username: str = Field(default="", description="Account at the SMTP server; empty when it asks for none.")
    mail_password: SecretStr = Field(default=SecretStr(""), description="Password of that account.")
    mail_from: Annotated[str, AfterValidator(_one_mailbox)] = Field(
        default="school@localhost.localdomain",
        description="Address that messages come from and answers go to; an address alone.",
    )
    mail_timeout: int = Field(default=15, ge=1, description="Seconds to wait for the SMTP server.")

    photo_max_bytes: int = Field(default=8 * 2**20, description="Largest photo that may be uploaded.")
    photo_max_pixels: int = Field(
        default=40_000_000, description="Largest photo in pixels, against decompression bombs."
    )

    whiteboard_max_objects: int = Field(
        default=500, ge=10, description="Objects a board page keeps; the oldest go first."
    )
    whiteboard_max_pages: int = Field(default=50, ge=1, description="Pages a board may have.")
    room_pace: int = Field(
        default=1, ge=1, description="Times the usual number of messages and drawings a second that a room may send."
    )
    room_announce_max: int = Field(default=30, ge=0, description="Rooms up to this size get join and leave messages.")
    socket_queue_packets: int = Field(default=256, ge=16, description="Packets that may wait for one slow reader.")
    socket_queue_bytes: int = Field(default=1_000_000, ge=65536, description="Bytes that may wait for one slow reader.")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_json: bool = Field(default=False, description="One JSON object a line instead of readable lines.")

    @property
    def sqlalchemy_url(self) -> str:
        """Return the URL for SQLAlchemy: psycopg2 for PostgreSQL, because it is green under eventlet by itself."""
        if not self.database_url:
            return f"sqlite:///{self.instance_path.absolute() / 'elearn.db'}"
        for prefix in ("postgres://", "postgresql://"):
            if self.database_url.startswith(prefix):
                return "postgresql+psycopg2://" + self.database_url.removeprefix(prefix)
        return self.database_url

    @property
    def is_production(self) -> bool:
        return self.elearn_env == "production"

    @property
    def is_secure(self) -> bool:
        """Tell whether people reach the school by https."""
        return self.base_url.startswith("https://")

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> Self:
        if not self.is_production:
            return self
        secret = self.secret_key.get_secret_value()
        if self.debug:
            raise UnsafeSettingsError("DEBUG must be off in production.")
        if len(secret) < MIN_SECRET or secret.lower() in KNOWN_SECRETS:
            raise UnsafeSettingsError(
                "SECRET_KEY must have 32 characters or more in production. "
                'Make one with: python -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        if not self.base_url.startswith(("https://", "http://")):
            raise UnsafeSettingsError("BASE_URL must be the address that people type, such as https://school.example.")
        if not self.is_secure and not self.allow_http:
            raise UnsafeSettingsError(
                "BASE_URL must begin with https:// in production. ALLOW_HTTP=true starts without, "
                "for a trial on this machine or a closed network."
            )
        if "*" in self.allowed_origins:
            raise UnsafeSettingsError("ALLOWED_ORIGINS must name origins; * would let every site open sockets.")
        return self
