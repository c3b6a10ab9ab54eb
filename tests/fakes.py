"""A small collector whose answers, refusals and delays a test sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from scanner.collectors.base import Collector, Job, Refused, Scope, Source, source
from scanner.facts import Fact
from scanner.facts.storage import Store

CLOCK = "2026-11-24T07:33:41Z"


@dataclass
class FakeCloud:
    """An invented provider: buckets with an encryption detail, disks by region."""

    buckets: dict[str, bool] = field(default_factory=lambda: {"a": True, "b": False})
    refuse: dict[str, Refused] = field(default_factory=dict)
    """operation, or operation:subject -> the refusal that it meets."""
    hang: Any = None
    """An Event that `ListDisks` waits for, to look like a service that never answers."""
    scopes: tuple[Scope, ...] = (Scope("fake:1", "one", ("east", "west")),)
    calls: list[str] = field(default_factory=list)

    def call(self, operation: str, subject: str = "") -> None:
        self.calls.append(operation)
        for key in (operation, f"{operation}:{subject}"):
            if key in self.refuse:
                raise self.refuse[key]

    def collector(self, provider: str = "fake") -> Collector:
        return Collector(
            provider=provider, about="", sources=_sources(), open=lambda target: _Session(self)
        )


@dataclass
class _Place:
    cloud: FakeCloud
    job: Job

    def here(self, operation: str) -> dict[str, Any]:
        return self.job.here(operation)


@dataclass
class _Session:
    cloud: FakeCloud

    def scopes(self) -> tuple[Scope, ...]:
        self.cloud.call("Open")
        return self.cloud.scopes

    def place(self, job: Job) -> _Place:
        return _Place(self.cloud, job)

    def close(self) -> None:
        self.cloud.calls.append("close")


def _sources() -> tuple[Source, ...]:
    @source(
        Store, fields=["category"], calls={"ListBuckets": "List"}, always={"category": "bucket"}
    )
    def buckets(place: _Place) -> Iterator[Fact]:
        place.cloud.call("ListBuckets")
        for name in place.cloud.buckets:
            yield Store(
                subject=f"bucket/{name}", name=name, category="bucket", **place.here("ListBuckets")
            )

    @buckets.detail(fields=["encrypted"], calls={"GetEncryption": "ReadEncryption"})
    def encryption(place: _Place, bucket: Store) -> dict[str, object]:
        place.cloud.call("GetEncryption", bucket.subject)
        return {"encrypted": place.cloud.buckets[bucket.name]}

    @buckets.detail(fields=["versioned"], calls=["GetVersioning"])
    def versioning(place: _Place, bucket: Store) -> dict[str, object]:
        place.cloud.call("GetVersioning", bucket.subject)
        return {"versioned": True}

    @source(
        Store,
        fields=["category", "encrypted"],
        calls=["ListDisks"],
        always={"category": "disk"},
        per="region",
    )
    def disks(place: _Place) -> Iterator[Fact]:
        if place.cloud.hang is not None:
            place.cloud.hang.wait(300)
        place.cloud.call("ListDisks", place.job.region or "")
        yield Store(
            subject=f"disk/{place.job.region}",
            name="disk",
            category="disk",
            encrypted=True,
            **place.here("ListDisks"),
        )

    return (buckets, disks)
