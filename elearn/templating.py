"""Filters and globals of the templates: files with versions, Markdown, times as people say them, `can`."""

import hashlib
import json
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import nh3
from babel.dates import format_date
from flask import Flask, Response, abort, send_from_directory, url_for
from flask_login import current_user
from markdown_it import MarkdownIt
from markupsafe import Markup

from config import Settings
from elearn import clock
from elearn.headers import csp_nonce
from elearn.languages import _, language
from elearn.permissions import Action, can

STATIC = Path(__file__).parent / "static"
MANIFEST = STATIC / "vendor" / "manifest.json"
LOOK_AGAIN = 0.5  # seconds; a page asks for a dozen addresses, and an edit should show at the next reload
IMMUTABLE = "public, max-age=31536000, immutable"

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
_MARKDOWN_TAGS = {
    "p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s",
    "a", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


class MissingAssetsError(RuntimeError):
    """Says which command fetches the browser libraries."""


class Assets:
    """Know the address and the integrity of every static file.

    Own files live under one folder named by the hash of them all, so that the relative imports of ES modules carry the
    version too, and browsers may keep them for ever.
    """

    def __init__(self, *, live: bool) -> None:
        if not MANIFEST.exists():
            raise MissingAssetsError("The browser libraries are missing. Fetch them with: make assets")
        self._vendor: dict[str, dict[str, str]] = json.loads(MANIFEST.read_text())
        self._live = live
        self._version, self._looked_at = self._fingerprint(), time.monotonic()

    @property
    def version(self) -> str:
        if self._live and time.monotonic() - self._looked_at > LOOK_AGAIN:
            self._version, self._looked_at = self._fingerprint(), time.monotonic()
        return self._version

    @staticmethod
    def _fingerprint() -> str:
        digest = hashlib.sha256()
        for path in sorted(STATIC.rglob("*")):
            if path.is_file() and not path.is_relative_to(STATIC / "vendor"):
                stat = path.stat()
                digest.update(f"{path.relative_to(STATIC)}:{stat.st_size}:{stat.st_mtime_ns}".encode())
        return digest.hexdigest()[:12]

    def asset(self, name: str) -> str:
        """Return the URL of one of our own files."""
        return url_for("assets", name=f"v{self.version}/{name}")

    def vendor(self, name: str) -> str:
        """Return the URL of a browser library's file by its logical name."""
        return url_for("assets", name=self._vendor[name]["path"])

    def integrity(self, name: str) -> str:
        return self._vendor[name]["integrity"]

    def send(self, name: str) -> Response:
        """Serve a static file; for ever when its address names the present version."""
        first, _, rest = name.partition("/")
        if first == "vendor":
            cache, path = IMMUTABLE, name
        elif first.startswith("v") and rest:
            cache, path = (IMMUTABLE if first == f"v{self.version}" else "no-cache"), rest
        else:
            abort(404)
        response = send_from_directory(STATIC, path, conditional=True)
        response.headers["Cache-Control"] = cache
        if path.endswith((".js", ".mjs")):
            response.mimetype = "text/javascript"
        return response


def markdown(text: str) -> Markup:
    """Turn Markdown into safe HTML: no raw HTML goes in, and only known elements come out."""
    html = _markdown.render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    return Markup(  # noqa: S704 - nh3 has just cleaned it
        nh3.clean(
            html,
            tags=_MARKDOWN_TAGS,
            attributes={"a": {"href"}, "code": set()},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )
    )


def _zone() -> ZoneInfo:
    return ZoneInfo(getattr(current_user, "time_zone", None) or "UTC")


def day_name(day: date, today: date) -> str:
    """Say a day as people do: Today, Tomorrow, Yesterday, else 2 September, with the year when it is another."""
    names = {0: _("Today"), 1: _("Tomorrow"), -1: _("Yesterday")}
    distance = (day - today).days
    return names[distance] if distance in names else _in_full(day, today)


def _in_full(day: date, today: date) -> str:
    pattern = _("d MMMM") if day.year == today.year else _("d MMMM y")
    return str(format_date(day, pattern, locale=language()))


def _today() -> date:
    return clock.now().astimezone(_zone()).date()


def local_time(moment: datetime) -> str:
    """Say a moment in the person's zone, such as `Today, 9:41`."""
    return f"{day_name(moment.astimezone(_zone()).date(), _today())}, {clock_time(moment)}"


def clock_time(moment: datetime) -> str:
    local = moment.astimezone(_zone())
    return f"{local.hour}:{local:%M}"


def local_date(value: date | datetime) -> str:
    """Say a day in full, such as `2 September`; with the year when it is not this one."""
    return _in_full(value.astimezone(_zone()).date() if isinstance(value, datetime) else value, _today())


def local_day(moment: datetime) -> str:
    """Say the day of a moment as people do: Today, Yesterday, 2 September."""
    return day_name(moment.astimezone(_zone()).date(), _today())


def ago(moment: datetime) -> str:
    """Say how long ago: just now, 5 min ago, 2 h ago, Yesterday, 3 days ago, then the date."""
    passed = clock.now() - moment
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if passed < timedelta(hours=1):
        return _("%(minutes)s min ago", minutes=minutes)
    if passed < timedelta(hours=22):
        return _("%(hours)s h ago", hours=minutes // 60)
    days = (_today() - moment.astimezone(_zone()).date()).days
    if days <= 1:
        return _("Yesterday")
    return _("%(days)s days ago", days=days) if days < 14 else local_date(moment)  # noqa: PLR2004 - two weeks


def may(action: Action | str, obj: Any = None) -> bool:
    """Tell templates whether whoever is signed in may do this."""
    actor = current_user._get_current_object() if current_user.is_authenticated else None  # noqa: SLF001 - the proxy
    return can(actor, action if isinstance(action, Action) else Action[action.upper()], obj)


def init_app(app: Flask, settings: Settings) -> None:
    """Register the filters, the globals and the route of static files."""
    assets = Assets(live=not settings.is_production)
    app.add_url_rule("/assets/<path:name>", "assets", assets.send)
    app.jinja_env.filters.update(
        markdown=markdown,
        local_time=local_time,
        clock_time=clock_time,
        local_date=local_date,
        local_day=local_day,
        ago=ago,
    )
    app.jinja_env.globals.update(
        asset=assets.asset,
        vendor=assets.vendor,
        integrity=assets.integrity,
        csp_nonce=csp_nonce,
        language=language,
        can=may,
        settings=settings,
        Action=Action,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def moment() -> dict[str, datetime]:
        return {"now": clock.now().astimezone(UTC)}
