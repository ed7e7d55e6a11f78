from uuid import UUID

from huey import crontab

from elearn.extensions import huey
from elearn.integrations import waking
from elearn.jobs.context import in_app
from elearn.services import digests, notices


@huey.task(name="notifications.hand_out")
@in_app
def hand_out(notice_id: str) -> None:
    """Tell many people one thing."""
    notices.hand_out(UUID(notice_id))


@huey.periodic_task(crontab(minute="*"), name="notifications.hand_out_waiting")
@in_app
def hand_out_waiting() -> None:
    """Go on where a worker was interrupted."""
    notices.hand_out_waiting()


@huey.periodic_task(crontab(minute="*/15"), name="notifications.send_digests")
@in_app
def send_digests() -> None:
    """Write the digests of everybody for whom it is past 8 in the morning."""
    digests.send_due()


waking.on("notice", hand_out)
