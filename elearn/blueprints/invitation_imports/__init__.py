"""Inviting a whole list from a CSV file: choosing it, looking it over, confirming, the report."""

from elearn.blueprints.invitation_imports.routes import bp

__all__ = ["bp"]
