"""Ending emails of a kind by the link that each of them carries, without signing in."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from elearn.errors import NotFound
from elearn.extensions import db
from elearn.integrations import signatures
from elearn.languages import _
from elearn.models import EmailChoice, NotificationKind, User, parse_id
from elearn.services import notification_kinds, notification_preferences
from elearn.services.notification_preferences import Wish
from elearn.transaction import transactional

PURPOSE = "unsubscribe"
LINK_MAX = 1000
STOPPABLE = {kind.value for kind, about in notification_kinds.KINDS.items() if not about.is_fixed}


@dataclass(frozen=True)
class Subscription:
    """Say whose emails of which kinds a link ends."""

    user: User
    kinds: Sequence[NotificationKind]

    @property
    def labels(self) -> list[str]:
        return [str(notification_kinds.KINDS[kind].label) for kind in self.kinds]


def path(user_id: UUID, kinds: Sequence[NotificationKind]) -> str:
    """Return the path of the page that ends these emails; it does so once its button is pressed."""
    signed = signatures.sign(PURPOSE, [str(user_id), *(kind.value for kind in kinds)])
    return f"/unsubscribe/{signed}"


def get(signed: str) -> Subscription:
    """Return what a link is for; raises `NotFound` when it is none of ours or its person has gone."""
    content = signatures.read_signed(PURPOSE, signed) if len(signed) <= LINK_MAX else None
    user_id, *names = content if isinstance(content, list) and content else [None]
    key = parse_id(user_id)
    user = db.session.get(User, key) if key else None
    kinds = [NotificationKind(name) for name in names if name in STOPPABLE]
    if user is None or not user.is_active or not kinds:
        raise NotFound(_("This link does not work any more. Sign in to choose which emails you get."))
    return Subscription(user, kinds)


@transactional
def stop(signed: str) -> Subscription:
    """Send no more emails of these kinds; once more changes nothing."""
    found = get(signed)
    notification_preferences.choose(found.user, {kind: Wish(email=EmailChoice.OFF) for kind in found.kinds})
    return found
