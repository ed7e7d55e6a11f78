"""Every letter: text and HTML say the same, links lead to the school alone, and the receiver's language counts."""

import html
import re
from typing import Any

import pytest
from flask import Flask

from elearn import emails
from elearn.emails import account_event
from elearn.models import NotificationKind

FACTS: dict[str, dict[str, Any]] = {
    "account_event": {"event": "blocked", "reason": "Two lines\nof a reason"},
    "change_email": {"code": "918273"},
    "digest": {
        "items": [{"text": "Ben enrolled in Biology", "path": "/courses/1"}, {"text": "Nobody left"}],
        "kinds": ["student_enrolled", "student_left"],
    },
    "email_changed": {"new_email": "new@school.example"},
    "email_taken": {},
    "export_ready": {"days": 7},
    "invitation": {
        "token": "t0ken", "inviter": "Ada Novak", "role": "teacher", "courses": ["Biology 7", "Night <Sky>"],
        "message": "Come & see", "days": 30,
    },
    "notification": {"kind": "new_material", "text": "Night Sky has a new lesson: Stars", "path": "/courses/1"},
    "password_changed": {"by": "Mara Osei"},
    "reset_password": {"code": "918273"},
    "verify_email": {"code": "918273"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def overrides() -> dict[str, str]:
    return {"base_url": "https://learn.school.example"}


def as_text(page: str) -> str:
    """Return what one reads of an HTML page."""
    body = re.sub(r"(?s)<head>.*?</head>|<[^>]+>", " ", page)
    return " ".join(html.unescape(body).split())


def test_every_letter_has_facts_here() -> None:
    assert set(FACTS) == set(emails.LETTERS)


@pytest.mark.parametrize("letter", FACTS)
def test_text_and_html_say_the_same(app: Flask, letter: str) -> None:
    stop = "https://learn.school.example/unsubscribe/x"
    written = emails.render(letter, FACTS[letter], "en", unsubscribe=stop)
    assert written.subject.strip()
    assert "\n" not in written.subject
    shown = as_text(written.html)
    for line in written.text.splitlines():
        sentence = line.strip().removeprefix("- ").removeprefix("> ").removesuffix(":")
        if sentence.startswith("https://"):
            assert f'href="{html.escape(sentence)}"' in written.html
        elif sentence != "--":
            assert " ".join(sentence.split()) in shown, sentence


@pytest.mark.parametrize("event", account_event.EVENTS)
def test_every_event_of_an_account_has_its_words(app: Flask, event: str) -> None:
    written = emails.render("account_event", {"event": event, "role": "teacher"}, "en")
    assert "Northfield School" in written.subject
    assert len(written.text.split()) > 10


@pytest.mark.parametrize("letter", FACTS)
def test_links_are_made_of_the_settings_alone(app: Flask, letter: str) -> None:
    poisoned = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    with app.test_request_context("/", headers=poisoned, base_url="http://evil.example"):
        written = emails.render(letter, FACTS[letter], "en")
    links = re.findall(r'href="([^"]*)"', written.html) + re.findall(r"https?://\S+", written.text)
    assert links
    assert all(link.startswith("https://learn.school.example/") for link in links)


OTHERS = ["//evil.example/x", "https://evil.example", "/\\evil.example", "javascript:x", "/a\nb"]


@pytest.mark.parametrize("path", OTHERS)
def test_what_is_no_path_of_ours_leads_home(app: Flask, path: str) -> None:
    written = emails.render("notification", FACTS["notification"] | {"path": path}, "en")
    links = set(re.findall(r'href="([^"]*)"', written.html))
    assert links == {"https://learn.school.example/"}


def test_what_people_wrote_is_shown_as_text(app: Flask) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=y>"
    facts = FACTS["invitation"] | {"inviter": evil, "message": evil, "courses": [evil]}
    written = emails.render("invitation", facts, "en")
    assert "<script" not in written.html
    assert "<img" not in written.html
    assert evil in html.unescape(written.html)
    assert evil in written.text


def test_the_language_of_the_receiver_counts(app: Flask) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "de"}):
        assert '<html lang="en">' in emails.render("email_taken", {}, "en").html
    assert '<html lang="de">' in emails.render("email_taken", {}, "de").html
    assert '<html lang="en">' in emails.render("email_taken", {}, "tlh").html


@pytest.mark.parametrize("letter", sorted(set(FACTS) - {"email_taken", "password_changed"}))
def test_facts_that_are_missing_are_told(app: Flask, letter: str) -> None:
    with pytest.raises(emails.UnwritableError, match=letter):
        emails.render(letter, {}, "en")


def test_what_can_be_unsubscribed_says_of_which_kinds(app: Flask) -> None:
    stoppable = {letter for letter, facts in FACTS.items() if emails.notifications_in(letter, facts)}
    assert stoppable == {"digest", "notification"}
    assert emails.notifications_in("digest", FACTS["digest"]) == [
        NotificationKind.STUDENT_ENROLLED, NotificationKind.STUDENT_LEFT,
    ]  # fmt: skip
