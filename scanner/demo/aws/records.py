"""What our operations remember: tables of records, by account and region."""

from __future__ import annotations

import datetime
import threading
from typing import Any

GLOBAL = "global"


class Records:
    """Tables of JSON-like records. A table is named `service.what`; its keys are strings."""

    def __init__(self) -> None:
        self._tables: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._lock = threading.RLock()

    def table(self, account: str, region: str, name: str) -> dict[str, Any]:
        """The table itself, made where it is new: writes to it stay."""
        with self._lock:
            return self._tables.setdefault((account, region, name), {})

    def clear(self) -> None:
        with self._lock:
            self._tables.clear()


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def iso(at: datetime.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def dated(value: Any) -> Any:
    """The record with its ages turned into times of today.

    `{"days_ago": 3}` (also hours_ago, minutes_ago) becomes a datetime; with `"text": true`
    beside it an ISO 8601 string.
    """
    if isinstance(value, list):
        return [dated(v) for v in value]
    if not isinstance(value, dict):
        return value
    ages = {n.removesuffix("_ago"): v for n, v in value.items() if n.endswith("_ago")}
    if not ages:
        return {n: dated(v) for n, v in value.items()}
    at = now() - datetime.timedelta(**ages)
    return iso(at) if value.get("text") else at
