"""Flaws are named for what they are and where they are, not for the ids of the service."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from scanner.collectors.aws.inspector import inspector_findings

SEEN = datetime(2026, 11, 20, tzinfo=UTC)
PLACE = {
    "provider": "aws",
    "target": "prod",
    "scope": "aws:1",
    "region": "us-gov-west-1",
    "source": "aws.inspector",
    "operation": "inspector2:ListFindings",
    "observed_at": "2026-11-24T07:33:41Z",
}


def named(asset: dict[str, Any], **more: Any) -> str:
    finding = {
        "type": "PACKAGE_VULNERABILITY",
        "findingArn": "arn:aws:inspector2:us-gov-west-1:1:finding/abc",
        "severity": "HIGH",
        "firstObservedAt": SEEN,
        "resources": [asset],
        **more,
    }
    aws: Any = SimpleNamespace(
        pages=lambda operation, **given: [{"findings": [finding]}],
        here=lambda operation: PLACE,
        now=lambda: "2026-11-24T07:33:41Z",
    )
    flaw: Any = next(iter(inspector_findings.run(aws)))
    assert flaw.asset == asset["id"]
    return str(flaw.name)


def test_a_flaw_is_named_by_its_cve_and_its_machine() -> None:
    known = {"packageVulnerabilityDetails": {"vulnerabilityId": "CVE-2026-1234"}}
    tagged = {"id": "i-98cf", "tags": {"Name": "web-1"}}
    assert named(tagged, **known) == "CVE-2026-1234 on web-1 (i-98cf)"
    assert named({"id": "i-98cf"}, **known) == "CVE-2026-1234 on i-98cf"
    image = {"id": "arn:aws:ecr:us-gov-west-1:1:repository/app/sha256:12"}
    assert named(image, **known) == "CVE-2026-1234 on sha256:12"
    assert named({"id": "i-98cf"}) == "abc on i-98cf"
