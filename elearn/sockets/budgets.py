"""How much one person may send: a bucket of tokens for each kind of event, in this process."""

import time

from elearn.errors import RateLimited
from elearn.languages import _

FORGOTTEN_AFTER = 120.0


class Budgets:
    """Count by monotonic time, so that a clock that is set back frees nobody."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[object, ...], tuple[float, float]] = {}
        self._swept = time.monotonic()

    def spend(self, key: tuple[object, ...], per_second: float, burst: int) -> bool:
        """Take one token; tell whether there was one."""
        now = time.monotonic()
        left, then = self._buckets.get(key, (float(burst), now))
        left = min(float(burst), left + (now - then) * per_second)
        if left < 1:
            self._buckets[key] = (left, now)
            return False
        self._buckets[key] = (left - 1, now)
        if now - self._swept > FORGOTTEN_AFTER:
            self._sweep(now)
        return True

    def require(self, key: tuple[object, ...], per_second: float, burst: int) -> None:
        if not self.spend(key, per_second, burst):
            raise RateLimited(_("That was too fast. Wait a moment."), retry_after=1)

    def _sweep(self, now: float) -> None:
        self._swept = now
        self._buckets = {key: at for key, at in self._buckets.items() if now - at[1] < FORGOTTEN_AFTER}
