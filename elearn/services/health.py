from dataclasses import dataclass

import redis
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from elearn.extensions import current_settings, db


@dataclass(frozen=True)
class Report:
    """Say what is there; `None` is what the settings do not ask for."""

    database: bool
    redis: bool | None

    @property
    def is_ready(self) -> bool:
        return self.database

    def as_dict(self) -> dict[str, object]:
        words = {True: "ok", False: "away", None: "not used"}
        status = "away" if not self.database else "degraded" if self.redis is False else "ok"
        return {"status": status, "database": words[self.database], "redis": words[self.redis]}


def check() -> Report:
    """Ask the database and Redis whether they answer, within a second each."""
    try:
        db.session.execute(text("select 1"))
        database = True
    except SQLAlchemyError:
        db.session.rollback()
        database = False
    return Report(database, _redis_answers(current_settings().redis_url))


def _redis_answers(url: str | None) -> bool | None:
    if url is None:
        return None
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
