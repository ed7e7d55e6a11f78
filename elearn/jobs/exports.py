from uuid import UUID

from huey import crontab

from elearn.extensions import huey
from elearn.integrations import waking
from elearn.jobs.context import in_app
from elearn.services import erasure, exports


@huey.task(name="exports.make")
@in_app
def make(export_id: str) -> None:
    """Put a copy of somebody's data together."""
    exports.make(UUID(export_id))


@huey.periodic_task(crontab(minute="*"), name="exports.resume")
@in_app
def resume() -> None:
    """Take up again what a worker left in the middle."""
    exports.resume()


@huey.periodic_task(crontab(minute="*/5"), name="exports.sweep")
@in_app
def sweep() -> None:
    """Drop copies whose time is over, and what is left of accounts that were deleted."""
    exports.sweep()
    erasure.sweep()


waking.on(exports.WORK, make)
