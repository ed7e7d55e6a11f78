"""The Socket.IO namespaces of the live room."""

from flask import Flask

from config import Settings
from elearn.extensions import socketio


def init_app(app: Flask, settings: Settings) -> None:
    """Start Socket.IO the way that was measured: no compression, events in order, bounded queues."""
    socketio.init_app(
        app,
        async_mode=settings.async_mode,
        async_handlers=False,
        cors_allowed_origins=list(settings.allowed_origins) or None,
        message_queue=settings.redis_url,
        max_http_buffer_size=300_000,
        ping_interval=20,
        ping_timeout=20,
        cookie=None,
        manage_session=False,
        http_compression=False,
        logger=False,
        engineio_logger=False,
    )
