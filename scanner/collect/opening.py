"""How many targets are open at once: what an open one holds is bounded, however many there are."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable

from scanner.collect.pool import Pool
from scanner.collectors.base import Target

AT_ONCE = 16
"""Targets of a provider that are being opened: the waiting is mostly for the network."""

HELD = 24
"""Targets of a provider that are open and not yet read to their end: a host that has answered
is some megabytes, a session of a cloud's SDK likewise."""


class Openings:
    """The targets of one provider, of which the next is opened when one has been read.

    They have threads of their own: a host that does not answer takes none of those that read.
    """

    def __init__(
        self, provider: str, targets: Iterable[Target], open: Callable[[Target, Pool], None]
    ) -> None:
        """open: opens a target on the pool; it ends in `done`, as does each job that was added."""
        self._waiting = deque(targets)
        self._pool = Pool(AT_ONCE, f"{provider}-open")
        self._open = open
        self._lock = threading.Lock()
        self._left: dict[str, int] = {}
        """What is still to be done, by the id of each open target."""

    def start(self) -> None:
        """Open as many as there is room for."""
        while True:
            with self._lock:
                if not self._waiting or len(self._left) >= HELD:
                    return
                target = self._waiting.popleft()
                self._left[target.id] = 1
            self._open(target, self._pool)

    def add(self, target: str, jobs: int) -> None:
        """So many jobs more until the target has been read."""
        with self._lock:
            self._left[target] += jobs

    def done(self, target: str) -> None:
        """One thing less: its opening or a job has ended."""
        with self._lock:
            self._left[target] -= 1
            if self._left[target]:
                return
            del self._left[target]
        self.start()
