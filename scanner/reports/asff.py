"""AWS Security Finding Format: files that `batch-import-findings` takes as they are.

    aws securityhub batch-import-findings --cli-input-json file://123456789012-0001.json

A file holds at most 100 findings and 6 MB, all of one account, since Security Hub takes findings
only from the account that they are about. What is not about an AWS account (a host, a tenant, the
organization) goes to the account of the hub.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from scanner.findings import Finding
from scanner.output import private_folder, unwritable, whole_file
from scanner.reports.redact import redactor
from scanner.reports.sarif import Findings
from scanner.reports.sarif_inputs import PROGRAM_URI, PlainRule, Scan, described, stand_in
from scanner.reports.sarif_text import shorten, visible
from scanner.snapshot.manifest import TargetInfo

BATCH = 100
BATCH_BYTES = 6_000_000
FINDING_BYTES = 240_000
"""BatchImportFindings: 100 findings and 6 MB a batch, 240 KB a finding."""

_LABEL = {
    "critical": "CRITICAL",
    "high": "HIGH",
    "medium": "MEDIUM",
    "low": "LOW",
    "info": "INFORMATIONAL",
}
_STATUS = {
    "pass": "PASSED",
    "fail": "FAILED",
    "unknown": "WARNING",
    "not-applicable": "NOT_AVAILABLE",
}
_TYPES = ["Software and Configuration Checks/Industry and Regulatory Standards/NIST SP 800-171"]
_ENCODER = msgspec.json.Encoder()
_NAME = re.compile(r"\d{12}-\d{4,}\.json", re.ASCII)
"""What a batch's file is called: account and number."""


class Hub(msgspec.Struct, frozen=True, kw_only=True):
    """Where Security Hub takes the findings."""

    account: str
    region: str
    partition: str = "aws"


def hub_of(targets: Iterable[TargetInfo]) -> Hub | None:
    """The first AWS account and region of the snapshot, or null where there is none."""
    for target in targets:
        for scope in target.scopes if target.provider == "aws" else ():
            partition, _, account = scope.id.removeprefix("aws:").rpartition(":")
            if len(account) == 12 and scope.regions:
                return Hub(account=account, region=scope.regions[0], partition=partition or "aws")
    return None


def write_asff(
    folder: Path, findings: Findings, scan: Scan, hub: Hub, *, redact: bool = False
) -> list[Path]:
    """Write the batches and return their paths; earlier batches in the folder are removed.

    The findings are read once; one batch an account is held. Raises InputError.
    """
    private_folder(folder)
    _clear(folder)
    changed = redactor(scan.rules)
    rules = {rule.id: rule for rule in described(scan)}
    batches: dict[str, _Batch] = {}
    for finding in findings():
        rule = rules.get(finding.rule) or stand_in(finding)
        record = asff(changed(finding) if redact else finding, rule, scan, hub)
        account = record["AwsAccountId"]
        batch = batches.setdefault(account, _Batch(folder, account))
        batch.add(_ENCODER.encode(record))
    for batch in batches.values():
        batch.flush()
    return sorted(path for batch in batches.values() for path in batch.paths)


class _Batch:
    """The findings of one account that are not yet on disk."""

    def __init__(self, folder: Path, account: str) -> None:
        self._folder, self._account = folder, account
        self._lines: list[bytes] = []
        self._bytes = 0
        self.paths: list[Path] = []

    def add(self, line: bytes) -> None:
        if len(self._lines) == BATCH or self._bytes + len(line) > BATCH_BYTES - 1000:
            self.flush()
        self._lines.append(line)
        self._bytes += len(line) + 2

    def flush(self) -> None:
        if not self._lines:
            return
        path = self._folder / f"{self._account}-{len(self.paths) + 1:04d}.json"
        with whole_file(path) as out:
            out.write(b'{"Findings": [\n' + b",\n".join(self._lines) + b"\n]}\n")
        self.paths.append(path)
        self._lines, self._bytes = [], 0


def _clear(folder: Path) -> None:
    """Batches of an earlier scan would be sent again; what this report did not write stays."""
    for path in sorted(folder.glob("*.json")):
        if not _NAME.fullmatch(path.name):
            continue
        try:
            path.unlink()
        except OSError as error:
            raise unwritable(path, error) from error


def asff(finding: Finding, rule: PlainRule, scan: Scan, hub: Hub) -> dict[str, Any]:
    """One finding."""
    account, partition = hub.account, hub.partition
    if finding.provider == "aws":
        part, _, number = finding.scope.removeprefix("aws:").rpartition(":")
        if len(number) == 12 and number.isdecimal():
            account, partition = number, part or partition
    seen = finding.observed_at or scan.ended
    label = "INFORMATIONAL"
    if finding.verdict in ("fail", "unknown"):
        label = _LABEL.get(finding.severity, "INFORMATIONAL")
    record: dict[str, Any] = {
        "SchemaVersion": "2018-10-08",
        "Id": f"cmmc-scan/{finding.fingerprint}",
        "ProductArn": f"arn:{partition}:securityhub:{hub.region}:{account}:"
        f"product/{account}/default",
        "GeneratorId": _text(f"cmmc-scan/{finding.rule}", 512),
        "AwsAccountId": account,
        "Types": _TYPES,
        "CreatedAt": seen,
        "UpdatedAt": max(scan.ended, seen),
        "Severity": {"Label": label},
        "FindingProviderFields": {"Severity": {"Label": label}, "Types": _TYPES},
        "Title": _text(f"{finding.practice}: {rule.title}", 256),
        "Description": _text(finding.message, 1024),
        "Remediation": _remediation(finding, rule),
        "ProductFields": dict(_product_fields(finding)),
        "Resources": [_resource(finding, partition)],
        "Compliance": _compliance(finding),
        "RecordState": "ACTIVE",
    }
    return record


def _remediation(finding: Finding, rule: PlainRule) -> dict[str, Any]:
    fix = " ".join(rule.fix.get(finding.provider or "", rule.title).split())
    return {"Recommendation": {"Text": _text(fix, 512), "Url": (*rule.references, PROGRAM_URI)[0]}}


def _product_fields(finding: Finding) -> Iterator[tuple[str, str]]:
    fields: Sequence[tuple[str, str | None]] = (
        ("cmmc-scan/rule", finding.rule),
        ("cmmc-scan/practice", finding.practice),
        ("cmmc-scan/decides", " ".join(finding.settles)),
        (
            "cmmc-scan/informs",
            " ".join(o for o in finding.objectives if o not in finding.settles),
        ),
        ("cmmc-scan/iso27001", " ".join(finding.iso)),
        ("cmmc-scan/verdict", finding.verdict),
        ("cmmc-scan/reason", finding.reason),
        ("cmmc-scan/strength", finding.strength),
        ("cmmc-scan/target", finding.target),
        ("cmmc-scan/scope", finding.scope),
        ("cmmc-scan/name", finding.name),
        ("cmmc-scan/suppressed", finding.suppressed),
        ("cmmc-scan/permission", finding.gap.permission if finding.gap is not None else None),
    )
    for key, value in fields:
        if value:
            yield key, _text(value, 2048)


def _resource(finding: Finding, partition: str) -> dict[str, Any]:
    # the id may be any text up to 512 characters; a longer one keeps both its ends
    found: dict[str, Any] = {
        "Type": "Other",
        "Id": _text(finding.subject or finding.scope or "organization", 512),
    }
    if finding.provider == "aws":
        found["Partition"] = partition
        if finding.region is not None:
            found["Region"] = finding.region
    details = {k: _text(_words(v), 1024) for k, v in sorted(finding.evidence.items())[:50]}
    if details:
        found["Details"] = {"Other": details}
    return found


def _compliance(finding: Finding) -> dict[str, Any]:
    wanted = finding.answers_for
    requirements = [
        *(f"CMMC 2.0/{w}" for w in wanted if w not in finding.iso),
        *(f"ISO 27001:2022/{w}" for w in wanted if w in finding.iso),
    ]
    found: dict[str, Any] = {"Status": _STATUS[finding.verdict]}
    if requirements:
        found["RelatedRequirements"] = [_text(r, 64) for r in requirements[:32]]
    if finding.verdict == "unknown":
        found["StatusReasons"] = [
            {
                "ReasonCode": _text((finding.reason or "unknown").upper().replace("-", "_"), 100),
                "Description": _text(finding.message, 512),
            }
        ]
    return found


def _words(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value, order="sorted").decode()


def _text(text: str, limit: int) -> str:
    """A text of at most `limit` characters, never an empty one, which Security Hub refuses."""
    return shorten(visible(text), limit) or "-"
