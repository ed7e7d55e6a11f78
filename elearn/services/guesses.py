"""The budgets of guesses at a password: of one account from one network, and from all networks together.

A foreign network spends its own budget and one that all foreign networks share. Networks from which somebody has signed
in lately, or has set a new password with a code, do not share it: nobody locks people out from elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, union_all

from elearn import clock
from elearn.extensions import current_settings, db
from elearn.integrations import rate_limits
from elearn.models import Activity, ActivityKind, SignIn
from elearn.networks import network_of

FROM_ANYWHERE = "100/hour"  # at one account, over all networks where its owner has not been
DEVICES = 100  # the latest of an account are looked at
LINES = 1000
PROVED_FOR = timedelta(days=30)
NOBODY = UUID(int=0)

HERE, ANYWHERE = "sign-in-account", "sign-in-anywhere"


@dataclass(frozen=True)
class Guess:
    """Remember from which budgets a guess was taken."""

    account: str
    network: str
    is_known: bool

    @property
    def here(self) -> str:
        """Return what names the account in this network."""
        return f"{self.account} {self.network}"


def spend(user_id: UUID | None, login: str, address: str) -> Guess:
    """Take one guess at this account, or at this name that nobody has, or refuse with `RateLimited`.

    The statements are the same for both.
    """
    networks = _networks_of(user_id or NOBODY)
    network = network_of(address)
    guess = Guess(f"id {user_id}" if user_id else f"name {login}", network, bool(network) and network in networks)
    forgotten = _forgotten(user_id or NOBODY)
    here = [at for place, at in forgotten if place == network]
    rate_limits.spend(current_settings().sign_in_limit, HERE, guess.here, here)
    if not guess.is_known:
        foreign = [at for place, at in forgotten if place not in networks]
        rate_limits.spend(FROM_ANYWHERE, ANYWHERE, guess.account, foreign)
    return guess


def give_back(guess: Guess) -> None:
    """Put a guess back that was none: its password was right."""
    rate_limits.give_back(current_settings().sign_in_limit, HERE, guess.here)
    if not guess.is_known:
        rate_limits.give_back(FROM_ANYWHERE, ANYWHERE, guess.account)


def _networks_of(user_id: UUID) -> set[str]:
    """Return where somebody has been signed in lately, or has set a new password with a code.

    Any line of the log that they wrote about themselves will do: what others try has no actor.
    """
    devices = (
        select(SignIn.address).where(SignIn.user_id == user_id).order_by(SignIn.last_seen_at.desc()).limit(DEVICES)
    ).subquery()
    own = (
        select(Activity.address)
        .where(Activity.actor_id == user_id, Activity.subject_id == user_id)
        .where(Activity.at > clock.now() - PROVED_FOR)
        .order_by(Activity.at.desc())
        .limit(DEVICES)
    ).subquery()
    found = db.session.scalars(union_all(select(devices.c.address), select(own.c.address)))
    return {network_of(address) for address in found}


def _forgotten(user_id: UUID) -> Sequence[tuple[str, datetime]]:
    """Return the failures that the counters have lost with an earlier process, with the networks they came from.

    Only those from before this process: counted twice, who is here would be refused sooner than who is not.
    """
    since = rate_limits.counted_since()
    start = clock.now() - rate_limits.longest(current_settings().sign_in_limit, FROM_ANYWHERE)
    if since is None or since < start:
        return []
    # The kind is looked at here: asked for it, SQLite would walk through everybody's failures.
    lines = db.session.execute(
        select(Activity.kind, Activity.address, Activity.at)
        .where(Activity.subject_id == user_id, Activity.at > start, Activity.at < since)
        .order_by(Activity.at.desc())
        .limit(LINES)
    )
    return [(network_of(address), at) for kind, address, at in lines if kind is ActivityKind.SIGN_IN_FAILED]
