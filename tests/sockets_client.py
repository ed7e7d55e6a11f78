"""A client of the live room for tests: python-socketio's own, with what it received kept in order."""

import threading
import time
from collections.abc import Callable
from typing import Any

import socketio

NAMESPACES = ["/classroom", "/whiteboard", "/audio"]
EVENTS = {
    "/classroom": [
        "message", "message_deleted", "people", "typing", "hands", "rights", "everyone", "lesson", "closed", "beat",
        "resync",
    ],
    "/whiteboard": ["ops", "live", "cursors", "pages", "turn", "closed", "resync"],
    "/audio": ["started", "stopped", "frame", "closed", "resync"],
    "/notifications": ["notification", "unread", "status", "resync"],
}  # fmt: skip


class RoomClient:
    """Connect, call with acks, and wait for events."""

    def __init__(
        self,
        url: str,
        *,
        cookie: str | None = None,
        token: str | None = None,
        transports: tuple[str, ...] = ("websocket",),
        namespaces: tuple[str, ...] = tuple(NAMESPACES),
    ) -> None:
        self.client = socketio.Client(reconnection=False)
        self.events: list[tuple[str, str, Any]] = []
        self._news = threading.Condition()
        for namespace, names in EVENTS.items():
            for name in names:
                self.client.on(name, self._keeper(namespace, name), namespace=namespace)
        self.client.connect(
            url,
            headers={"Cookie": f"session={cookie}"} if cookie else {},
            auth={"token": token} if token else None,
            namespaces=list(namespaces),
            transports=list(transports),
            wait_timeout=10,
        )

    def _keeper(self, namespace: str, name: str) -> Callable[..., None]:
        def keep(*args: Any) -> None:
            with self._news:
                self.events.append((namespace, name, args[0] if args else None))
                self._news.notify_all()

        return keep

    def call(self, namespace: str, event: str, payload: Any) -> dict[str, Any]:
        ack: dict[str, Any] = self.client.call(event, payload, namespace=namespace, timeout=10)
        return ack

    def send(self, namespace: str, event: str, payload: Any) -> None:
        self.client.emit(event, payload, namespace=namespace)

    def got(self, name: str, namespace: str | None = None) -> list[Any]:
        with self._news:
            return [data for where, event, data in self.events if event == name and namespace in {None, where}]

    def wait(
        self,
        name: str,
        check: Callable[[Any], bool] = lambda _: True,
        seconds: float = 5.0,
        namespace: str | None = None,
    ) -> Any:
        """Return the first event that fits, or fail."""
        end = time.monotonic() + seconds
        with self._news:
            while True:
                for where, event, data in self.events:
                    if event == name and namespace in {None, where} and check(data):
                        return data
                left = end - time.monotonic()
                if left <= 0 or not self._news.wait(left):
                    raise AssertionError(f"No {name} came. What came: {[event for _, event, _ in self.events]}")

    def forget(self) -> None:
        with self._news:
            self.events.clear()

    @property
    def connected(self) -> bool:
        return bool(self.client.connected)

    def close(self) -> None:
        self.client.disconnect()
