from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from elearn import clock
from elearn.templating import ago, day_name, markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "![x](http://evil.example/track.png)",
    "<svg/onload=alert(1)>",
    "<a href='javascript:x'>x</a>",
    "<style>body{display:none}</style>",
    "<iframe src=//evil.example></iframe>",
    "<math><mtext></mtext><style><img src=x onerror=alert(1)></style></math>",
    "`<b>`",
    "<form id=csrf><input name=token>",
    "[a]: javascript:alert(1)\n\n[a]",
    '<https://ok.example/"onmouseover=alert(1)>',
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_lets_no_script_through(text: str) -> None:
    html = str(markdown(text)).lower()
    for danger in (
        "<script",
        "<img",
        "<svg",
        "<iframe",
        "<style",
        "<form",
        "<math",
        'href="javascript',
        'href="data',
        'href="vb',
    ):
        assert danger not in html
    assert " onerror=" not in html.replace("&lt;img src=x onerror=", "")


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>\"'&/=[]()!:`#*-_ \n\tjavscripton:imgerlh1;x"), max_size=60))
def test_markdown_holds_only_known_elements(text: str) -> None:
    html = str(markdown(text))
    for part in html.split("<")[1:]:
        name = part.lstrip("/").split(">")[0].split(" ")[0].rstrip("/")
        assert name in {
            "p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em",
            "strong", "s", "a", "table", "thead", "tbody", "tr", "th", "td",
        }  # fmt: skip


def test_markdown_does_what_teachers_expect() -> None:
    html = str(markdown("# Title\n\nSome **bold** and [a link](https://example.org).\n\n- one\n- two"))
    assert "<h2>Title</h2>" in html
    assert "<strong>bold</strong>" in html
    assert 'href="https://example.org"' in html
    assert "noopener" in html
    assert html.count("<li>") == 2


def test_days_are_said_as_people_say_them() -> None:
    today = date(2026, 11, 20)
    assert [day_name(today + timedelta(n), today) for n in (-1, 0, 1)] == ["Yesterday", "Today", "Tomorrow"]
    assert day_name(date(2026, 9, 2), today) == "2 September"
    assert day_name(date(2027, 1, 12), today) == "12 January 2027"


def test_ago(app: Flask) -> None:
    with app.test_request_context():
        now = clock.now()
        assert ago(now) == "just now"
        assert ago(now - timedelta(minutes=5)) == "5 min ago"
        assert ago(now - timedelta(hours=3)) == "3 h ago"


def test_static_files_are_kept_for_ever_under_their_version_only(client: FlaskClient, app: Flask) -> None:
    with app.test_request_context():
        address = app.jinja_env.globals["asset"]("js/main.js")
    fresh = client.get(address)
    assert fresh.status_code == 200
    assert "immutable" in fresh.headers["Cache-Control"]
    assert fresh.mimetype == "text/javascript"
    old = client.get("/assets/v000000000000/js/main.js")
    assert old.headers["Cache-Control"] == "no-cache"
    for outside in ("/assets/v0/../../config.py", "/assets/vendor/../../__init__.py", "/assets/js/main.js", "/assets/"):
        assert client.get(outside).status_code == 404
