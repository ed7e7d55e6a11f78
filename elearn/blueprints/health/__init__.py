"""Is the process alive, and can it work: for proxies and monitors."""

from elearn.blueprints.health.routes import bp

__all__ = ["bp"]
