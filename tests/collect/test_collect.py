"""Collecting: what was read, what was refused, and what nobody asked for are kept apart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import CLOCK, FakeCloud

from scanner.collect import Want, collect, plan
from scanner.collectors.base import Collector, Job, Refused, Scope, Target, source
from scanner.errors import InputError
from scanner.facts import UNSET
from scanner.facts.storage import Store
from scanner.snapshot.read import open_snapshot

DEADLINES = (0.4, 3, 20)
"""Seconds: what does not hang is read within the first, or on a busy machine within the next."""


def always(_: object) -> bool:
    return True


def stores(folder: Path) -> dict[str, object]:
    return {
        fact.name + (fact.region or ""): fact
        for fact in open_snapshot(folder).facts("storage.store")
    }


def test_a_whole_collection_has_every_fact_and_no_gap(cloud, snap):
    snapshot = open_snapshot(snap(cloud))
    facts = list(snapshot.facts("storage.store"))
    assert [f.subject for f in facts] == ["bucket/a", "bucket/b", "disk/east", "disk/west"]
    assert [f.encrypted for f in facts] == [True, False, True, True]
    assert snapshot.gaps == {}
    assert snapshot.complete
    assert cloud.calls.count("close") == 1


def test_a_refused_detail_leaves_its_field_unread_and_names_the_permission(cloud, snap):
    cloud.refuse["GetEncryption:bucket/a"] = Refused("denied", "GetEncryption", "no")
    snapshot = open_snapshot(snap(cloud))
    a, b, *_ = snapshot.facts("storage.store")
    assert a.encrypted is UNSET
    assert a.versioned is True
    gap = snapshot.gaps[a.unread["encrypted"]]
    assert (gap.reason, gap.permission, gap.reach) == ("denied", "ReadEncryption", "fields")
    assert (gap.fields, gap.subjects, gap.examples) == (("encrypted",), 1, ("bucket/a",))
    assert b.encrypted is False
    assert b.unread == {}


def test_a_refused_listing_is_a_gap_in_the_ledger_and_not_an_empty_list(cloud, snap):
    cloud.refuse["ListBuckets"] = Refused("denied", "ListBuckets")
    snapshot = open_snapshot(snap(cloud))
    [line] = [line for line in snapshot.ledger if line.source == "fake.buckets"]
    assert snapshot.gaps[line.gap].permission == "List"
    assert snapshot.gaps[line.gap].reach == "listing"
    assert all(line.gap is None for line in snapshot.ledger if line.source == "fake.disks")


def test_one_region_that_refuses_leaves_the_other_alone(cloud, snap):
    cloud.refuse["ListDisks:west"] = Refused("throttled", "ListDisks")
    snapshot = open_snapshot(snap(cloud))
    ended = {line.region: line.gap for line in snapshot.ledger if line.source == "fake.disks"}
    assert ended["east"] is None
    assert snapshot.gaps[ended["west"]].reason == "throttled"


def test_a_target_that_cannot_be_opened_is_one_gap_for_every_planned_source(cloud, snap):
    cloud.refuse["Open"] = Refused("credentials", "Open", "no credentials found")
    snapshot = open_snapshot(snap(cloud))
    assert {line.scope for line in snapshot.ledger} == {"unresolved:t1"}
    assert {snapshot.gaps[line.gap].reason for line in snapshot.ledger} == {"credentials"}
    assert len(snapshot.ledger) == 2


def test_a_scope_that_cannot_be_entered_does_not_stop_the_others(cloud, snap):
    cloud.scopes = (
        Scope("fake:1", "one", ("east",)),
        Scope("fake:2", "two", (), Refused("denied", "AssumeRole")),
    )
    snapshot = open_snapshot(snap(cloud))
    refused = [line for line in snapshot.ledger if line.scope == "fake:2"]
    assert len(refused) == 2
    assert all(line.gap for line in refused)
    assert all(line.gap is None for line in snapshot.ledger if line.scope == "fake:1")


def test_an_expired_token_is_not_asked_again_for_every_fact(snap):
    cloud = FakeCloud(buckets={f"b{n:03}": True for n in range(200)})
    cloud.refuse["GetEncryption"] = Refused("credentials", "GetEncryption", "expired", fatal=True)
    snapshot = open_snapshot(snap(cloud))
    assert cloud.calls.count("GetEncryption") < 150
    assert all(
        f.encrypted is UNSET for f in snapshot.facts("storage.store") if f.category == "bucket"
    )
    assert {gap.reason for gap in snapshot.gaps.values()} == {"credentials"}


def test_a_source_that_fails_in_an_unforeseen_way_is_a_gap_and_not_a_crash(cloud, snap):
    cloud.refuse["ListBuckets"] = KeyError("Buckets")  # type: ignore[assignment]
    snapshot = open_snapshot(snap(cloud))
    [gap] = snapshot.gaps.values()
    assert (gap.reason, gap.detail) == ("broken", "KeyError: 'Buckets'")


def test_only_what_is_wanted_is_called(cloud, snap):
    wants = [
        Want("storage.store", frozenset({"encrypted"}), lambda f: f.get("category") == "bucket")
    ]
    folder = snap(cloud, wants=wants)
    assert sorted(set(cloud.calls)) == ["GetEncryption", "ListBuckets", "Open", "close"]
    [line] = open_snapshot(folder).ledger
    assert "versioned" not in line.fields


def test_a_kind_that_the_provider_does_not_have_plans_nothing(cloud):
    wants = [Want("identity.account", frozenset({"enabled"}), always)]
    assert plan(cloud.collector(), wants) == ()


def test_at_the_deadline_what_hangs_is_a_gap_and_the_rest_is_kept(cloud, snap):
    cloud.hang = threading.Event()
    for seconds in DEADLINES:
        snapshot = open_snapshot(snap(cloud, name=f"s{seconds}", deadline_seconds=seconds))
        assert not snapshot.complete
        reasons = {snapshot.gaps[line.gap].reason for line in snapshot.ledger if line.gap}
        assert reasons == {"interrupted"}
        if list(snapshot.facts("storage.store")):
            break
    assert [f.name for f in snapshot.facts("storage.store")] == ["a", "b"]
    assert "ListDisks" not in cloud.calls, "it ended before what hangs did"
    cloud.hang.set()


def test_what_the_deadline_left_out_is_read_with_resume(cloud, snap):
    cloud.hang = threading.Event()
    for seconds in DEADLINES:
        folder = snap(cloud, deadline_seconds=seconds)
        assert not open_snapshot(folder).complete
        if list(open_snapshot(folder).facts("storage.store")):
            break
    cloud.hang.set()
    cloud.hang = None
    cloud.calls.clear()
    again = open_snapshot(snap(cloud, resume=True))
    assert again.complete
    assert again.gaps == {}
    assert [f.name for f in again.facts("storage.store")] == ["a", "b", "disk", "disk"]
    assert "ListBuckets" not in cloud.calls
    assert not (folder / ".collect").exists()


def test_two_targets_on_one_account_count_once(cloud, tmp_path):
    targets = [Target(id=name, provider="fake", options={}) for name in ("t1", "t2")]
    collect(targets, {"fake": cloud.collector()}, None, tmp_path / "s", now=lambda: CLOCK)
    facts = list(open_snapshot(tmp_path / "s").facts("storage.store"))
    assert [f.subject for f in facts] == ["bucket/a", "bucket/b", "disk/east", "disk/west"]


def test_a_killed_collection_goes_on_where_it_was(cloud, tmp_path):
    from scanner.collect import run as module

    targets = [Target(id="t1", provider="fake", options={})]
    folder = tmp_path / "s"

    class Killed(BaseException):
        pass

    def kill(*_: object, **__: object) -> None:
        raise Killed

    original, module.SnapshotWriter.finish = module.SnapshotWriter.finish, kill
    try:
        with pytest.raises(Killed):
            collect(targets, {"fake": cloud.collector()}, None, folder, now=lambda: CLOCK)
    finally:
        module.SnapshotWriter.finish = original
    cloud.calls.clear()
    collect(targets, {"fake": cloud.collector()}, None, folder, now=lambda: CLOCK, resume=True)
    assert sorted(cloud.calls) == ["Open", "close"]
    assert len(list(open_snapshot(folder).facts("storage.store"))) == 4


def test_resuming_with_another_plan_is_refused(cloud, tmp_path):
    from scanner.errors import InputError
    from scanner.snapshot.write import SnapshotWriter

    SnapshotWriter(tmp_path / "s", plan="one", started_at=CLOCK, resume=False)
    with pytest.raises(InputError, match="other targets or rules"):
        SnapshotWriter(tmp_path / "s", plan="two", started_at=CLOCK, resume=True)


def test_a_target_whose_opening_fails_in_an_unforeseen_way_is_a_gap(cloud, snap):
    cloud.refuse["Open"] = ValueError("odd")
    snapshot = open_snapshot(snap(cloud))
    assert {gap.reason for gap in snapshot.gaps.values()} == {"broken"}
    assert {line.scope for line in snapshot.ledger} == {"unresolved:t1"}


def test_scopes_that_the_deadline_left_unfound_are_a_gap(snap):
    found_second = threading.Event()

    def scopes() -> Iterator[Scope]:
        yield Scope("fake:1", "one", ("east",))
        found_second.wait(300)
        yield Scope("fake:2", "two", ("east",))

    try:
        for seconds in DEADLINES:
            snapshot = open_snapshot(snap(FakeCloud(scopes=scopes()), deadline_seconds=seconds))
            if any(line.gap is None for line in snapshot.ledger):
                break
    finally:
        found_second.set()
    [target] = snapshot.targets
    assert [scope.id for scope in target.scopes] == ["fake:1", "unresolved:t1"]
    assert {gap.scope for gap in snapshot.gaps.values()} == {"unresolved:t1"}


def test_a_listing_that_breaks_off_keeps_what_it_gave(tmp_path):
    @source(Store, fields=["category"], calls=["List"], always={"category": "bucket"})
    def things(job: Job) -> Iterator[Store]:
        for number in range(5):
            yield Store(subject=f"s{number}", name="s", category="bucket", **job.here("List"))
        raise Refused("truncated", "List")

    @things.detail(fields=["encrypted"], calls=["Get"])
    def encryption(job: Job, thing: Store) -> dict[str, object]:
        return {"encrypted": False}

    class Session:
        def scopes(self) -> list[Scope]:
            return [Scope("fake:1", "one")]

        def place(self, job: Job) -> Job:
            return job

        def close(self) -> None: ...

    fake = Collector(provider="fake", about="", sources=(things,), open=lambda target: Session())
    collect([Target(id="t1", provider="fake", options={})], {"fake": fake}, None, tmp_path / "s")
    snapshot = open_snapshot(tmp_path / "s")
    assert [fact.encrypted for fact in snapshot.facts("storage.store")] == [False] * 5
    assert [gap.reason for gap in snapshot.gaps.values()] == ["truncated"]


def test_a_wrong_option_leaves_nothing_to_resume(cloud, tmp_path):
    def wrong(target):
        raise InputError("t1: no such thing; look at the option")

    collector = replace(cloud.collector(), open=wrong)
    targets = [Target(id="t1", provider="fake", options={})]
    with pytest.raises(InputError, match="no such thing"):
        collect(targets, {"fake": collector}, None, tmp_path / "s")
    assert list((tmp_path / "s").iterdir()) == []
