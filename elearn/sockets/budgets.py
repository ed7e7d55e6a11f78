"""How much one person, and one room, may send: a bucket of tokens for each kind of event, in this process."""

import math
import time

from elearn.errors import RateLimited
from elearn.languages import _

FORGOTTEN_AFTER = 120.0


class Budgets:
    """Count by monotonic time, so that a clock that is set back frees nobody."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[object, ...], tuple[float, float]] = {}
        self._swept = time.monotonic()

    def spend(self, key: tuple[object, ...], per_second: float, burst: int, number: int = 1) -> bool:
        """Take so many tokens; tell whether there were as many."""
        now = time.monotonic()
        left, then = self._buckets.get(key, (float(burst), now))
        left = min(float(burst), left + (now - then) * per_second)
        if left < number:
            self._buckets[key] = (left, now)
            return False
        self._buckets[key] = (left - number, now)
        if now - self._swept > FORGOTTEN_AFTER:
            self._sweep(now)
        return True

    def require(self, key: tuple[object, ...], per_second: float, burst: int, number: int = 1) -> None:
        if not self.spend(key, per_second, burst, number):
            raise RateLimited(_("That was too fast. Wait a moment."), retry_after=math.ceil(number / per_second))

    def give_back(self, key: tuple[object, ...], number: int) -> None:
        """Put tokens back that were taken for what did not happen; more than the burst is never used."""
        left, then = self._buckets.get(key, (0.0, time.monotonic()))
        self._buckets[key] = (left + number, then)

    def _sweep(self, now: float) -> None:
        self._swept = now
        self._buckets = {key: at for key, at in self._buckets.items() if now - at[1] < FORGOTTEN_AFTER}
