from uuid import UUID

from huey import crontab

from elearn.extensions import huey
from elearn.integrations import waking
from elearn.jobs.context import in_app
from elearn.services import invitation_batches


@huey.task(name="invitation_imports.check")
@in_app
def check(import_id: str) -> None:
    """Look through a long list, without inviting anybody."""
    invitation_batches.check(UUID(import_id))


@huey.task(name="invitation_imports.run")
@in_app
def run(import_id: str) -> None:
    """Invite the people of a confirmed list."""
    invitation_batches.run(UUID(import_id))


@huey.periodic_task(crontab(minute="*"), name="invitation_imports.resume")
@in_app
def resume() -> None:
    """Take up again what a worker left in the middle."""
    invitation_batches.resume()


@huey.periodic_task(crontab(minute="40"), name="invitation_imports.sweep")
@in_app
def sweep() -> None:
    """Forget imports that nobody has touched for a month."""
    invitation_batches.sweep()


waking.on(invitation_batches.CHECK, check)
waking.on(invitation_batches.RUN, run)
