"""A machine of which each thing is read once, however many sources ask for it at once."""

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
Key = tuple[str, ...]


class Once:
    """A machine of which each thing is read once: who asks while it is read waits for it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.live = machine.live
        self._lock = Lock()
        self._reading: dict[Key, Lock] = {}
        self._known: dict[Key, tuple[bool, object]] = {}

    def _once(self, key: Key, ask: Callable[[], T]) -> T:
        known = self._known.get(key)
        if known is None:
            with self._lock:
                reading = self._reading.setdefault(key, Lock())
            with reading:
                known = self._known.get(key)
                if known is None:
                    known = self._known[key] = _settled(ask)
            self._reading.pop(key, None)
        fine, answer = known
        if not fine:
            raise _again(cast(Exception, answer))
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


def _settled(ask: Callable[[], object]) -> tuple[bool, object]:
    try:
        return True, ask()
    except (OSError, Absent, Unreadable) as error:
        return False, error.with_traceback(None)


def _again(error: Exception) -> Exception:
    """The same refusal, new: one that is raised time and again holds on to whoever asked last, and
    through them to the whole machine."""
    if isinstance(error, Unreadable):
        return Unreadable(error.reason, error.detail)
    if isinstance(error, OSError) and error.errno is not None:
        return OSError(error.errno, error.strerror, error.filename)
    return type(error)(*error.args)
