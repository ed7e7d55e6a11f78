"""Budgets against guessing and floods, kept in memory or in Redis; the same for every door."""

import math
import time

from flask import current_app
from limits import parse_many
from redis.exceptions import RedisError

from elearn.errors import RateLimited, Unavailable
from elearn.extensions import limiter


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
                raise RateLimited(f"Too many tries. Wait {_in_words(wait)} and try again.", retry_after=wait)
    except (RedisError, OSError) as error:
        current_app.logger.warning("rate limits unreachable")
        raise Unavailable from error


def _in_words(seconds: int) -> str:
    if seconds < 90:  # noqa: PLR2004 - a minute and a half
        return "a minute" if seconds > 30 else f"{seconds} seconds"  # noqa: PLR2004
    return f"{math.ceil(seconds / 60)} minutes"
