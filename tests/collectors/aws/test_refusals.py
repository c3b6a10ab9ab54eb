"""Each read that AWS sources declare, refused in turn: unknown with the permission, never else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("moto")

from one_of_each import add_one_of_each
from refusals import check, concerned, scan

from scanner.cli.steps import all_rules
from scanner.collectors.aws import COLLECTOR
from scanner.collectors.base import Target
from scanner.demo.aws import Emulator, start_emulator
from scanner.demo.aws.contractor import seed

RULES = list(all_rules([]))
CALLS = sorted({call for s in COLLECTOR.sources for call in s.needs(s.serves)})


@pytest.fixture(scope="module")
def contractor() -> Iterator[Emulator]:
    running = Emulator.running()
    emulator = running or start_emulator()
    if running is not None:
        emulator.reset()
    seed(emulator.endpoint)
    add_one_of_each(emulator)
    yield emulator
    emulator.reset()
    if running is None:
        emulator.stop()


@pytest.fixture
def target(contractor: Emulator, monkeypatch: pytest.MonkeyPatch) -> Target:
    for name in ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    options: dict[str, Any] = {"endpoint": contractor.endpoint, "regions": ["us-gov-west-1"]}
    return Target("t1", "aws", options)


COMMERCIAL = ("cloudfront:",)
"""Services that the government partition does not have."""


_baselines: dict[tuple[str, ...], Any] = {}


@pytest.mark.parametrize(("operation", "permission"), CALLS)
def test_a_refused_read_leaves_unknown(
    operation: str, permission: str, contractor: Emulator, target: Target, tmp_path: Path
) -> None:
    collector, rules = concerned(COLLECTOR, operation, RULES)
    assert rules, "no rule looks at what it tells"
    if operation.startswith(COMMERCIAL):
        target = replace(target, options={**target.options, "regions": ["us-east-1"]})
    names = (
        *(rule.id for rule in rules),
        *(source.id for source in collector.sources),
        *target.options["regions"],
    )
    if names not in _baselines:
        _baselines[names] = scan(collector, target, rules, tmp_path / "base")
    with contractor.faults.injected(operation, "denied") as fault:
        refused = scan(collector, target, rules, tmp_path / "refused")
    assert fault.hits, "no rule's plan makes this call, or nothing in the account takes it"
    named = check(_baselines[names], refused, permission)
    changed = {
        key
        for key, before in _baselines[names].items()
        if key not in refused or refused[key].verdict != before.verdict
    }
    assert named or not changed, "verdicts changed and none of them names the permission"
    shutil.rmtree(tmp_path)
