"""Run the worker: `python -m elearn.jobs`."""

from elearn import create_app
from elearn.extensions import huey
from elearn.jobs.context import serve_jobs_with

WORKERS = 2

if __name__ == "__main__":
    serve_jobs_with(create_app())
    huey.create_consumer(workers=WORKERS, periodic=True).run()
