from huey import crontab

from elearn.extensions import huey
from elearn.jobs.context import in_app
from elearn.services import postman


@huey.task(name="outbox.send")
@in_app
def send() -> None:
    """Send the emails that were just written."""
    postman.send_waiting()


@huey.periodic_task(crontab(minute="*"), name="outbox.send_left")
@in_app
def send_left() -> None:
    """Send what a crash left behind, and what is due again."""
    postman.send_waiting()
