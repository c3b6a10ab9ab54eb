"""Many scopes behind one target: read in turn, let go of, and each refusal where it belongs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scanner.collect import Event, collect
from scanner.collectors.base import Collector, Job, Refused, Scope, Target, source
from scanner.facts.audit import Store
from scanner.facts.identity import Account


@source(Account, fields=["enabled"], calls=["ListUsers"])
def users(job: Job) -> Iterator[Account]:
    """Users."""
    yield Account(subject="u", name="u", enabled=True, **job.here("ListUsers"))


@source(Store, fields=["retention_days"], calls=["ListLogs"], per="region")
def logs(job: Job) -> Iterator[Store]:
    """Logs."""
    yield Store(subject=f"l-{job.region}", name="l", retention_days=1, **job.here("ListLogs"))


class _Session:
    def __init__(self, scopes: list[Scope]) -> None:
        self._scopes = scopes

    def scopes(self) -> list[Scope]:
        return self._scopes

    def place(self, job: Job) -> Any:
        return job

    def close(self) -> None:
        pass


def _read(folder: Path, scopes: list[Scope], **options: Any) -> Any:
    cloud = Collector("cloud", "", (users, logs), lambda target: _Session(scopes), concurrency=2)
    return collect([Target("t", "cloud", {})], {"cloud": cloud}, None, folder, **options)


def test_unknown_regions_are_a_gap_for_what_is_read_in_regions_only(tmp_path: Path) -> None:
    refused = Refused("denied", "DescribeRegions", permission="ec2:DescribeRegions")
    manifest = _read(tmp_path, [Scope("cloud:1", "one", regions_refused=refused)])

    assert {line.source: line.gap is None for line in manifest.ledger} == {
        "cloud.users": True,
        "cloud.logs": False,
    }
    (gap,) = manifest.gaps
    assert (gap.source, gap.permission) == ("cloud.logs", "ec2:DescribeRegions")


def test_each_scope_is_left_once_everything_in_it_was_read(tmp_path: Path) -> None:
    left: list[str] = []
    done: dict[str, int] = {}
    lock = threading.Lock()
    regions = ("r1", "r2")

    def scope(number: int) -> Scope:
        name = f"cloud:{number:02}"

        def leave() -> None:
            with lock:
                left.append(name)
                assert done[name] == 3

        return Scope(name, name, regions, leave=leave)

    def progress(event: Event) -> None:
        if event.what == "finished":
            with lock:
                done[event.scope] = done.get(event.scope, 0) + 1

    manifest = _read(tmp_path, [scope(n) for n in range(20)], progress=progress)

    assert sorted(left) == [f"cloud:{n:02}" for n in range(20)]
    assert len(manifest.ledger) == 60
    assert manifest.complete
