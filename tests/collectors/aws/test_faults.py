"""Every way in which AWS can fail to answer, over the whole plan: no verdict is wrong for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("moto")

from refusals import Key, check, scan

from scanner.cli.steps import all_rules
from scanner.collectors.aws import COLLECTOR
from scanner.collectors.base import Target
from scanner.demo.aws import Emulator, start_emulator
from scanner.demo.aws.contractor import seed
from scanner.findings import Finding

RULES = list(all_rules([]))


@pytest.fixture(scope="module")
def contractor() -> Iterator[Emulator]:
    running = Emulator.running()
    emulator = running or start_emulator()
    if running is not None:
        emulator.reset()
    seed(emulator.endpoint)
    yield emulator
    emulator.faults.clear()
    emulator.reset()
    if running is None:
        emulator.stop()


@pytest.fixture
def target(contractor: Emulator, monkeypatch: pytest.MonkeyPatch) -> Target:
    for name in ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    options = {"endpoint": contractor.endpoint, "regions": ["us-gov-west-1"]}
    return Target("t1", "aws", options)


_baseline: dict[Key, Finding] = {}


def baseline(target: Target, folder: Path) -> dict[Key, Finding]:
    if not _baseline:
        _baseline.update(scan(COLLECTOR, target, RULES, folder / "baseline"))
    return _baseline


EFFECTS = ["garbage", "truncated", "not-found", "scp-denied", "expired", "error-503", "dropped"]


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_broken_answer_is_never_an_empty_list(
    effect: str, contractor: Emulator, target: Target, tmp_path: Path
) -> None:
    """Two calls in five end so, in every service but the one that opens the target."""
    before = baseline(target, tmp_path)
    faults = contractor.faults
    broken = [faults.add(on, effect, share=0.4, seed=3) for on in ("[!s]*:*", "s[!t]*:*")]
    try:
        after = scan(COLLECTOR, target, RULES, tmp_path / "after")
    finally:
        faults.clear()
    assert any(fault.hits for fault in broken)
    check(before, after, "")


def test_throttling_on_a_fifth_of_the_calls_loses_nothing(
    contractor: Emulator, target: Target, tmp_path: Path
) -> None:
    before = baseline(target, tmp_path)
    with contractor.faults.injected("*", "throttled", share=0.2, seed=7) as fault:
        after = scan(COLLECTOR, target, RULES, tmp_path / "after")
    assert fault.hits > 20
    check(before, after, "")
