"""Budgets against guessing and floods, kept in memory or in Redis; the same for every door."""

import math
import time

from flask import current_app
from limits import parse_many
from redis.exceptions import RedisError

from elearn.errors import RateLimited, Unavailable
from elearn.extensions import limiter
from elearn.languages import _, several


def spend(budget: str, name: str, key: str) -> None:
    """Take one from the budget (such as `10/minute;60/hour`), or refuse with `RateLimited`.

    Fails closed: when the counters cannot be reached nobody may guess freely.
    """
    if not limiter.enabled:
        return
    try:
        for limit in parse_many(budget):
            if not limiter.limiter.hit(limit, name, key):
                reset = limiter.limiter.get_window_stats(limit, name, key).reset_time
                wait = max(1, math.ceil(reset - time.time()))
                raise RateLimited(
                    _("Too many tries. Wait %(time)s and try again.", time=_in_words(wait)), retry_after=wait
                )
    except (RedisError, OSError) as error:
        current_app.logger.warning("rate limits unreachable")
        raise Unavailable from error


def _in_words(seconds: int) -> str:
    if seconds < 90:  # noqa: PLR2004 - a minute and a half
        return _("a minute") if seconds > 30 else several("%(num)s second", "%(num)s seconds", seconds)  # noqa: PLR2004
    return several("%(num)s minute", "%(num)s minutes", math.ceil(seconds / 60))
