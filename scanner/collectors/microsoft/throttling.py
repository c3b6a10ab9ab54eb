"""Throttles: how many requests a workload takes at once, and how long it asks to wait."""

from __future__ import annotations

import threading
import time
from urllib.parse import urlsplit


class Family:
    """Requests of one workload: so many at once, and all wait when one is told to."""

    def __init__(self, at_once: int) -> None:
        self.slots = threading.BoundedSemaphore(at_once)
        self.lock = threading.Lock()
        self.not_before = 0.0


_AT_ONCE = {"reports": 2, "auditLogs": 1, "deviceManagement": 6, "security": 2}
"""Workloads with a small quota of their own; the others share eight."""


class Families:
    """The workloads of one server, each made at its first request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Family] = {}

    def of(self, url: str) -> Family:
        """The workload that serves a URL, by the segment behind the version of Graph."""
        parts = urlsplit(url).path.strip("/").split("/")
        name = parts[1] if len(parts) > 1 and parts[0] in ("v1.0", "beta") else ""
        name = name if name in _AT_ONCE else ""
        with self._lock:
            return self._known.setdefault(name, Family(_AT_ONCE.get(name, 8)))


def retry_after(text: str | None) -> float | None:
    """Seconds to wait, from the header: whole or fractional seconds, or an HTTP date."""
    if text is None:
        return None
    try:
        return max(0.0, min(float(text), 3600.0))
    except ValueError:
        pass
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
