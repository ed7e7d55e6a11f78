"""Background work: one line each to a service. The worker is `python -m elearn.jobs`."""

from flask import Flask
from huey.storage import RedisStorage, SqliteStorage

from config import Settings
from elearn.extensions import huey
from elearn.integrations import waking
from elearn.jobs import exports, invitation_imports, maintenance, notifications, outbox
from elearn.services.outbox import WORK

__all__ = ["exports", "init_app", "invitation_imports", "maintenance", "notifications", "outbox"]


def init_app(app: Flask, settings: Settings) -> None:
    """Point the queue at Redis or at a SQLite file, and give each job an application context."""
    huey.immediate = settings.elearn_env == "testing"
    if not huey.immediate:
        huey.storage_class, huey.storage_kwargs = (
            (RedisStorage, {"url": settings.redis_url})
            if settings.redis_url
            else (SqliteStorage, {"filename": str(settings.instance_path / "jobs.db")})
        )
        huey.storage = huey.create_storage()
    # Tests send when they say so; else what a request posts would be gone before they look at it.
    waking.on(WORK, outbox.send if not huey.immediate else lambda: None)
    app.extensions["huey"] = huey
