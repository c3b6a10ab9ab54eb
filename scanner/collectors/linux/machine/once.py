"""A machine of which each thing is read once, however many sources ask for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TypeVar, cast

from scanner.collectors.linux.machine.base import (
    MAX_FILE,
    Absent,
    Machine,
    Output,
    Stat,
    Unreadable,
)

T = TypeVar("T")


class Once:
    """A machine of which each thing is read once, however many sources ask for it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.live = machine.live
        self._lock = Lock()
        self._known: dict[tuple[str, ...], tuple[bool, object]] = {}

    def _once(self, key: tuple[str, ...], ask: Callable[[], T]) -> T:
        with self._lock:
            known = self._known.get(key)
        if known is None:
            try:
                known = (True, ask())
            except (OSError, Absent, Unreadable) as error:
                known = (False, error)
            with self._lock:
                self._known[key] = known
        fine, answer = known
        if not fine:
            raise cast(Exception, answer).with_traceback(None)
        return cast(T, answer)

    def read(self, path: str, limit: int = MAX_FILE) -> bytes:
        return self._once(("read", path), lambda: self.machine.read(path, limit))

    def listdir(self, path: str) -> tuple[str, ...]:
        return self._once(("list", path), lambda: self.machine.listdir(path))

    def stat(self, path: str) -> Stat:
        return self._once(("stat", path), lambda: self.machine.stat(path))

    def readlink(self, path: str) -> str:
        return self._once(("link", path), lambda: self.machine.readlink(path))

    def run(self, argv: Sequence[str]) -> Output:
        return self._once(("run", *argv), lambda: self.machine.run(argv))

    def close(self) -> None:
        self.machine.close()
