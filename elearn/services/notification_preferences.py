"""How each person wants each kind of notification: in the page or not, by email at once, once a day or never."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select, update

from elearn.errors import Invalid, Unauthenticated
from elearn.extensions import db
from elearn.languages import _
from elearn.models import EmailChoice, Notification, NotificationKind, NotificationPreference, User
from elearn.permissions import Action, Actor, require
from elearn.services import notifications
from elearn.services.notification_kinds import KINDS, Group, kinds_for
from elearn.transaction import transactional, upsert


class Wish(NamedTuple):
    """How one kind shall come; what is `None` stays as it is."""

    in_page: bool | None = None
    email: EmailChoice | None = None


@dataclass(frozen=True)
class Preference:
    """Show how one kind comes to somebody."""

    kind: NotificationKind
    group: Group
    label: str
    in_page: bool
    email: EmailChoice
    is_fixed: bool


def list_for(actor: Actor) -> list[Preference]:
    """Return how each kind that may reach the actor comes to them."""
    reader = _reader(actor)
    chosen = _chosen(reader)
    return [_preference(kind, chosen.get(kind)) for kind in kinds_for(reader)]


def _reader(actor: Actor) -> User:
    if not isinstance(actor, User):
        raise Unauthenticated
    require(actor, Action.EDIT_PROFILE, actor)
    return actor


def _chosen(reader: User) -> dict[NotificationKind, NotificationPreference]:
    query = select(NotificationPreference).where(NotificationPreference.user_id == reader.id)
    return {row.kind: row for row in db.session.scalars(query.execution_options(populate_existing=True))}


def _preference(kind: NotificationKind, row: NotificationPreference | None) -> Preference:
    about = KINDS[kind]
    in_page, email = notifications.wishes(kind, row.in_page if row else None, row.email if row else None)
    return Preference(kind, about.group, str(about.label), in_page, email, about.is_fixed)


@transactional
def choose(actor: Actor, wishes: Mapping[NotificationKind, Wish]) -> list[Preference]:
    """Change how these kinds come; what waits for a digest that is not wanted any more is dropped."""
    reader = _reader(actor)
    chosen = _chosen(reader)
    for kind, wish in wishes.items():
        if KINDS[kind].is_fixed:
            raise Invalid("invalid", _("What happens to your account is always told"), field=kind.value)
        before = _preference(kind, chosen.get(kind))
        values = {
            "in_page": before.in_page if wish.in_page is None else wish.in_page,
            "email": before.email if wish.email is None else wish.email,
        }
        statement = upsert(NotificationPreference).values(user_id=reader.id, kind=kind, **values)
        keys = [NotificationPreference.user_id, NotificationPreference.kind]
        db.session.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))
    undone = [kind for kind, wish in wishes.items() if wish.email not in {None, EmailChoice.DIGEST}]
    if undone:
        waiting = (Notification.user_id == reader.id, Notification.kind.in_(undone), Notification.for_digest)
        db.session.execute(update(Notification).where(*waiting).values(for_digest=False))
    return list_for(reader)
