"""The security headers of every response, with a fresh nonce in the content security policy."""

import secrets

from flask import Flask, Response, g, request

ONE_YEAR = 31_536_000


def csp_nonce() -> str:
    """Return the nonce of this response, for the import map and nothing else."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def content_security_policy(**extra: str) -> str:
    """Return our policy; a keyword such as `style_src` adds sources for a page of a library that needs them."""
    host = request.host
    directives = {
        "default-src": "'self'",
        "script-src": f"'self' 'nonce-{csp_nonce()}'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        # Some browsers do not count a web socket on the same host as 'self'.
        "connect-src": f"'self' ws://{host} wss://{host}",
        "media-src": "'self' blob:",
        "worker-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    for name, sources in extra.items():
        directive = name.replace("_", "-")
        directives[directive] = f"{directives[directive]} {sources}"
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def init_app(app: Flask, *, secure: bool) -> None:
    """Set the headers where a view has not set its own."""

    @app.after_request
    def set_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", content_security_policy())
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(self)")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if request.endpoint != "assets":
            headers.setdefault("Cache-Control", "private, no-store")
        if secure:
            headers.setdefault("Strict-Transport-Security", f"max-age={ONE_YEAR}; includeSubDomains")
        return response
