"""The emails of the school for those who look after them, and the link that ends emails of a kind."""

from elearn.blueprints.outbox.routes import bp

__all__ = ["bp"]
