"""The log of every request: what a test counts."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple


class CallRecord(NamedTuple):
    """One request. `status` is 0 where no answer was sent; `fault` names what was injected."""

    service: str
    operation: str
    region: str
    account: str
    status: int
    fault: str | None
    milliseconds: float

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


class CallLog:
    """Thread-safe; patterns are `service:Operation` with wildcards, as in `logs:*`."""

    def __init__(self) -> None:
        self._records: list[CallRecord] = []
        self._lock = threading.Lock()

    def add(self, record: CallRecord) -> None:
        with self._lock:
            self._records.append(record)

    def __iter__(self) -> Iterator[CallRecord]:
        with self._lock:
            return iter(tuple(self._records))

    def __len__(self) -> int:
        return len(self._records)

    def matching(
        self, pattern: str = "*", region: str = "*", account: str = "*"
    ) -> list[CallRecord]:
        return [
            r
            for r in self
            if fnmatchcase(r.name, pattern)
            and fnmatchcase(r.region, region)
            and fnmatchcase(r.account, account)
        ]

    def count(self, pattern: str = "*", region: str = "*", account: str = "*") -> int:
        return len(self.matching(pattern, region, account))

    def by_operation(self) -> Counter[str]:
        """Calls by `service:Operation`."""
        return Counter(record.name for record in self)

    def operations(self) -> set[str]:
        """Which operations were called at all, as `service:Operation`."""
        return {record.name for record in self}

    def clear(self) -> None:
        with self._lock:
            self._records.clear()
