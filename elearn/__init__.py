"""elearn: courses, and live lessons with chat, whiteboard and voice, for a school with one small server."""

import warnings

from flask import Flask

from config import Settings

# Known and decided: docs/adr/0001. Commands and the worker should not greet with it.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

__version__ = "0.1.0"


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application: one call for each room of the house, no logic."""
    from elearn import api, blueprints, cli, foundation, headers, jobs, logging, sockets, templating

    settings = settings or Settings()
    logging.configure(settings.log_level, as_json=settings.log_json)
    app = Flask(__name__, static_folder=None, instance_path=str(settings.instance_path.absolute()))
    foundation.init_app(app, settings)
    logging.init_app(app)
    headers.init_app(app, secure=settings.is_secure)
    templating.init_app(app, settings)
    blueprints.init_app(app)
    api.init_app(app, settings)
    sockets.init_app(app, settings)
    jobs.init_app(app, settings)
    cli.init_app(app)
    return app
