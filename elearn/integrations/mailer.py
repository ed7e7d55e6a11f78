"""Emails on their way out: by SMTP, or without a server as `.eml` files in `instance/mail/`.

Everything that people typed ends up in headers here: names, titles, addresses. What a header could be broken with is
taken out, the rest is encoded, and nothing depends on a mail program's patience with long lines.
"""

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime, quote
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

import flask_mail
import structlog
from flask import current_app

from config import Settings
from elearn.extensions import current_settings

log = structlog.get_logger(__name__)

FOLDER = "mail"
NAME_MAX, SUBJECT_MAX = 100, 200
LINE = 74
SAID_MAX = 300
PERMANENT = 500
CLOSING = 421
# What servers say to a recipient who is not there; with an enhanced status code, that tells it, wherever it stands.
NO_MAILBOX = {550, 551, 553}
ENHANCED = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
# The same numbers without one are said to a sender who may not send here: then the address may be a good one.
NOT_OF_THE_ADDRESS = re.compile(r"relay|rcpthosts|spam|block|blacklist|policy|denied|authentic", re.IGNORECASE)
CLOSED_MAILBOX = "5.2.1"
OF_THE_SENDER = {"5.1.7", "5.1.8"}
BYE_SECONDS = 2
# All that is said over one message may take so many times MAIL_TIMEOUT, which is for one answer.
ANSWERS = 4
CHUNK = 4096
# They shape the words of some languages, although they cannot be seen.
JOINERS = "\u200c\u200d"
_NEWLINE = "\r\n"


class PermanentError(Exception):
    """Says that this message will never be taken."""


class NoMailboxError(PermanentError):
    """Says that nobody has this address."""


class PassingError(Exception):
    """Says that this message was not taken now; others may be."""


class LostError(PassingError):
    """Says that the connection broke over this message; when it goes on like this, it is the server."""


class AwayError(Exception):
    """Says that no message can be sent now: the server is down, or does not let us in."""


@dataclass(frozen=True)
class Message:
    """One email, ready to go."""

    id: UUID
    to_email: str
    to_name: str
    subject: str
    text: str
    html: str
    written_at: datetime
    # The name of the school's machine, which makes the Message-ID the same whenever and by whomever it is sent.
    host: str
    # Who it comes from, as people read it.
    from_name: str
    # Where one POST ends such emails (RFC 8058).
    unsubscribe: str = ""


class Mailbox(Protocol):
    """Takes messages one by one, over one connection as long as it holds."""

    def send(self, message: Message) -> None:
        """Hand one message over; raises `PermanentError` (`NoMailboxError`), `PassingError` or `AwayError`."""


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """Open the way out that the settings name."""
    settings = current_settings()
    if not settings.mail_server:
        yield Folder(settings)
        return
    box = Smtp(settings)
    try:
        yield box
    finally:
        box.close()


class Folder:
    """The local twin: each message is a file that a mail program can open, named by its id."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.instance_path / FOLDER
        self._sender = settings.mail_from

    def send(self, message: Message) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{message.id}.eml"
        write_whole(path, as_bytes(message, self._sender))
        log.info("email_written", file=str(path), to=message.to_email, subject=_one_line(message.subject, SUBJECT_MAX))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that whoever looks finds all of it or nothing."""
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.replace(path)


class _Line(smtplib.SMTP):
    """Speak SMTP until a moment at which it is over, also with a server that says something all the time.

    The library's time limit is for one read, and a server that sends a byte now and then never comes to it. Asked for
    at each read, the end needs no second thread, and so holds in threads and under eventlet.
    """

    def __init__(self, end: float, **at: Any) -> None:
        self.end = end
        super().__init__(**at)

    def wait_for(self, sock: socket.socket) -> None:
        """Let the next wait take what is left; raises `TimeoutError` when nothing is."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out, although it said something from time to time")
        sock.settimeout(min(self.timeout, left))

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Answers(self, self.sock)
        return super().getreply()

    def send(self, s: Any) -> None:
        if self.sock is not None:
            self.wait_for(self.sock)
        super().send(s)


class _SecureLine(_Line, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


class _Answers:
    """Read a server's lines, as the file of a socket does."""

    def __init__(self, line: _Line, sock: socket.socket) -> None:
        self._line, self._sock, self._came = line, sock, b""

    def readline(self, most: int) -> bytes:
        """Return the next line, or what came of it when it is longer than this or the connection ends."""
        while b"\n" not in self._came and len(self._came) < most:
            self._line.wait_for(self._sock)
            more = self._sock.recv(CHUNK)
            if not more:
                break
            self._came += more
        end = min(self._came.find(b"\n") + 1 or len(self._came), most)
        line, self._came = self._came[:end], self._came[end:]
        return line

    def close(self) -> None:
        self._came = b""


class _Connection(flask_mail.Connection):
    """flask-mail's connection with a time limit, and with certificates that are checked."""

    def __init__(self, mail: Any, end: float) -> None:
        super().__init__(mail)
        self._end = end

    def configure_host(self) -> _Line:
        settings = current_settings()
        secure = ssl.create_default_context()
        at: dict[str, Any] = {"host": self.mail.server, "port": self.mail.port, "timeout": settings.mail_timeout}
        host = _SecureLine(self._end, **at, context=secure) if self.mail.use_ssl else _Line(self._end, **at)
        try:
            if self.mail.use_tls:
                host.starttls(context=secure)
            if self.mail.username:
                host.login(self.mail.username, self.mail.password or "")
            host.ehlo_or_helo_if_needed()
        except (OSError, ValueError):
            host.close()
            raise
        return host


class Smtp:
    """The server of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._sender = settings.mail_from
        self._seconds = settings.mail_timeout * ANSWERS
        self._host: _Line | None = None

    def send(self, message: Message) -> None:
        content = as_bytes(message, self._sender)
        sender, to = own_address(self._sender), envelope_address(message.to_email)
        end = time.monotonic() + self._seconds
        host = self._open(end)
        try:
            host.sendmail(sender, [to], content)
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            if has_no_mailbox(code, said):
                raise NoMailboxError(_said(code, said)) from error
            self._refused(host, code, said)
        except smtplib.SMTPSenderRefused as error:
            # Nobody's message would be taken from this address: it waits for whoever mends the settings.
            self.close()
            raise AwayError(_said(error.smtp_code, error.smtp_error)) from error
        except smtplib.SMTPResponseException as error:
            self._refused(host, error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            # Lost on the way, perhaps after the server had it: the Message-ID tells it is the same one.
            self._drop()
            raise LostError(f"The connection was lost: {error or type(error).__name__}") from error

    def close(self) -> None:
        """Say goodbye, without waiting long for an answer."""
        host, self._host = self._host, None
        if host is None:
            return
        with suppress(OSError, smtplib.SMTPException):
            host.end = time.monotonic() + BYE_SECONDS
            host.quit()
        host.close()

    def _open(self, end: float) -> _Line:
        if self._host is None:
            try:
                self._host = _Connection(current_app.extensions["mail"], end).configure_host()
            except smtplib.SMTPResponseException as error:
                raise AwayError(_said(error.smtp_code, error.smtp_error)) from error
            except (OSError, ValueError, smtplib.SMTPException) as error:
                raise AwayError(f"The mail server is away: {error or type(error).__name__}") from error
        self._host.end = end
        return self._host

    def _drop(self) -> None:
        host, self._host = self._host, None
        if host is not None:
            host.close()

    def _refused(self, host: smtplib.SMTP, code: int, said: bytes | str) -> None:
        is_over = code == CLOSING or host.sock is None
        if is_over:
            self._drop()
        if code >= PERMANENT:
            raise PermanentError(_said(code, said))
        if is_over:
            raise LostError(_said(code, said))
        raise PassingError(_said(code, said))


def has_no_mailbox(code: int, said: bytes | str) -> bool:
    """Tell whether a refused recipient is an address that nobody has; other refusals are about us or about today.

    Enhanced status codes (RFC 3463) tell it apart: 5.1.x is about the address, 5.2.1 a closed mailbox.
    """
    words = _said(code, said)
    enhanced = ENHANCED.search(words)
    if enhanced is None:
        return code in NO_MAILBOX and not NOT_OF_THE_ADDRESS.search(words)
    status = enhanced[1]
    return status == CLOSED_MAILBOX or (status.startswith("5.1.") and status not in OF_THE_SENDER)


def _said(code: int, said: bytes | str) -> str:
    words = said.decode(errors="replace") if isinstance(said, bytes) else said
    return _one_line(f"{code} {words}", SAID_MAX)


def envelope_address(address: str) -> str:
    """Return an address as SMTP takes it: one mailbox of visible ASCII, the name of the machine in punycode."""
    local, at, machine = address.rpartition("@")
    try:
        machine = machine.encode("idna").decode()
        plain = f"{local}@{machine}".encode("ascii").decode()
    except UnicodeError as error:
        raise PermanentError("The mail server cannot take this address.") from error
    if not at or not local or not machine or any(sign <= " " or sign in '<>(),;:\\"[]\x7f' for sign in plain):
        raise PermanentError("This is not the address of one mailbox.")
    return plain


def own_address(sender: str) -> str:
    """Return the sender as SMTP takes it; while the settings name none that can be used, no message can be sent."""
    try:
        return envelope_address(sender)
    except PermanentError as error:
        raise AwayError("MAIL_FROM is not an address alone. Mend the settings.") from error


def as_bytes(message: Message, sender: str) -> bytes:
    """Write the message: headers of our own making, then the text and the HTML as the library encodes them."""
    body = EmailMessage(policy=policy.SMTP)
    body.set_content(message.text, cte="quoted-printable")
    body.add_alternative(message.html, subtype="html", cte="quoted-printable")
    headers = [
        ("Message-ID", f"<{message.id}@{message.host}>"),
        ("Date", format_datetime(message.written_at)),
        ("From", f"{_phrase(message.from_name)}<{own_address(sender)}>"),
        ("To", f"{_phrase(message.to_name)}<{envelope_address(message.to_email)}>"),
        ("Subject", _encoded(_one_line(message.subject, SUBJECT_MAX), quoted=str)),
        ("Auto-Submitted", "auto-generated"),
    ]
    if message.unsubscribe and message.unsubscribe.isascii():
        headers += [
            ("List-Unsubscribe", f"<{message.unsubscribe}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ]
    return "".join(f"{name}: {value}{_NEWLINE}" for name, value in headers).encode("ascii") + body.as_bytes()


def _phrase(name: str) -> str:
    clean = _one_line(name, NAME_MAX)
    return _encoded(clean, quoted=lambda text: f'"{quote(text)}"') + _NEWLINE + " " if clean else ""


def _encoded(text: str, quoted: Callable[[str], str]) -> str:
    """Return the words for a header: as they are when they can be misread by nobody, else encoded and folded."""
    if text.isascii() and "=?" not in text:
        return quoted(text)
    return Header(text, "utf-8", maxlinelen=LINE, header_name="Subject").encode(linesep=_NEWLINE)


def _one_line(text: str, longest: int) -> str:
    """Take out what ends a line or cannot be seen, and what is too long for a header."""
    words = " ".join("".join(sign if sign.isprintable() or sign in JOINERS else " " for sign in text).split())
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"
