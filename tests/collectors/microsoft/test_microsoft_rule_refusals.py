"""Each declared read refused in turn: rules say unknown with the permission, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from microsoft_collectors import COLLECTORS
from refusals import check, concerned, scan

from scanner.cli.steps import all_rules
from scanner.collectors.base import Target
from scanner.demo.microsoft import Emulator
from scanner.demo.microsoft.halyard import SUBSCRIPTION, TENANT

RULES = list(all_rules([]))
CALLS = sorted(
    (provider, operation, permission)
    for provider, collector in COLLECTORS.items()
    for source in collector.sources
    for operation, permission in source.needs(source.serves)
)
# A permission decides which reads fail together, so one read for each is enough here; that every
# single read may fail is held by the test of the facts.
ONE_EACH = list({(p, permission): (p, op, permission) for p, op, permission in CALLS}.values())

_baselines: dict[tuple[str, ...], Any] = {}


def pattern(operation: str) -> str:
    path = operation.partition(" ")[2].removeprefix("/beta")
    path, _, query = path.partition("?")
    joined = "/".join("*" if part.startswith("{") else part for part in path.split("/"))
    return f"{joined}?*{query.partition('=')[2]}*" if query else joined


@pytest.mark.parametrize(("provider", "operation", "permission"), ONE_EACH)
def test_a_refused_read_leaves_unknown(
    provider: str, operation: str, permission: str, emulator: Emulator, tmp_path: Path
) -> None:
    collector, rules = concerned(COLLECTORS[provider], operation, RULES)
    if not rules:
        pytest.skip("no rule looks at what it tells")
    options: dict[str, Any] = {
        "endpoint": emulator.endpoint,
        "token_env": "TEST_TOKEN",
        "tenant": TENANT,
        "cloud": "gcc-high",
        "subscription": SUBSCRIPTION,
    }
    target = Target("t", provider, options)
    sources = (source.id for source in collector.sources)
    key = (provider, *(rule.id for rule in rules), *sources)
    if key not in _baselines:
        _baselines[key] = scan(collector, target, rules, tmp_path / "base")
    emulator.faults.add(pattern(operation), "denied")
    refused = scan(collector, target, rules, tmp_path / "refused")
    named = check(_baselines[key], refused, permission)
    changed = {
        one
        for one, before in _baselines[key].items()
        if one not in refused or refused[one].verdict != before.verdict
    }
    assert named or not changed, "verdicts changed and none of them names the permission"
