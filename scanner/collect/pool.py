"""A bounded pool of daemon threads: a read that hangs can never hold the process."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

R = TypeVar("R")


class Pool:
    """Up to `size` daemon threads, started when there is work for them."""

    def __init__(self, size: int, name: str) -> None:
        self._size, self._name = size, name
        self._work: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = 0

    def submit(self, task: Callable[[], R]) -> Future[R]:
        """Run `task` on a thread of the pool, in order of submission."""
        future: Future[R] = Future()
        with self._lock:
            self._work.put((future, task))
            if self._idle > 0:
                self._idle -= 1
            elif self._threads < self._size:
                self._threads += 1
                name = f"{self._name}-{self._threads}"
                threading.Thread(target=self._serve, name=name, daemon=True).start()
        return future

    def _serve(self) -> None:
        while True:
            future, task = self._work.get()
            future.set_running_or_notify_cancel()
            try:
                future.set_result(task())
            except BaseException as error:
                future.set_exception(error)
            with self._lock:
                if self._work.empty():
                    self._idle += 1
