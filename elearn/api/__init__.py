"""The REST API."""

from flask import Flask

from config import Settings


def init_app(app: Flask, settings: Settings) -> None:
    """Register the resources and their documentation."""
