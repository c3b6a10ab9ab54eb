"""Reads that are made for each item of a listing at once, in a bounded number of daemon threads."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

I = TypeVar("I")  # noqa: E741
R = TypeVar("R")


class _Answer(Generic[R]):
    """What one read gives, once it does."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._value: Any = None
        self._error: BaseException | None = None

    def fill(self, read: Callable[[], R]) -> None:
        try:
            self._value = read()
        except BaseException as error:
            self._error = error
        self._done.set()

    def get(self) -> R:
        self._done.wait()
        if self._error is not None:
            raise self._error
        value: R = self._value
        return value


class Workers:
    """Daemon threads that read ahead; started when needed, never more than `size`."""

    def __init__(self, size: int, name: str) -> None:
        self._size, self._name = size, name
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0

    def submit(self, read: Callable[[], R]) -> _Answer[R]:
        answer: _Answer[R] = _Answer()
        self._work.put(lambda: answer.fill(read))
        with self._lock:
            if self._threads < self._size:
                self._threads += 1
                name = f"{self._name}-{self._threads}"
                threading.Thread(target=self._serve, name=name, daemon=True).start()
        return answer

    def _serve(self) -> None:
        while True:
            self._work.get()()

    def each(self, items: Iterable[I], read: Callable[[I], R], ahead: int) -> Iterator[tuple[I, R]]:
        """(item, what `read` gives for it), in order, with `ahead` of them under way.

        An exception of `read` is raised when its item's turn comes.
        """
        waiting: deque[tuple[I, _Answer[R]]] = deque()
        for item in items:
            waiting.append((item, self.submit(lambda item=item: read(item))))  # type: ignore[misc]
            if len(waiting) >= ahead:
                first, answer = waiting.popleft()
                yield first, answer.get()
        while waiting:
            first, answer = waiting.popleft()
            yield first, answer.get()
