"""The entry point: `python wsgi.py` (all in one), `python wsgi.py web` (one of several), `flask --app wsgi`."""

import os
import sys
import warnings

# Before every other import: what is imported earlier keeps the blocking sockets, locks and clocks for ever. The
# commands of `flask` run un-patched, in threads.
IS_SERVER = os.environ.get("FLASK_RUN_FROM_CLI") != "true"
if IS_SERVER:
    # Known and decided: docs/adr/0001. The notice would greet everybody who starts the school.
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    import eventlet

    eventlet.monkey_patch()

from config import Settings
from elearn import create_app, server

with server.plain_errors():
    app = create_app(Settings(async_mode="eventlet") if IS_SERVER else Settings())

if __name__ == "__main__":
    sys.exit(server.main(app, sys.argv[1:]))
