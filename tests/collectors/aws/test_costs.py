"""What a scan costs, against bare boto3: counts exactly, CPU and memory as ratios with slack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("moto")

import refusals

from scanner.cli import steps
from scanner.collectors.aws import COLLECTOR
from scanner.collectors.base import Target
from scanner.demo.aws import Emulator
from tests.bench.aws import account, client, floor, report, server

ROOT = Path(__file__).parents[3]
SIZES = account.Sizes(
    users=8, buckets=8, log_groups=6, security_groups=4, disks=4, keys=2, regions=("us-gov-west-1",)
)


def _scan(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[refusals.Key, Any]:
    known = steps.all_rules([])
    rules = steps.chosen_rules(known, account.RULES)
    params, declared = refusals.stated(rules)
    params = {rule: {**params[rule], **account.STATED.get(rule, {})} for rule in params}
    monkeypatch.setattr(refusals, "stated", lambda _: (params, declared))
    target = Target("t", "aws", {"endpoint": emulator.endpoint, "regions": list(SIZES.regions)})
    return refusals.scan(COLLECTOR, target, rules, folder)


def test_every_verdict_is_the_expected_one_and_no_call_is_one_too_many(
    empty: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = account.generate(empty.endpoint, SIZES, tmp_path / "expected.json")
    assert json.loads((tmp_path / "expected.json").read_text()) == expected
    empty.calls.clear()
    monkeypatch.setattr("scanner.collectors.aws.identity._WAIT_SECONDS", 0)

    found = _scan(empty, tmp_path, monkeypatch)
    mine = empty.calls.by_operation()
    empty.calls.clear()
    floor._Floor(empty.endpoint, report.operations()).run(list(SIZES.regions))
    theirs = empty.calls.by_operation()

    verdicts = {f"{f.rule} {f.name}": f.verdict for f in found.values()}
    assert {each: verdicts.get(each) for each in expected} == expected
    # The first one to ask for the credential report waits for it.
    mine["iam:GenerateCredentialReport"] = 1
    assert {o: n for o, n in mine.items() if n > theirs[o]} == {}


def test_the_floor_knows_every_call_of_the_rules_that_it_is_compared_on() -> None:
    assert floor.unknown(report.operations()) == []


def test_cpu_and_memory_are_near_those_of_bare_boto3() -> None:
    sizes = server.Sizes(log_groups=500, users=200, buckets=40)
    with server.Server(sizes) as started:
        asked = {"endpoint": started.endpoint, "regions": ["us-east-1"]}
        mine = _run("client", asked | {"rules": list(account.RULES)})
        calls = sum(started.calls().values())
        theirs = _run("floor", asked | {"operations": report.operations()})
        floor_calls = sum(started.calls().values())

    assert mine["gaps"] == 0
    assert mine["facts"] == 500 + 201 + (200 + 20) + 40
    assert calls <= 1.1 * floor_calls
    assert mine["cpu"] <= 2 * theirs["cpu"]
    assert mine["peak"] <= 1.25 * theirs["peak"]


def test_memory_does_not_grow_with_the_account() -> None:
    asked = {"regions": ["us-east-1"], "rules": ["log-retention-meets-policy"]}
    peaks = []
    for groups in (500, 10_000):
        with server.Server(replace(server.Sizes(), log_groups=groups)) as started:
            peaks.append(_run("client", asked | {"endpoint": started.endpoint})["peak"])
    assert peaks[1] <= 1.25 * peaks[0]


def _run(module: str, asked: dict[str, Any]) -> dict[str, float]:
    step = [sys.executable, "-m", f"tests.bench.aws.{module}", json.dumps(asked)]
    environment = {**os.environ, **client.CREDENTIALS}
    done = subprocess.run(step, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))
