"""From which pages a socket may be opened with somebody's cookie: the school's own, and those that are named."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from werkzeug.middleware.proxy_fix import ProxyFix

from config import Settings

PORTS = {"http": ":80", "https": ":443"}

MayOpen = Callable[[str | None, dict[str, Any]], bool]


def origin_of(address: str) -> str:
    """Return the origin of an address as browsers write it: no path, no usual port, no capitals, no umlauts."""
    parts = urlsplit(address.strip().lower())
    host = parts.netloc.removesuffix(PORTS.get(parts.scheme, ""))
    return f"{parts.scheme}://{host if host.isascii() else host.encode('idna').decode()}"


def asked_host(environ: dict[str, Any], proxies: int) -> str:
    """Return the origin that a request was sent to; what it says about proxies counts as far as there are some.

    Sockets are answered before the application, and so before the proxies of its requests are looked at.
    """
    seen = dict(environ)
    ProxyFix(lambda *_: (), x_for=0, x_proto=proxies, x_host=proxies)(seen, lambda *_: lambda _data: None)
    scheme, host = seen.get("wsgi.url_scheme", ""), seen.get("HTTP_HOST", "")
    return f"{scheme}://{host.removesuffix(PORTS.get(scheme, ''))}"


def allowed_by(settings: Settings) -> MayOpen:
    """Return the question whether a page may open sockets.

    Pages of `BASE_URL` may, or of the host that was asked where that is not set; and those of `ALLOWED_ORIGINS`.
    """
    named = {origin_of(origin) for origin in settings.allowed_origins}
    own = origin_of(settings.base_url) if settings.base_url else None

    def may_open(origin: str | None, environ: dict[str, Any]) -> bool:
        return origin in named or origin == (own or asked_host(environ, settings.trusted_proxies))

    return may_open
