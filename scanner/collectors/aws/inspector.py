"""Inspector: what it scans, and the flaws that it has found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.times import days_since
from scanner.collectors.base import source
from scanner.facts.software import Flaw, Scanner

_ASSETS = {
    "AWS_EC2_INSTANCE": "instance",
    "AWS_ECR_CONTAINER_IMAGE": "image",
    "AWS_ECR_REPOSITORY": "image-registry",
    "AWS_LAMBDA_FUNCTION": "function",
    "CODE_REPOSITORY": "repository",
}


@source(
    Scanner,
    fields=["asset", "asset_kind", "active", "continuous", "last_scan_days"],
    calls=["inspector2:ListCoverage"],
    per="region",
)
def inspector_coverage(aws: Aws) -> Iterator[Scanner]:
    """What Inspector scans, asset by asset, and what it cannot; new flaws are matched at once."""
    for page in aws.pages("inspector2:ListCoverage", maxResults=200):
        for asset in page["coveredResources"]:
            when = asset.get("lastScannedAt")
            status = asset["scanStatus"]
            once = status.get("reason") in ("SCAN_FREQUENCY_MANUAL", "SCAN_FREQUENCY_SCAN_ON_PUSH")
            yield Scanner(
                **aws.here("inspector2:ListCoverage"),
                subject=f"{asset['resourceId']}#{asset['scanType'].lower()}",
                name=asset["resourceId"].rsplit("/", 1)[-1],
                asset=asset["resourceId"],
                asset_kind=_ASSETS.get(asset["resourceType"], asset["resourceType"].lower()),
                active=status["statusCode"] == "ACTIVE",
                continuous=status["statusCode"] == "ACTIVE" and not once,
                last_scan_days=days_since(when, aws.now()) if isinstance(when, datetime) else None,
            )


@source(
    Flaw,
    fields=["asset", "severity", "first_seen_days", "fix_available"],
    calls=["inspector2:ListFindings"],
    per="region",
)
def inspector_findings(aws: Aws) -> Iterator[Flaw]:
    """Flaws that Inspector has found and nobody has mended, the suppressed ones included."""
    wanted = [{"comparison": "EQUALS", "value": state} for state in ("ACTIVE", "SUPPRESSED")]
    pages = aws.pages(
        "inspector2:ListFindings", filterCriteria={"findingStatus": wanted}, maxResults=100
    )
    for page in pages:
        for finding in page["findings"]:
            if finding["type"] != "PACKAGE_VULNERABILITY":
                continue
            asset = finding["resources"][0]
            flaw = (finding.get("packageVulnerabilityDetails") or {}).get("vulnerabilityId")
            facts: dict[str, Any] = {}
            if "fixAvailable" in finding:
                facts["fix_available"] = finding["fixAvailable"] in ("YES", "PARTIAL")
            yield Flaw(
                **aws.here("inspector2:ListFindings"),
                subject=finding["findingArn"],
                name=f"{flaw or finding['findingArn'].rsplit('/', 1)[-1]} on {_shown(asset)}",
                asset=asset["id"],
                severity=finding["severity"].lower(),
                first_seen_days=days_since(finding["firstObservedAt"], aws.now()),
                **facts,
            )


def _shown(asset: dict[str, Any]) -> str:
    """An asset as people know it: by its Name tag, which comes with the finding, and by its id."""
    short = str(asset["id"]).rsplit("/", 1)[-1]
    name = (asset.get("tags") or {}).get("Name")
    return f"{name} ({short})" if name else short
