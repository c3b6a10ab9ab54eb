"""How many requests may be under way: one limiter for each service, over accounts and regions.

A service that throttles is asked less at once: its limit halves, and grows again by one for each
full round of answers. Who was throttled waits as long as the answer says (Retry-After), else twice
as long each time, with jitter.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 32
"""Requests to one service, and to all of them, that may be under way."""

LONGEST_WAIT = 20.0
"""Seconds; an answer that asks for more is taken to mean this."""

_HALVED_FOR = 1.0


class Limiter:
    """The requests to one service. Safe between threads."""

    def __init__(self, most: int = AT_ONCE) -> None:
        self._most = most
        self._limit = float(most)
        self._under_way = 0
        self._halved_at = float("-inf")
        self._free = threading.Condition(threading.Lock())

    @property
    def limit(self) -> int:
        """How many requests may be under way now."""
        return int(self._limit)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for a place among the requests under way, and hold it."""
        with self._free:
            while self._under_way >= int(self._limit):
                self._free.wait()
            self._under_way += 1
        try:
            yield
        finally:
            with self._free:
                self._under_way -= 1
                self._free.notify()

    def answered(self) -> None:
        """A request went well."""
        if self._limit >= self._most:
            return
        with self._free:
            self._limit = min(float(self._most), self._limit + 1 / self._limit)
            self._free.notify()

    def throttled(self, now: float | None = None) -> None:
        """A request was throttled. Answers of one burst count once."""
        at = time.monotonic() if now is None else now
        with self._free:
            if at - self._halved_at >= _HALVED_FOR:
                self._halved_at = at
                self._limit = max(1.0, self._limit / 2)


def wait_seconds(attempt: int, retry_after: str | None, base: float) -> float:
    """How long to wait before trying again. attempt: 1 after the first try."""
    if retry_after is not None:
        try:
            return min(LONGEST_WAIT, max(0.0, float(retry_after)))
        except ValueError:  # a date: what it says depends on a clock that is not ours
            pass
    most = min(LONGEST_WAIT, base * 2.0 ** (attempt - 1))
    return random.uniform(most / 2, most)


_limiters: dict[str, Limiter] = {}
_all = Limiter()
_lock = threading.Lock()


def limiter(service: str) -> Limiter:
    """The one limiter of a service, whichever target, account and region is asked."""
    with _lock:
        return _limiters.setdefault(service, Limiter())


@contextmanager
def under_way(service: str) -> Iterator[Limiter]:
    """Hold a place among the requests to this service, and among all requests."""
    mine = limiter(service)
    with mine.slot(), _all.slot():
        yield mine
