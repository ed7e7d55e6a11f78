"""A real SMTP server (aiosmtpd) that keeps what it gets, and misbehaves where a test wants it to."""

import contextlib
import email
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from config import Settings


@dataclass(frozen=True)
class Received:
    """One message as it came: the envelope and the content."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass
class PostOffice:
    """What the server got, and how it answers."""

    received: list[Received] = field(default_factory=list)
    # Answers by address, instead of taking the message.
    to_recipient: dict[str, str] = field(default_factory=dict)
    to_data: dict[str, str] = field(default_factory=dict)
    # Takes the message of these addresses and breaks the connection instead of saying so; as often as it says.
    breaks_after_data: Counter[str] = field(default_factory=Counter)
    port: int = 0

    def ids(self) -> Counter[str]:
        return Counter(one.id for one in self.received)

    def addresses(self) -> list[str]:
        return [address for one in self.received for address in one.recipients]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.to_recipient:
            return self.to_recipient[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        address = envelope.rcpt_tos[0]
        if address in self.to_data:
            return self.to_data[address]
        assert isinstance(envelope.content, bytes)
        self.received.append(Received(str(envelope.mail_from), list(envelope.rcpt_tos), envelope.content))
        if self.breaks_after_data[address]:
            self.breaks_after_data[address] -= 1
            assert server.transport is not None
            server.transport.abort()
        return "250 OK"


@contextlib.contextmanager
def post_office(port: int | None = None, tls: ssl.SSLContext | None = None, **options: Any) -> Iterator[PostOffice]:
    """Run the server on a free port, or on the one that is given."""
    office = PostOffice()
    office.port = port or free_port()
    controller = Controller(office, hostname="127.0.0.1", port=office.port, tls_context=tls, **options)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


def goes_to(app: Flask, settings: Settings, port: int, **values: Any) -> None:
    """Point the school at this mail server."""
    changed = {"mail_server": "127.0.0.1", "mail_port": port, "mail_security": "none", "mail_timeout": 1} | values
    app.extensions["settings"] = settings.model_copy(update=changed)
    state = app.extensions["mail"]
    state.server, state.port = changed["mail_server"], port
    state.use_tls, state.use_ssl = changed["mail_security"] == "starttls", changed["mail_security"] == "tls"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def silent_server(seconds: float = 60, says: bytes = b"") -> Iterator[int]:
    """Accept connections and say nothing, or one line only after that time; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def serve() -> None:
            server.settimeout(0.1)
            open_ones = []
            while not over.is_set():
                with contextlib.suppress(TimeoutError, OSError):
                    connection, _ = server.accept()
                    open_ones.append((time.monotonic(), connection))
                for began, connection in open_ones:
                    if says and time.monotonic() - began > seconds:
                        with contextlib.suppress(OSError):
                            connection.sendall(says)
            for _, connection in open_ones:
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            over.set()
            thread.join()


@contextlib.contextmanager
def dripping_server(at: str = "", every: float = 0.1) -> Iterator[int]:
    """Answer like a server, but from this command on one byte now and then and no end; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def drip(connection: socket.socket) -> None:
            while not over.wait(every):
                connection.sendall(b"2")

        def serve() -> None:
            server.settimeout(0.1)
            while not over.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = server.accept()
                    with connection, connection.makefile("rb") as lines:
                        if not at:
                            drip(connection)
                        connection.sendall(b"220 Hello\r\n")
                        for line in lines:
                            if line.upper().startswith(at.encode()):
                                drip(connection)
                            connection.sendall(b"250 OK\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            over.set()
            thread.join()
