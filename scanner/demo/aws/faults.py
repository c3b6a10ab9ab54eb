"""Faults that the front injects, by operation, region, account and content of the request."""

from __future__ import annotations

import dataclasses
import itertools
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

from scanner.errors import InputError

EFFECTS = {
    "none": "no fault but the latency",
    "denied": "no permission, in the service's own words and code",
    "scp-denied": "denied by a service control policy",
    "throttled": "400 ThrottlingException, 503 SlowDown and their kin",
    "expired": "an expired session token",
    "unrecognized": "credentials that the region does not know (bad, or region not opted in)",
    "error-500": "an internal error",
    "error-503": "service unavailable",
    "not-found": "a bare 404 without a body or an error code",
    "garbage": "status 200 and a body that no parser takes",
    "truncated": "the true answer, cut in its middle by a closed connection",
    "dropped": "the connection closes before a byte",
    "hung": "no answer until the server stops",
    "error": "an error of one's own: code, status, message",
}


@dataclasses.dataclass
class Fault:
    """What happens to the calls that match; `hits` counts those that it happened to.

    on: `service:Operation` with wildcards. region, account: with wildcards.
    containing: text that stands in the request's path, query or body (one bucket, one key).
    after: only when N matching calls went well (a token that expires half way).
    first: only the first N matching calls from there on. share: of the matching calls, seeded.
    latency_ms: added to every matching call, whether the effect strikes or not.
    """

    on: str
    effect: str = "none"
    region: str = "*"
    account: str = "*"
    containing: str = ""
    after: int = 0
    first: int | None = None
    share: float | None = None
    seed: int = 0
    latency_ms: float = 0
    code: str = ""
    status: int = 400
    message: str = ""
    id: int = 0
    hits: int = 0
    seen: int = 0
    _random: random.Random = dataclasses.field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        if self.effect not in EFFECTS:
            raise InputError(f"fault {self.effect!r}: unknown; one of {', '.join(EFFECTS)}")
        self._random.seed(self.seed)

    def as_dict(self) -> dict[str, Any]:
        return {
            f.name: getattr(self, f.name)
            for f in dataclasses.fields(self)
            if not f.name.startswith("_")
        }

    def _matches(self, name: str, region: str, account: str, content: str) -> bool:
        return (
            fnmatchcase(name, self.on)
            and fnmatchcase(region, self.region)
            and fnmatchcase(account, self.account)
            and self.containing in content
        )

    def _strikes(self) -> bool:
        self.seen += 1
        if self.seen <= self.after:
            return False
        if self.effect == "none" or (self.first is not None and self.hits >= self.first):
            return False
        return self.share is None or self._random.random() < self.share


class Faults:
    """The faults in force. Latencies add up; of the effects the newest that strikes wins."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, on: str, effect: str = "none", **options: Any) -> Fault:
        """Add a fault: `add("iam:ListUsers", "denied")`, `add("logs:*", "throttled", first=3)`.

        Options are the fields of `Fault`; an unknown effect or option raises InputError.
        """
        try:
            fault = Fault(on, effect, **options)
        except TypeError as error:
            raise InputError(f"fault on {on!r}: {error}") from None
        with self._lock:
            fault.id = next(self._ids)
            self._faults.append(fault)
        return fault

    def remove(self, fault: Fault | int) -> None:
        wanted = fault if isinstance(fault, int) else fault.id
        with self._lock:
            self._faults = [f for f in self._faults if f.id != wanted]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    @contextmanager
    def injected(self, on: str, effect: str = "none", **options: Any) -> Iterator[Fault]:
        """The fault for the length of a `with` block."""
        fault = self.add(on, effect, **options)
        try:
            yield fault
        finally:
            self.remove(fault)

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter(tuple(self._faults))

    def consult(
        self, name: str, region: str, account: str, content: str
    ) -> tuple[float, Fault | None]:
        """(latency in ms, the fault that strikes this call)."""
        latency = 0.0
        struck: Fault | None = None
        with self._lock:
            for fault in reversed(self._faults):
                if fault._matches(name, region, account, content):
                    latency += fault.latency_ms
                    if struck is None and fault._strikes():
                        fault.hits += 1
                        struck = fault
        return latency, struck

    def __len__(self) -> int:
        return len(self._faults)
