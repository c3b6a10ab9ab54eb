"""OCSF Compliance Findings (class 2003 of OCSF 1.5), one JSON object a line.

Times are milliseconds of the snapshot's own times. A verdict that could not be reached is status
Warning with the reason, never Pass. What is not applicable or concerns no target has the status
Other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from scanner.findings import Finding
from scanner.output import whole_file
from scanner.reports.redact import redactor
from scanner.reports.sarif import Findings
from scanner.reports.sarif_inputs import PlainRule, Scan, described, stand_in
from scanner.reports.sarif_text import shorten, visible

VERSION = "1.5.0"
LIMIT = 4096
"""Characters of one text."""

_SEVERITY = {
    "info": (1, "Informational"),
    "low": (2, "Low"),
    "medium": (3, "Medium"),
    "high": (4, "High"),
    "critical": (5, "Critical"),
}
_COMPLIANCE = {
    "pass": (1, "Pass"),
    "unknown": (2, "Warning"),
    "fail": (3, "Fail"),
    "not-applicable": (99, "Not Applicable"),
}
_STANDARDS = ["CMMC 2.0", "NIST SP 800-171 Rev. 2", "ISO/IEC 27001:2022"]
_CLOUDS = {"aws": "AWS", "azure": "Azure", "entra": "Microsoft Entra ID", "m365": "Microsoft 365"}
_ENCODER = msgspec.json.Encoder()


def write_ocsf(path: Path, findings: Findings, scan: Scan, *, redact: bool = False) -> int:
    """Write one event a finding; returns how many. Raises InputError."""
    changed = redactor(scan.rules)
    rules = {rule.id: rule for rule in described(scan)}
    count = 0
    with whole_file(path) as out:
        for finding in findings():
            rule = rules.get(finding.rule) or stand_in(finding)
            shown = changed(finding) if redact else finding
            out.write(_ENCODER.encode(event(shown, rule, scan)))
            out.write(b"\n")
            count += 1
    return count


def event(finding: Finding, rule: PlainRule, scan: Scan) -> Mapping[str, Any]:
    """One Compliance Finding."""
    at = _millis(finding.observed_at or scan.ended)
    severity_id, severity = _severity(finding)
    suppressed = finding.suppressed is not None
    return {
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2003,
        "class_name": "Compliance Finding",
        "type_uid": 200301,
        "type_name": "Compliance Finding: Create",
        "time": at,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 3 if suppressed else 1,
        "status": "Suppressed" if suppressed else "New",
        "message": _text(finding.message),
        "metadata": {
            "version": VERSION,
            "profiles": ["cloud"] if finding.provider in _CLOUDS else [],
            "product": {
                "name": "cmmc-scan",
                "vendor_name": "cmmc-scan",
                "version": scan.version,
            },
            "logged_time": _millis(scan.ended),
        },
        "finding_info": {
            "uid": finding.fingerprint,
            "title": _text(rule.title),
            "desc": _text(finding.message),
            "analytic": {"name": finding.rule, "uid": finding.rule, "type_id": 1, "type": "Rule"},
            "types": ["cmmc"],
            "last_seen_time": at,
        },
        "compliance": _compliance(finding, rule),
        **_remediation(finding, rule),
        "resources": [_resource(finding, rule)],
        **_cloud(finding),
        "unmapped": _unmapped(finding),
    }


def _severity(finding: Finding) -> tuple[int, str]:
    if finding.verdict in ("pass", "not-applicable"):
        return _SEVERITY["info"]
    return _SEVERITY.get(finding.severity, (99, "Other"))


def _compliance(finding: Finding, rule: PlainRule) -> dict[str, Any]:
    status_id, status = _COMPLIANCE[finding.verdict]
    if finding.reason == "no-source":
        status_id, status = 99, "No Source"
    found: dict[str, Any] = {
        "control": finding.practice,
        "standards": _STANDARDS,
        "status_id": status_id,
        "status": status,
    }
    if finding.answers_for:
        found["requirements"] = list(finding.answers_for)
    if rule.why:
        found["desc"] = _text(rule.why)
    if finding.reason is not None:
        found["status_code"] = finding.reason
    found["status_details"] = [_text(finding.message)]
    return found


def _remediation(finding: Finding, rule: PlainRule) -> dict[str, Any]:
    fix = rule.fix.get(finding.provider or "", "")
    if finding.verdict != "fail" or not fix:
        return {}
    found: dict[str, Any] = {"desc": _text(" ".join(fix.split()))}
    if rule.references:
        found["references"] = list(rule.references)
    return {"remediation": found}


def _resource(finding: Finding, rule: PlainRule) -> dict[str, Any]:
    found: dict[str, Any] = {
        "uid": _text(finding.subject or finding.scope or "organization"),
        "name": _text(finding.name),
        "type": rule.fact,
        "group": {"name": finding.scope or "organization"},
    }
    if finding.region is not None:
        found["region"] = finding.region
    if finding.target is not None:
        found["labels"] = [f"target:{finding.target}"]
    return found


def _cloud(finding: Finding) -> dict[str, Any]:
    provider = _CLOUDS.get(finding.provider or "")
    if provider is None:
        return {}
    # the scope is `provider:id` or `aws:partition:account`
    account = finding.scope.rpartition(":")[2]
    found: dict[str, Any] = {"provider": provider}
    if account:
        found["account"] = {"uid": account}
    if finding.region is not None:
        found["region"] = finding.region
    return {"cloud": found}


def _unmapped(finding: Finding) -> dict[str, Any]:
    found: dict[str, Any] = {
        "verdict": finding.verdict,
        "strength": finding.strength,
        "decides": list(finding.settles),
        "informs": [o for o in finding.objectives if o not in finding.settles],
        "iso": list(finding.iso),
        "evidence": _plain(finding.evidence),
    }
    if finding.gap is not None:
        found["gap"] = msgspec.to_builtins(finding.gap)
    if finding.unread:
        found["unread"] = list(finding.unread)
    if finding.suppressed is not None:
        found["suppressed_by"] = finding.suppressed
    if finding.count is not None:
        found["count"] = finding.count
    return found


def _plain(value: Any) -> Any:
    """Evidence with every text made visible."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return {_text(str(k)): _plain(v) for k, v in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def _text(text: str) -> str:
    return shorten(visible(text), LIMIT)


@cache
def _millis(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp() * 1000)
