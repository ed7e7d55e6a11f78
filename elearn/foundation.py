"""Bind the extensions to the application and its settings."""

import secrets
from datetime import timedelta
from pathlib import Path

from flask import Flask, has_request_context, request
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from config import ROOT, Settings
from elearn import clock
from elearn.extensions import csrf, db, jwt, limiter, login, mail, migrate
from elearn.languages import DEFAULT, LANGUAGES, babel

ANY_PAGE = "1200/minute"


def init_app(app: Flask, settings: Settings) -> None:
    """Put the settings where the libraries read them, and bind the libraries."""
    settings.instance_path.mkdir(parents=True, exist_ok=True)
    app.extensions["settings"] = settings
    # Counters in memory begin anew with each process; those in Redis do not.
    app.extensions["rate_limits_counted_since"] = None if settings.redis_url else clock.now()
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value() or local_secret(settings.instance_path),
        DEBUG=settings.debug,
        TESTING=settings.elearn_env == "testing",
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
        MAX_CONTENT_LENGTH=settings.photo_max_bytes + 2**20,
        MAX_FORM_MEMORY_SIZE=2**20,
        SESSION_COOKIE_NAME="__Host-session" if settings.is_secure else "session",
        SESSION_COOKIE_SECURE=settings.is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=settings.session_days),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form left open over lunch still works
        WTF_CSRF_SSL_STRICT=settings.is_secure,
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(minutes=settings.access_token_minutes),
        JWT_REFRESH_TOKEN_EXPIRES=timedelta(days=settings.refresh_token_days),
        JWT_ENCODE_AUDIENCE="elearn",
        JWT_DECODE_AUDIENCE="elearn",
        RATELIMIT_ENABLED=settings.rate_limits,
        RATELIMIT_STORAGE_URI=settings.redis_url or "memory://",
        RATELIMIT_SWALLOW_ERRORS=True,
        RATELIMIT_DEFAULT=ANY_PAGE,
        MAIL_SERVER=settings.mail_server,
        MAIL_PORT=settings.mail_port,
        MAIL_USE_TLS=settings.mail_security == "starttls",
        MAIL_USE_SSL=settings.mail_security == "tls",
        MAIL_USERNAME=settings.mail_username,
        MAIL_PASSWORD=settings.mail_password.get_secret_value(),
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    csrf.init_app(app)
    mail.init_app(app)
    jwt.init_app(app)
    login.init_app(app)
    login.session_protection = None  # the sign-in row is the protection: it can be ended at the server
    limiter.init_app(app)
    babel.init_app(app, locale_selector=language_of_reader)


def language_of_reader() -> str:
    """Return the language of whoever is signed in, else the best that the browser asks for."""
    if not has_request_context():
        return DEFAULT
    try:
        chosen = getattr(current_user, "language", None)
    except SQLAlchemyError:
        chosen = None  # the page that says so has to speak some language, too
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or DEFAULT


def _engine_options(settings: Settings) -> dict[str, object]:
    if settings.sqlalchemy_url.startswith("sqlite"):
        return {"connect_args": {"check_same_thread": False}}
    # A connection that the server closed is noticed before it is used; a full pool answers 503, it does not hang.
    return {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20, "pool_timeout": 5}


def local_secret(instance: Path) -> str:
    """Return the secret of a local installation, made once and readable by its owner only."""
    path = instance / "secret_key"
    if not path.exists():
        draft = instance / f"secret_key.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        draft.replace(path)
    return path.read_text().strip()
