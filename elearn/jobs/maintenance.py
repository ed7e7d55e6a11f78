from huey import crontab

from elearn.extensions import huey
from elearn.jobs.context import in_app
from elearn.services import maintenance


@huey.periodic_task(crontab(minute="*/15"), name="maintenance.sweep")
@in_app
def sweep() -> None:
    """End what was left open and drop what nobody can ask for any more."""
    maintenance.sweep()


@huey.periodic_task(crontab(minute="40", hour="3"), name="maintenance.sweep_files")
@in_app
def sweep_files() -> None:
    """Remove the files that a crash left without a row."""
    maintenance.sweep_files()
