"""The live room over one socket: the namespaces, as thin as routes."""

from flask import Flask

from config import Settings
from elearn.extensions import socketio
from elearn.integrations import realtime
from elearn.integrations.presence import make_presence
from elearn.sockets.audio import AudioNamespace
from elearn.sockets.budgets import Budgets
from elearn.sockets.classroom import ClassroomNamespace
from elearn.sockets.notifications import NotificationsNamespace
from elearn.sockets.origins import allowed_by
from elearn.sockets.upkeep import Upkeep
from elearn.sockets.whiteboard import WhiteboardNamespace

# A message of 1 MB still gets an answer that says how long it may be; beyond this the connection is closed.
LARGEST_EVENT = 2 * 2**20


def init_app(app: Flask, settings: Settings) -> None:
    """Start Socket.IO the way that was measured: no compression, events in order, bounded queues."""
    socketio.init_app(
        app,
        async_mode=settings.async_mode,
        async_handlers=False,
        cors_allowed_origins=allowed_by(settings),
        message_queue=settings.redis_url,
        channel="elearn",
        max_http_buffer_size=LARGEST_EVENT,
        ping_interval=20,
        ping_timeout=20,
        cookie=None,
        manage_session=False,
        http_compression=False,
        logger=False,
        engineio_logger=False,
    )
    app.extensions["presence"] = make_presence(settings)
    realtime.start(app, socketio)
    budgets = Budgets()
    namespaces = (ClassroomNamespace(app, budgets), WhiteboardNamespace(app, budgets), AudioNamespace(app, budgets))
    upkeep = Upkeep(app, *namespaces)
    for namespace in namespaces:
        namespace.on_first_connection = upkeep.start
        socketio.on_namespace(namespace)
    socketio.on_namespace(NotificationsNamespace(app, budgets))
