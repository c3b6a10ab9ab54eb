"""Many targets of their own: so many are open at once as there is room for, and none is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scanner.collect import collect
from scanner.collect.opening import AT_ONCE, HELD
from scanner.collectors.base import Collector, Job, Refused, Scope, Target, source
from scanner.facts.identity import Account


@source(Account, fields=["enabled"], calls=["ListUsers"])
def users(job: Job) -> Iterator[Account]:
    """Users."""
    yield Account(subject="u", name="u", enabled=True, **job.here("ListUsers"))


@source(Account, fields=["category"], calls=["ListMore"])
def more(job: Job) -> Iterator[Account]:
    """More users."""
    yield Account(subject="v", name="v", category="human", **job.here("ListMore"))


class Counted:
    """How many targets are being opened and how many are open, and the most of either."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now = {"opening": 0, "open": 0}
        self.most = dict(self.now)
        self.gathered = threading.Event()
        """As many are being opened as can be."""

    def change(self, what: str, by: int) -> None:
        with self.lock:
            self.now[what] += by
            self.most[what] = max(self.most[what], self.now[what])
            if self.now["opening"] == AT_ONCE:
                self.gathered.set()


class _Session:
    def __init__(self, counted: Counted, target: Target) -> None:
        self.counted, self.target = counted, target

    def scopes(self) -> Iterator[Scope]:
        self.counted.change("open", 1)
        self.counted.change("opening", 1)
        # The first ones wait for each other, so that the most is reached.
        assert self.counted.gathered.wait(300)
        self.counted.change("opening", -1)
        if self.target.id.endswith("7"):
            self.counted.change("open", -1)
            raise Refused("unreachable", "open", "no answer")
        yield Scope(self.target.id, "h", leave=lambda: self.counted.change("open", -1))

    def place(self, job: Job) -> Any:
        return job

    def close(self) -> None:
        pass


def test_targets_are_opened_as_others_have_been_read(tmp_path: Path) -> None:
    counted = Counted()
    hosts = Collector(
        "hosts", "", (users, more), lambda target: _Session(counted, target), concurrency=4
    )
    targets = [Target(f"h{n:03}", "hosts", {}) for n in range(200)]

    manifest = collect(targets, {"hosts": hosts}, None, tmp_path, deadline_seconds=300)

    assert counted.most["opening"] == AT_ONCE
    assert counted.most["open"] <= HELD
    assert counted.now == {"opening": 0, "open": 0}
    assert manifest.complete
    answered = {line.target for line in manifest.ledger if line.gap is None}
    silent = {line.target for line in manifest.ledger if line.gap is not None}
    assert silent == {f"h{n:03}" for n in range(200) if n % 10 == 7}
    assert answered == {target.id for target in targets} - silent


def test_what_was_never_opened_at_the_deadline_is_a_gap(tmp_path: Path) -> None:
    class Hanging(_Session):
        def scopes(self) -> Iterator[Scope]:
            threading.Event().wait(300)
            yield Scope(self.target.id, "h")

    hosts = Collector("hosts", "", (users,), lambda target: Hanging(Counted(), target))
    targets = [Target(f"h{n:03}", "hosts", {}) for n in range(HELD + 10)]

    manifest = collect(targets, {"hosts": hosts}, None, tmp_path, deadline_seconds=0.2)

    assert not manifest.complete
    assert {gap.reason for gap in manifest.gaps} == {"interrupted"}
    assert {line.target for line in manifest.ledger} == {target.id for target in targets}
