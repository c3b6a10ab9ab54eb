"""A generated account, with each read of the plan refused in turn: the expected verdict or unknown.

What is expected comes from the generator alone. A subject may be missing only where its listing is
unknown, in words that name what was refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

pytest.importorskip("moto")

from refusals import Key, check, scan

from scanner.cli.steps import all_rules, chosen_rules
from scanner.collect import plan
from scanner.collect.plan import calls
from scanner.collectors.aws import COLLECTOR
from scanner.collectors.base import Target
from scanner.demo.aws import Emulator
from scanner.evaluate.wants import wants
from scanner.findings import Finding
from tests.bench.aws import account

RULES = chosen_rules(all_rules([]), account.RULES)
SIZES = account.Sizes(
    users=5, buckets=4, log_groups=3, security_groups=2, disks=2, keys=2, regions=("us-gov-west-1",)
)
CALLS = sorted(calls(plan(COLLECTOR, wants(RULES))).items())
ENTRY = [("sts:GetCallerIdentity", ""), ("ec2:DescribeRegions", "ec2:DescribeRegions")]

Found = dict[Key, Finding]


@pytest.fixture(scope="module")
def expected(emulator: Emulator) -> Iterator[account.Expected]:
    emulator.reset()
    yield account.generate(emulator.endpoint, SIZES)
    emulator.reset()


@pytest.fixture
def target(
    emulator: Emulator, expected: account.Expected, monkeypatch: pytest.MonkeyPatch
) -> Target:
    for name in ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("scanner.collectors.aws.identity._WAIT_SECONDS", 0)
    options = {"endpoint": emulator.endpoint, "regions": list(SIZES.regions)}
    return Target("t", "aws", options)


def _scan(target: Target, folder: Path) -> Found:
    return scan(COLLECTOR, target, RULES, folder, account.STATED)


_baseline: Found = {}


@pytest.fixture
def baseline(target: Target, tmp_path: Path) -> Found:
    if not _baseline:
        _baseline.update(_scan(target, tmp_path / "baseline"))
    return _baseline


def _agrees(
    expected: Mapping[str, str], found: Found, refused: str, permission: str
) -> tuple[int, int]:
    """Assert the law against what is expected; how many verdicts are unknown, and missing."""

    def names_it(finding: Finding) -> bool:
        gap = finding.gap
        return gap is not None and (gap.operation == refused or gap.permission == permission)

    by_name = {f"{f.rule} {f.name}": f for f in found.values() if f.subject}
    listings = {f.rule: f for f in found.values() if f.verdict == "unknown" and not f.subject}
    unknown = missing = 0
    for name, verdict in expected.items():
        finding = by_name.get(name)
        if finding is None:
            listing = listings.get(name.partition(" ")[0])
            assert listing is not None, f"{name} is absent without a word"
            assert names_it(listing), f"{name} is absent, and {listing.gap} names another cause"
            missing += 1
        elif finding.verdict == "unknown":
            assert names_it(finding), f"{name}: {finding.gap} names another cause"
            unknown += 1
        else:
            assert finding.verdict == verdict, name
    return unknown, missing


def test_with_every_read_allowed_each_verdict_is_the_expected_one(
    expected: account.Expected, baseline: Found
) -> None:
    assert _agrees(expected, baseline, "", "") == (0, 0)
    assert {f.verdict for f in baseline.values()} == {"pass", "fail", "not-applicable"}


@pytest.mark.parametrize(("operation", "permission"), CALLS)
def test_a_refused_read_leaves_the_expected_verdict_or_unknown(
    operation: str,
    permission: str,
    emulator: Emulator,
    expected: account.Expected,
    baseline: Found,
    target: Target,
    tmp_path: Path,
) -> None:
    with emulator.faults.injected(operation, "denied") as fault:
        found = _scan(target, tmp_path / "refused")

    _agrees(expected, found, operation, permission)
    named = check(baseline, found, permission)
    # What did not concern a rule may become unknown to it; nothing else comes from nowhere.
    spared = {f.rule for f in baseline.values() if f.verdict == "not-applicable"}
    extra = [f for key, f in found.items() if f.subject and key not in baseline]
    assert [f for f in extra if f.verdict != "unknown" or f.rule not in spared] == []
    if not (fault.hits and named):
        assert {k: f.verdict for k, f in found.items()} == {
            k: f.verdict for k, f in baseline.items()
        }, "nothing tells of the refusal"


@pytest.mark.parametrize(("operation", "permission"), ENTRY)
def test_an_account_that_cannot_be_entered_has_no_verdict(
    operation: str,
    permission: str,
    emulator: Emulator,
    expected: account.Expected,
    baseline: Found,
    target: Target,
    tmp_path: Path,
) -> None:
    anywhere = {"endpoint": emulator.endpoint, "partition": "aws-us-gov", "regions": "all"}
    everywhere = Target("t", "aws", anywhere)
    with emulator.faults.injected(operation, "denied") as fault:
        found = _scan(everywhere, tmp_path / "refused")
    assert fault.hits
    _, missing = _agrees(expected, found, operation, permission)
    assert missing
