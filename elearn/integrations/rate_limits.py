"""Budgets against guessing and floods, kept in memory or in Redis; the same for every door."""

import math
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import current_app
from limits import RateLimitItem, parse_many
from redis.exceptions import RedisError

from elearn.errors import RateLimited, Unavailable
from elearn.extensions import limiter
from elearn.languages import _, several


def spend(budget: str, name: str, key: str, earlier: Sequence[datetime] = ()) -> None:
    """Take one from the budget (such as `10/minute;60/hour`), or refuse with `RateLimited`.

    `earlier` is what was taken before these counters began, as far as somebody remembers it. Fails closed: when the
    counters cannot be reached nobody may guess freely.
    """
    if not limiter.enabled:
        return
    try:
        for limit in parse_many(budget):
            # Taken first and looked at then: of fifty at the same moment each sees what is left after itself.
            fits = limiter.limiter.hit(limit, name, key)
            until = _until(limit, name, key, earlier, fits=fits)
            if until is not None:
                wait = max(1, math.ceil(until - time.time()))
                raise RateLimited(
                    _("Too many tries. Wait %(time)s and try again.", time=_in_words(wait)), retry_after=wait
                )
    except (RedisError, OSError) as error:
        current_app.logger.warning("rate limits unreachable")
        raise Unavailable from error


def _until(limit: RateLimitItem, name: str, key: str, earlier: Sequence[datetime], *, fits: bool) -> float | None:
    """Return when there is room in the budget again, in seconds since 1970, or nothing while there is some."""
    window = limit.get_expiry()
    recent = sorted(at for at in (one.timestamp() for one in earlier) if at > time.time() - window)
    if fits and not recent:
        return None
    stats = limiter.limiter.get_window_stats(limit, name, key)
    if not fits:
        return stats.reset_time
    over = len(recent) - stats.remaining
    return recent[over - 1] + window if over > 0 else None


def give_back(budget: str, name: str, key: str) -> None:
    """Put one back into the budget, for what turned out to be no guess."""
    if not limiter.enabled:
        return
    try:
        for limit in parse_many(budget):
            limiter.limiter.hit(limit, name, key, cost=-1)
    except (RedisError, OSError):
        current_app.logger.warning("rate limits unreachable")


def longest(*budgets: str) -> timedelta:
    """Return the longest time over which one of these budgets counts."""
    return timedelta(seconds=max(limit.get_expiry() for budget in budgets for limit in parse_many(budget)))


def counted_since() -> datetime | None:
    """Return when the counters began, if they end with this process; nothing if Redis keeps them."""
    since: datetime | None = current_app.extensions["rate_limits_counted_since"]
    return since


def _in_words(seconds: int) -> str:
    if seconds < 90:  # noqa: PLR2004 - a minute and a half
        return _("a minute") if seconds > 30 else several("%(num)s second", "%(num)s seconds", seconds)  # noqa: PLR2004
    return several("%(num)s minute", "%(num)s minutes", math.ceil(seconds / 60))
