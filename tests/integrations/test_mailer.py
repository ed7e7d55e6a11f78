"""What people typed breaks no header, and every message goes to its receiver alone; by SMTP, TLS and into files."""

import datetime as dt
import email
import socket
import ssl
import time
import uuid
from collections.abc import Iterator
from email import policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask

from config import Settings
from elearn.integrations import mailer
from elearn.integrations.mailer import AwayError, LostError, Message, PermanentError
from tests.smtp import PostOffice, dripping_server, goes_to, post_office, silent_server

SENDER = "school@northfield.example"
STOP = "https://school.example/unsubscribe/x"

EVIL = [
    "Ada\r\nBcc: victim@evil.example",
    "Ada\nBcc: victim@evil.example\n\nbody",
    "Ada\rX-Evil: 1",
    "Ada\u2028Bcc: victim@evil.example",
    "Ada\x85Bcc: victim@evil.example",
    "Ada\x0b\x0c\x1c\x1d\x1eBcc: x",
    "Ada\x00\x08\x7f",
    "Novak, Ada",
    "Ada <victim@evil.example>",
    "Ada <victim@evil.example>, Ben",
    '"Ada" <x@evil.example>',
    'Ada "the \\" Great" Novak',
    "Ada\\",
    "(comment) Ada; group: x@evil.example;",
    "=?utf-8?q?Ada=0D=0ABcc=3A_victim=40evil=2Eexample?=",
    "=?utf-8?b?QWRhDQpCY2M6IHZpY3RpbUBldmlsLmV4YW1wbGU=?=",
    "Élodie, <victim@evil.example>",
    "Zoë\r\nBcc: victim@evil.example",
    "Ελένη Παπαδοπούλου, καθηγήτρια",
    "李小龍" * 30,
    "مرحبا \u202eevil",
    "👩\u200d🏫 Ada 🎓" * 20,
    "x" * 1500,
    "é" * 1500,
    "x, " * 500,
    "é, <a@b.example> " * 80,
    " ",
    "",
    "\t",
    "a" * 75 + "é" + "b" * 75,
]


def message(**values: Any) -> Message:
    defaults: dict[str, Any] = {
        "id": uuid.UUID("0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55"),
        "to_email": "ada@school.example",
        "to_name": "Ada Novak",
        "subject": "Hello",
        "text": "Hello\n",
        "html": "<p>Hello</p>",
        "written_at": dt.datetime(2026, 9, 1, 8, 15, tzinfo=dt.UTC),
        "host": "school.example",
        "from_name": "Northfield School",
    }
    return Message(**(defaults | values))


def parsed(content: bytes) -> EmailMessage:
    read = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(read, EmailMessage)
    return read


def check_form(content: bytes) -> EmailMessage:
    """Read a message and look at what no message of ours may lack or have."""
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    content.decode("ascii")
    read = parsed(content)
    assert not read.defects
    names = [name.lower() for name in read]
    expected = {"message-id", "date", "from", "to", "subject", "auto-submitted", "mime-version", "content-type"}
    assert set(names) - {"list-unsubscribe", "list-unsubscribe-post"} == expected
    assert len(names) == len(set(names))
    assert not [defect for name in read for defect in getattr(read[name], "defects", ())]
    return read


def only(read: EmailMessage, header: str) -> Address:
    (address,) = read[header].addresses
    return address


def name_in(content: bytes, header: str) -> str:
    """Read a name as RFC 2047 says; the policy of the library leaves a space between its encoded parts."""
    raw = email.message_from_bytes(content)[header]
    return str(make_header(decode_header(parseaddr(str(raw))[0])))


@pytest.mark.parametrize("evil", EVIL)
def test_what_people_typed_breaks_no_header(evil: str) -> None:
    made = message(to_name=evil, subject=f"{evil} invites you", from_name=evil, text=evil + "\n", html=f"<p>{evil}</p>")
    content = mailer.as_bytes(made, SENDER)
    read = check_form(content)
    assert only(read, "To").addr_spec == "ada@school.example"
    assert only(read, "From").addr_spec == SENDER
    words = " ".join("".join(sign if sign.isprintable() or sign == "\u200d" else " " for sign in evil).split())
    if len(words) <= mailer.NAME_MAX:
        assert name_in(content, "To") == name_in(content, "From") == words
        assert read["Subject"] == f"{words} invites you".strip()
    else:
        assert name_in(content, "To") == name_in(content, "From") == words[: mailer.NAME_MAX - 1].rstrip() + "…"
        assert len(str(read["Subject"])) <= mailer.SUBJECT_MAX


ADDRESSES = [
    "a@school.example\r\nBcc: victim@evil.example",
    "a@school.example, victim@evil.example",
    "a@school.example;victim@evil.example",
    "<a@school.example>",
    "Ada <a@school.example>",
    '"a b"@school.example',
    "a b@school.example",
    "a@school.example\x00",
    "a@",
    "@school.example",
    "nobody",
    "",
    "élodie@school.example",
    "a@" + "x" * 64 + ".example",
    "a@..example",
    "a@[127.0.0.1]",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_no_single_address_is_refused(address: str) -> None:
    with pytest.raises(PermanentError):
        mailer.as_bytes(message(to_email=address), SENDER)


def test_machines_with_letters_of_their_own_are_reached() -> None:
    read = check_form(mailer.as_bytes(message(to_email="ada@schöne-schule.example"), SENDER))
    assert only(read, "To").addr_spec == "ada@xn--schne-schule-6ib.example"


def test_the_same_email_is_the_same_message_whenever_it_is_sent() -> None:
    read = check_form(mailer.as_bytes(message(), SENDER))
    assert read["Message-ID"] == "<0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55@school.example>"
    assert read["Date"] == "Tue, 01 Sep 2026 08:15:00 +0000"
    assert read["From"] == "Northfield School <school@northfield.example>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in read


def test_what_can_be_unsubscribed_says_so() -> None:
    read = check_form(mailer.as_bytes(message(unsubscribe=STOP), SENDER))
    assert read["List-Unsubscribe"] == f"<{STOP}>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_long_and_foreign_text_arrives_as_it_was() -> None:
    text = "é" * 3000 + "\n.\n\nFrom here\n" + "x" * 2000 + "\n"
    read = check_form(mailer.as_bytes(message(text=text, html=f"<p>{text}</p>"), SENDER))
    plain, html = read.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == text
    assert html.get_content_type() == "text/html"
    assert html.get_content().replace("\r\n", "\n").strip() == f"<p>{text}</p>"


def test_a_lone_dot_and_evil_names_arrive_over_smtp(app: Flask, settings: Settings) -> None:
    with post_office() as office:
        goes_to(app, settings, office.port)
        with mailer.open_mailbox() as box:
            for evil in EVIL:
                box.send(message(to_name=evil, subject=evil, text="before\n.\nafter\n"))
        assert office.addresses() == ["ada@school.example"] * len(EVIL)
        assert {one.sender for one in office.received} == {settings.mail_from}
        for one in office.received:
            part = one.message.get_body(("plain",))
            assert part is not None
            assert part.get_content().split() == ["before", ".", "after"]


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate of this machine that nobody knows yet, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.crt"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.with_suffix(".txt").write_bytes(secret)
    return path


@pytest.fixture
def safe_office(certificate: Path) -> Iterator[PostOffice]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".txt"))
    with post_office(tls=context, require_starttls=True) as office:
        yield office


def test_a_certificate_that_nobody_knows_is_refused(app: Flask, settings: Settings, safe_office: PostOffice) -> None:
    goes_to(app, settings, safe_office.port, mail_security="starttls")
    with mailer.open_mailbox() as box, pytest.raises(AwayError, match="certificate"):
        box.send(message())
    assert not safe_office.received


def test_a_certificate_that_is_known_is_taken(
    app: Flask, settings: Settings, safe_office: PostOffice, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    goes_to(app, settings, safe_office.port, mail_security="starttls")
    with mailer.open_mailbox() as box:
        box.send(message())
        box.send(message())
    assert len(safe_office.received) == 2


def test_tls_from_the_first_byte(
    app: Flask, settings: Settings, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".txt"))
    with post_office(ssl_context=context) as office:
        goes_to(app, settings, office.port, mail_security="tls")
        with mailer.open_mailbox() as box:
            box.send(message())
            box.send(message())
    assert len(office.received) == 2


def test_a_server_without_tls_gets_nothing_when_tls_is_asked_for(app: Flask, settings: Settings) -> None:
    with post_office() as office:
        for security in ("starttls", "tls"):
            goes_to(app, settings, office.port, mail_security=security)
            with mailer.open_mailbox() as box, pytest.raises(AwayError):
                box.send(message())
        assert not office.received


def test_one_connection_carries_several_messages(app: Flask, settings: Settings) -> None:
    with post_office() as office:
        goes_to(app, settings, office.port)
        with mailer.open_mailbox() as box:
            box.send(message())
            first = box._host
            box.send(message(to_email="ben@school.example"))
            assert box._host is first
    assert office.addresses() == ["ada@school.example", "ben@school.example"]


def test_waiting_for_a_server_has_an_end(app: Flask, settings: Settings) -> None:
    with silent_server() as port:
        goes_to(app, settings, port)
        with mailer.open_mailbox() as box, pytest.raises(AwayError, match="timed out"):
            box.send(message())


@pytest.mark.parametrize(
    ("at", "error"), [("", AwayError), ("EHLO", AwayError), ("MAIL", LostError), ("RCPT", LostError)]
)
def test_a_server_that_drips_holds_the_sender_no_longer_than_one_that_is_silent(
    app: Flask, settings: Settings, at: str, error: type[Exception]
) -> None:
    with dripping_server(at) as port:
        goes_to(app, settings, port, mail_timeout=0.2)
        began = time.monotonic()
        with mailer.open_mailbox() as box:
            with pytest.raises(error, match="timed out"):
                box.send(message())
            assert getattr(box, "_host", None) is None
        assert 0.2 * mailer.ANSWERS < time.monotonic() - began < 3


def test_each_message_over_one_connection_has_its_own_time(app: Flask, settings: Settings) -> None:
    with post_office() as office:
        goes_to(app, settings, office.port, mail_timeout=0.3)
        with mailer.open_mailbox() as box:
            for _ in range(3):
                box.send(message())
                time.sleep(0.3 * mailer.ANSWERS / 2)
    assert len(office.received) == 3


def test_lines_are_read_as_they_come() -> None:
    here, there = socket.socketpair()
    with here, there:
        line = mailer._Line(time.monotonic() + 5, timeout=0.2)
        answers = mailer._Answers(line, here)
        for part in (b"250-one\r", b"\n250 two\r\n22", b"0 three\r\n", b"x" * 20):
            there.sendall(part)
        assert [answers.readline(20) for _ in range(4)] == [b"250-one\r\n", b"250 two\r\n", b"220 three\r\n", b"x" * 20]
        with pytest.raises(TimeoutError):
            answers.readline(20)
        there.sendall(b"the rest")
        there.shutdown(socket.SHUT_WR)
        assert [answers.readline(20), answers.readline(20)] == [b"the rest", b""]


def test_files_are_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "one.eml"
    mailer.write_whole(path, b"first")
    mailer.write_whole(path, b"second")
    assert [file.name for file in tmp_path.iterdir()] == ["one.eml"]
    assert path.read_bytes() == b"second"
