"""What can go wrong on purpose, by path."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase

FAULT_KINDS = (
    "denied",
    "unlicensed",
    "throttled",
    "throttled-for-long",
    "expired",
    "empty",
    "broken",
    "not-found",
    "absent",
    "error",
    "cut-off",
    "cut-off-denied",
    "foreign-link",
    "hang",
)
"""denied: 403. unlicensed: the premium licence is missing. throttled: 429 that passes.
throttled-for-long: 429 that asks for an hour. expired: 401. empty: an empty list. broken: no JSON.
not-found: a bare 404. absent: the segment is unknown here. error: 500. cut-off: the second page
fails; cut-off-denied: the second page is refused. foreign-link: the next page's link leads to
another host. hang: no answer until the emulator stops."""


@dataclass
class _Fault:
    pattern: str
    kind: str
    times: int | None

    def matches(self, path: str, select: str) -> bool:
        asked = f"{path}?{select}" if "?" in self.pattern else path
        return fnmatchcase(asked.lower(), self.pattern.lower().replace("?", "[?]"))


class Faults:
    """The faults that are set. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[_Fault] = []

    def add(self, pattern: str, kind: str, times: int | None = None) -> None:
        """Answer requests whose path (without version) matches with this fault.

        pattern: as in fnmatch, without case; with a question mark it is held against the path,
        that mark, and the value of $select. times: so often; None: always.
        Raises ValueError for an unknown kind.
        """
        if kind not in FAULT_KINDS:
            raise ValueError(f"no such fault: {kind}; one of {', '.join(FAULT_KINDS)}")
        with self._lock:
            self._faults.append(_Fault(pattern, kind, times))

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def kind_for(self, path: str, select: str = "") -> str | None:
        """The fault for a request; counts it."""
        with self._lock:
            for fault in self._faults:
                if not fault.matches(path, select) or fault.times == 0:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                return fault.kind
        return None
