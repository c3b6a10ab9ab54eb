"""An organisation as a user scans it: killed and gone on with, in shards, one target of several."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("moto")

from scanner.collectors.aws.models import ENTRY
from scanner.demo.aws import Emulator

HOME = "us-gov-west-1"
RULES = ("log-retention-meets-policy", "log-files-validated", "stored-data-encrypted")
PLANTS = 5
JOURNAL = "out/snapshot/.collect/journal.jsonl"


@pytest.fixture
def accounts(empty: Emulator, client: Callable[..., Any]) -> list[str]:
    """The ids of an organisation's accounts, each with log groups and disks of its own."""
    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    for number in range(PLANTS):
        organizations.create_account(AccountName=f"plant-{number}", Email=f"{number}@example.com")
    pages = organizations.get_paginator("list_accounts").paginate()
    found = sorted(each["Id"] for page in pages for each in page["Accounts"])
    for number, account in enumerate(found):
        _fill(empty, account, number, _inside(empty, account))
    empty.calls.clear()
    return found


def _inside(emulator: Emulator, account: str) -> Callable[[str], Any]:
    import botocore.session

    core = botocore.session.Session()
    own = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "x"}
    place = {"region_name": HOME, "endpoint_url": emulator.endpoint}
    sts = core.create_client("sts", **place, **own)
    role = f"arn:aws-us-gov:iam::{account}:role/cmmc-scan"
    given = sts.assume_role(RoleArn=role, RoleSessionName="fill")["Credentials"]

    def make(service: str) -> Any:
        return core.create_client(
            service,
            **place,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    return make


def _fill(emulator: Emulator, account: str, number: int, inside: Callable[[str], Any]) -> None:
    for each in range(2):
        name = f"/plant-{number}/{each}"
        inside("logs").create_log_group(logGroupName=name)
        inside("logs").put_retention_policy(logGroupName=name, retentionInDays=(30, 400)[each])
    inside("ec2").create_volume(AvailabilityZone=f"{HOME}a", Size=1, Encrypted=number % 2 == 0)


@pytest.fixture
def config(empty: Emulator, tmp_path: Path) -> Path:
    path = tmp_path / "cmmc-scan.yaml"
    whole = f"partition: aws-us-gov, regions: [{HOME}], endpoint: '{empty.endpoint}'"
    path.write_text(
        "targets:\n"
        f"- {{id: plants, provider: aws, accounts: all, role_name: cmmc-scan, {whole}}}\n"
        f"- {{id: alone, provider: aws, {whole}}}\n"
        "params: {log-retention-meets-policy: {min_days: 90}}\n"
    )
    return path


def _start(config: Path, verb: str, *arguments: str) -> subprocess.Popen[str]:
    rules = [word for rule in RULES for word in ("--rules", rule)]
    return subprocess.Popen(
        [sys.executable, "-m", "scanner", verb, "-c", str(config), "-q", *rules, *arguments],
        cwd=config.parent,
        env={**os.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _run(config: Path, verb: str, *arguments: str) -> int:
    process = _start(config, verb, *arguments)
    _, error = process.communicate(timeout=120)
    assert process.returncode in (0, 1, 3), error
    return process.returncode


def _findings(folder: Path) -> list[dict[str, Any]]:
    """All that is said, apart from when it was seen."""
    lines = [json.loads(line) for line in (folder / "findings.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "observed_at"} for line in lines]


def _reads(emulator: Emulator, account: str) -> list[str]:
    return sorted(r.name for r in emulator.calls.matching(account=account) if r.name not in ENTRY)


def _ended(journal: Path) -> set[tuple[str, str]]:
    if not journal.exists():
        return set()
    found = set()
    for line in journal.read_bytes().splitlines()[1:]:
        try:
            told = json.loads(line)["line"]
        except ValueError:
            continue
        found.add((told["scope"].rsplit(":", 1)[1], told["source"]))
    return found


def _kill_at(config: Path, left: set[tuple[str, str]], *arguments: str) -> None:
    """Start a scan and kill it once nothing but these (account, source) is left to read."""
    process = _start(config, "scan", "-o", "out", *arguments)
    journal = config.parent / JOURNAL
    manifest = json.loads((config.parent / "whole/snapshot/manifest.json").read_text())
    jobs = {(line["scope"].rsplit(":", 1)[1], line["source"]) for line in manifest["ledger"]}
    for _ in range(300):
        if _ended(journal) >= jobs - left:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    assert _ended(journal) == jobs - left
    assert not (config.parent / "out/findings.jsonl").exists()
    assert not (config.parent / "out/snapshot/manifest.json").exists()


def test_a_scan_killed_twice_goes_on_where_it_was_and_says_the_same(
    empty: Emulator, accounts: list[str], config: Path
) -> None:
    only, log_groups = ("--targets", "plants"), "logs:DescribeLogGroups"
    _run(config, "scan", "-o", "whole", *only)
    assert all(_reads(empty, account) for account in accounts)
    first, second = accounts[1:3]
    with empty.faults.injected("logs:*", "hung", account=second):
        with empty.faults.injected("logs:*", "hung", account=first):
            left = {(first, "aws.log-groups"), (second, "aws.log-groups")}
            _kill_at(config, left, *only)
        with (config.parent / JOURNAL).open("ab") as torn:  # the line that was being written
            torn.write(b'{"line":{"target":"plants","sc')
        empty.calls.clear()
        _kill_at(config, {(second, "aws.log-groups")}, "--resume", *only)
        assert _reads(empty, first) == [log_groups]

    empty.calls.clear()
    _run(config, "scan", "-o", "out", "--resume", *only)

    assert {account: _reads(empty, account) for account in accounts} == {
        account: [log_groups] if account == second else [] for account in accounts
    }
    assert _findings(config.parent / "out") == _findings(config.parent / "whole")
    assert not (config.parent / JOURNAL).exists()


def test_shards_together_say_what_the_whole_says(
    empty: Emulator, accounts: list[str], config: Path
) -> None:
    only = ("--targets", "plants")
    _run(config, "scan", "-o", "whole", *only)
    empty.calls.clear()
    seen: list[set[str]] = []
    for number in (1, 2, 3):
        _run(config, "collect", "-o", f"part-{number}", "--shard", f"{number}/3", *only)
        seen.append({account for account in accounts if _reads(empty, account)})
        empty.calls.clear()
    assert set().union(*seen) == set(accounts)
    assert sum(len(part) for part in seen) == len(accounts)

    _run(config, "evaluate", "part-1", "part-2", "part-3", "-o", "together")
    assert _findings(config.parent / "together") == _findings(config.parent / "whole")


def test_a_shard_without_an_account_is_no_failure(
    empty: Emulator, accounts: list[str], config: Path
) -> None:
    """Six accounts over ten shards: some shard has none, and that is what it says."""
    told = {}
    for number in range(1, 11):
        folder = f"part-{number}"
        _run(config, "collect", "-o", folder, "--shard", f"{number}/10", "--targets", "plants")
        manifest = json.loads((config.parent / folder / "manifest.json").read_text())
        assert manifest["complete"]
        assert manifest["gaps"] == []
        told[number] = [scope["id"] for scope in manifest["targets"][0]["scopes"]]
    assert sorted(scope for scopes in told.values() for scope in scopes) == [
        f"aws:aws-us-gov:{account}" for account in accounts
    ]
    assert [] in told.values()


def test_one_target_of_several_is_all_that_is_asked(
    empty: Emulator, accounts: list[str], config: Path
) -> None:
    _run(config, "scan", "-o", "out", "--targets", "alone")
    assert empty.calls.count("organizations:*") == 0
    assert empty.calls.count("sts:AssumeRole") == 0
    asked = {record.account for record in empty.calls}
    assert len(asked) == 1
    assert {line["target"] for line in _findings(config.parent / "out")} == {"alone"}
