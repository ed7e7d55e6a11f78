"""Serve the school to clients that need a port, one request after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    def log(self, *_: Any, **__: Any) -> None:
        """Thousands of lines help nobody."""


@contextmanager
def served(app: Flask, *, threaded: bool = False) -> Iterator[str]:
    """Yield the address while the server runs; threads, where several requests come at once."""
    server = make_server("127.0.0.1", 0, app, threaded=threaded, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
