"""`permissions aws`: what a scan may call and what the policy allows are the same thing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("moto")

from click.testing import CliRunner
from one_of_each import add_one_of_each

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


def _called(
    empty: Emulator, folder: Path, *terms: str, more: Callable[[Emulator], None] | None = None
) -> set[str]:
    seed(empty.endpoint)
    if more is not None:
        more(empty)
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


def _declared(*terms: str) -> set[str]:
    """The operations of the sources that these rules want, for the fields that they want."""
    return {call for s, wanted in _selected(*terms) for call, _ in s.needs(wanted)}


def test_the_rules_of_a_domain_call_what_their_sources_declare_and_nothing_else(
    empty: Emulator, tmp_path: Path
) -> None:
    called = _called(empty, tmp_path, "IA", more=add_one_of_each) - ENTRY
    # Distributions exist in the commercial partition only.
    assert called == _declared("IA") - {"cloudfront:ListDistributions"}
    assert called < _declared()


IDENTITY = tuple(
    rule.id
    for rule in chosen_rules(RULES, ["IA"])
    if rule.fact in ("identity.account", "identity.credential", "identity.policy")
)


def test_rules_on_identities_make_iam_calls_only(empty: Emulator, tmp_path: Path) -> None:
    assert len(IDENTITY) > 10
    called = _called(empty, tmp_path, *IDENTITY)
    assert {name.split(":")[0] for name in called} == {"iam", "sts"}
    assert called - ENTRY == _declared(*IDENTITY)
    assert {name.split(":")[0] for name in _actions(*IDENTITY) - ENTRY} == {"iam"}


def test_a_rule_costs_no_call_that_only_another_one_needs() -> None:
    """What one field takes is not declared for all: each of these was once read for nothing."""
    assert "rds:DescribeDBClusterParameters" not in _declared("stores-ask-who")
    assert "elbv2:DescribeSSLPolicies" not in _declared("passwords-not-offered-in-the-clear")
    assert "transfer:DescribeSecurityPolicy" not in _declared("passwords-not-offered-in-the-clear")
    assert "elb:DescribeLoadBalancerPolicies" not in _declared("passwords-not-offered-in-the-clear")


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
