"""Throttling, silence, closed regions, tokens that end: nothing wrong, nothing lost, all told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("moto")

from refusals import check, scan

from scanner.cli.steps import all_rules, chosen_rules
from scanner.collect import collect
from scanner.collectors.aws import COLLECTOR, limits
from scanner.collectors.base import Target
from scanner.demo.aws import Emulator
from scanner.evaluate.wants import wants
from scanner.snapshot.read import open_snapshot
from tests.bench.aws import account

HOME, OTHER = "us-gov-west-1", "us-gov-east-1"
RULES = chosen_rules(all_rules([]), account.RULES)
SIZES = account.Sizes(
    users=4, buckets=4, log_groups=3, security_groups=2, disks=2, keys=2, regions=(HOME, OTHER)
)


@pytest.fixture
def target(empty: Emulator, monkeypatch: pytest.MonkeyPatch, filled: Any) -> Iterator[Target]:
    monkeypatch.setattr("scanner.collectors.aws.limits.wait_seconds", lambda *_: 0.0)
    monkeypatch.setattr("scanner.collectors.aws.identity._WAIT_SECONDS", 0)
    yield Target("t", "aws", {"endpoint": empty.endpoint, "regions": [HOME, OTHER]})
    empty.faults.clear()


@pytest.fixture
def filled(empty: Emulator) -> None:
    account.generate(empty.endpoint, SIZES)


def _read(target: Target, folder: Path, **options: Any) -> Any:
    return collect([target], {"aws": COLLECTOR}, wants(RULES), folder, **options)


def test_throttling_on_a_fifth_of_the_calls_changes_nothing(
    empty: Emulator, target: Target, tmp_path: Path
) -> None:
    before = scan(COLLECTOR, target, RULES, tmp_path / "before")
    with empty.faults.injected("*", "throttled", share=0.2, seed=7) as fault:
        after = scan(COLLECTOR, target, RULES, tmp_path / "after")

    assert fault.hits > 10
    statuses = {record.status for record in empty.calls if record.fault == "throttled"}
    assert {400, 503} <= statuses
    assert [f for key, f in after.items() if f.verdict == "unknown" and key not in before] == []
    assert {key: f.verdict for key, f in after.items()} == {
        key: f.verdict for key, f in before.items()
    }


def test_a_service_that_throttles_for_good_is_a_gap_that_says_so(
    empty: Emulator, target: Target, tmp_path: Path
) -> None:
    with empty.faults.injected("logs:*", "throttled"):
        manifest = _read(target, tmp_path)
    reasons = {(gap.source, gap.region, gap.reason) for gap in manifest.gaps}
    assert reasons == {("aws.log-groups", region, "throttled") for region in (HOME, OTHER)}


def test_a_region_that_hangs_costs_its_own_facts_only(
    empty: Emulator, target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = scan(COLLECTOR, target, RULES, tmp_path / "before")
    for patience in (0.3, 2, 8):  # on a busy machine the other region may take longer, too
        folder = tmp_path / str(patience)
        monkeypatch.setattr("scanner.collectors.aws.clients.READ_SECONDS", patience)
        with empty.faults.injected("*", "hung", region=OTHER):
            after = scan(COLLECTOR, target, RULES, folder)
        snapshot = open_snapshot(folder)
        gaps = {(gap.region, gap.reason) for gap in snapshot.gaps.values()}
        if gaps == {(OTHER, "timeout")}:
            break

    assert snapshot.complete
    assert gaps == {(OTHER, "timeout")}
    check(before, after, "")
    kept = {key for key, f in before.items() if f.region == HOME and f.verdict != "not-applicable"}
    assert kept
    assert {key: after[key].verdict for key in kept} == {key: before[key].verdict for key in kept}


def test_at_the_deadline_what_hangs_is_a_gap_and_the_scan_ends(
    empty: Emulator, target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scanner.collectors.aws.clients.READ_SECONDS", 3600)
    for seconds in (3, 12, 48):  # a busy machine may have read little when the first ends
        started = time.monotonic()
        with empty.faults.injected("logs:*", "hung", region=OTHER):
            manifest = _read(target, tmp_path / str(seconds), deadline_seconds=seconds)
        assert time.monotonic() - started < seconds + 120, "far from the hour of what hangs"
        assert not manifest.complete
        hung = [g for g in manifest.gaps if g.source == "aws.log-groups" and g.region == OTHER]
        assert [gap.reason for gap in hung] == ["interrupted"]
        if any(line.source == "aws.disks" and line.gap is None for line in manifest.ledger):
            return
    pytest.fail("nothing was read before the deadline")


def test_a_region_that_is_not_enabled_is_named(
    empty: Emulator, target: Target, tmp_path: Path
) -> None:
    with empty.faults.injected("*", "unrecognized", region=OTHER):
        manifest = _read(target, tmp_path)
    assert [gap for gap in manifest.gaps if gap.reason != "denied"] == []
    assert {gap.region for gap in manifest.gaps} == {OTHER}
    assert all("not enabled" in str(gap.detail) for gap in manifest.gaps)


def test_a_denial_by_the_organisation_is_named(
    empty: Emulator, target: Target, tmp_path: Path
) -> None:
    with empty.faults.injected("ec2:*", "scp-denied", region=OTHER):
        manifest = _read(target, tmp_path)
    assert {(gap.region, gap.reason) for gap in manifest.gaps} == {(OTHER, "denied")}
    assert all("service control policy" in str(gap.detail) for gap in manifest.gaps)


def test_a_token_that_expires_half_way_keeps_what_was_read_and_ends_the_asking(
    empty: Emulator, target: Target, tmp_path: Path
) -> None:
    before = scan(COLLECTOR, target, RULES, tmp_path / "before")
    with empty.faults.injected("*", "expired", after=30) as fault:
        after = scan(COLLECTOR, target, RULES, tmp_path / "after")
    check(before, after, "")
    unknown = [f for f in after.values() if f.verdict == "unknown"]
    assert unknown
    assert {f.reason for f in unknown} == {"credentials"}
    # What was under way when the first refusal came back, and nothing more.
    assert fault.hits <= limits.AT_ONCE


def test_an_organisation_is_read_in_parts_and_gone_on_with(
    empty: Emulator, target: Target, client: Any, tmp_path: Path
) -> None:
    from dataclasses import replace

    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    for number in range(5):
        organizations.create_account(AccountName=f"plant-{number}", Email=f"{number}@example.com")
    options = {**target.options, "accounts": "all", "role_name": "cmmc-scan", "regions": [HOME]}
    whole = replace(target, options=options)
    everywhere = {scope.id for scope in _read(whole, tmp_path / "whole").targets[0].scopes}

    parts = [
        {
            scope.id
            for scope in _read(replace(whole, part=(n, 2)), tmp_path / str(n)).targets[0].scopes
        }
        for n in (1, 2)
    ]

    assert len(everywhere) == 6
    assert parts[0] | parts[1] == everywhere
    assert not parts[0] & parts[1]
    assert all(parts)


def test_a_limit_halves_once_a_burst_and_grows_again() -> None:
    limiter = limits.Limiter(8)
    for _ in range(5):
        limiter.throttled(now=100.0)
    assert limiter.limit == 4
    limiter.throttled(now=102.0)
    assert limiter.limit == 2
    for _ in range(100):
        limiter.answered()
    assert limiter.limit == 8


@pytest.mark.parametrize(
    ("attempt", "retry_after", "least", "most"),
    [
        (1, "3", 3, 3),
        (1, "999", 20, 20),
        (1, None, 0.1, 0.2),
        (9, None, 10, 20),
        (2, "x", 0.2, 0.4),
    ],
)
def test_the_wait_is_what_the_answer_says_or_twice_as_long_each_time(
    attempt: int, retry_after: str | None, least: float, most: float
) -> None:
    assert least <= limits.wait_seconds(attempt, retry_after, 0.2) <= most
