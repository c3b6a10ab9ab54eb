"""`permissions aws`: what a scan may call and what the policy allows are the same thing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("moto")

from click.testing import CliRunner

from scanner.cli import permissions
from scanner.cli.steps import all_rules, chosen_rules
from scanner.collect import collect, plan
from scanner.collect.plan import calls
from scanner.collectors.aws import COLLECTOR
from scanner.collectors.aws.models import ENTRY
from scanner.collectors.aws.role import GRANTS, _parts
from scanner.collectors.base import Target
from scanner.demo.aws import Emulator
from scanner.demo.aws.contractor import seed
from scanner.evaluate.wants import wants

RULES = all_rules([])


def _selected(*terms: str) -> list[tuple[Any, frozenset[str]]]:
    rules = chosen_rules(RULES, terms)
    return [(each.source, each.wanted) for each in plan(COLLECTOR, wants(rules))]


def _actions(*terms: str) -> set[str]:
    (statement,) = json.loads(GRANTS["policy"](_selected(*terms)))["Statement"]
    return set(statement["Action"])


def _called(empty: Emulator, folder: Path, *terms: str) -> set[str]:
    seed(empty.endpoint)
    empty.calls.clear()
    target = Target("t", "aws", {"endpoint": empty.endpoint, "regions": ["us-gov-west-1"]})
    collect([target], {"aws": COLLECTOR}, wants(chosen_rules(RULES, terms)), folder)
    return empty.calls.operations()


def test_a_scan_calls_nothing_that_the_policy_does_not_allow(
    empty: Emulator, tmp_path: Path
) -> None:
    needed = calls(plan(COLLECTOR, wants(list(RULES))))
    called = _called(empty, tmp_path) - ENTRY

    assert called <= set(needed)
    assert {needed[operation] for operation in called} <= _actions()


def test_every_action_is_what_a_declared_operation_needs() -> None:
    needed = calls(plan(COLLECTOR, wants(list(RULES))))
    assert _actions() == set(needed.values()) | {"ec2:DescribeRegions"}


def test_rules_of_one_domain_call_and_need_its_services_only(
    empty: Emulator, tmp_path: Path
) -> None:
    called = _called(empty, tmp_path, "IA.L2-3.5.7") - ENTRY
    assert called
    assert {name.split(":")[0] for name in called} == {"iam"}
    assert {name.split(":")[0] for name in _actions("IA.L2-3.5.7") - ENTRY} == {"iam"}


@pytest.mark.parametrize("form", ["policy", "terraform", "cloudformation", "organization"])
def test_every_form_is_printed(form: str) -> None:
    done = CliRunner().invoke(permissions.command, ["aws", "--format", form], standalone_mode=False)
    assert done.exception is None
    assert "sts:AssumeRole" in done.output or form == "policy"


def test_terraform_and_cloudformation_allow_what_the_policy_allows() -> None:
    text = GRANTS["terraform"](_selected())
    listed = re.findall(r'^      "([a-z0-9-]+:\w+)",$', text, re.M)
    assert set(listed) == _actions()
    assert len(listed) == len(set(listed))

    resources = json.loads(GRANTS["cloudformation"](_selected()))["Resources"]
    granted = [
        action
        for name, each in resources.items()
        if name != "Role"
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
        for action in statement["Action"]
    ]
    assert set(granted) == _actions()
    (trust,) = resources["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}}


def test_a_policy_that_is_too_long_becomes_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.collectors.aws.role._POLICY_CHARACTERS", 1_000)
    parts = list(_parts(_selected()))
    assert len(parts) > 2
    assert {action for part in parts for action in part} == _actions()
    assert all(len(json.dumps(part, separators=(",", ":"))) < 1_000 for part in parts)
