"""Run the worker: `python -m elearn.jobs`."""

import sys
import threading

from elearn import create_app
from elearn.extensions import huey
from elearn.jobs.context import serve_jobs_with

WORKERS = 2


def main(arguments: list[str]) -> None:
    """Take jobs until a signal comes, or until the server that started this worker closes our standard input."""
    serve_jobs_with(create_app())
    consumer = huey.create_consumer(workers=WORKERS, periodic=True)
    if "--embedded" in arguments:

        def end_with_the_server() -> None:
            sys.stdin.buffer.read()
            consumer.stop_flag.set()

        threading.Thread(target=end_with_the_server, daemon=True).start()
    consumer.run()
    consumer.stop(graceful=True)  # the jobs at hand are finished


if __name__ == "__main__":
    main(sys.argv[1:])
