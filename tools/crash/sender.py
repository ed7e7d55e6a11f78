"""Send what the outbox holds until killed: the worker's part, alone, with claims that lapse soon."""

import time
from datetime import timedelta

from elearn import create_app
from elearn.services import postman

CLAIM_SECONDS = 1.5
LOOK_SECONDS = 0.02


def main() -> None:
    """Send for ever."""
    postman.CLAIM = timedelta(seconds=CLAIM_SECONDS)
    with create_app().app_context():
        while True:
            postman.send_waiting()
            time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    main()
