"""Access Analyzer: whether access from outside is looked for, and what it found."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.collectors.aws.client import Aws
from scanner.collectors.base import source
from scanner.facts.services import Baseline, Detection

_OUTSIDE = ("ACCOUNT", "ORGANIZATION")
"""Types of analyzer that look for access from outside; others look for unused rights."""


@source(
    Detection,
    fields=["service", "enabled"],
    calls={"accessanalyzer:ListAnalyzers": "access-analyzer:ListAnalyzers"},
    always={"service": "access-analyzer"},
    per="region",
)
def access_analyzer(aws: Aws) -> Iterator[Detection]:
    """Whether an analyzer looks for access from outside in each region."""
    active = any(
        analyzer["status"] == "ACTIVE" and analyzer["type"] in _OUTSIDE
        for page in aws.pages("accessanalyzer:ListAnalyzers")
        for analyzer in page["analyzers"]
    )
    yield Detection(
        **aws.here("accessanalyzer:ListAnalyzers"),
        subject=f"{aws.account}/{aws.region}/access-analyzer",
        name=f"Access Analyzer in {aws.region}",
        service="access-analyzer",
        enabled=active,
    )


_FINDINGS = "accessanalyzer:ListFindingsV2"


@source(
    Baseline,
    fields=["system", "noncompliant"],
    calls={
        "accessanalyzer:ListAnalyzers": "access-analyzer:ListAnalyzers",
        _FINDINGS: "access-analyzer:ListFindings",
    },
    always={"system": "outside-access"},
    per="region",
)
def outside_access(aws: Aws) -> Iterator[Baseline]:
    """How many findings on access from outside nobody has archived or mended, by analyzer."""
    for page in aws.pages("accessanalyzer:ListAnalyzers"):
        for analyzer in page["analyzers"]:
            if analyzer["status"] != "ACTIVE" or analyzer["type"] not in _OUTSIDE:
                continue
            pages = aws.pages(
                _FINDINGS, analyzerArn=analyzer["arn"], filter={"status": {"eq": ["ACTIVE"]}}
            )
            yield Baseline(
                **aws.here(_FINDINGS),
                subject=f"{analyzer['arn']}/findings",
                name=f"access from outside in {aws.region}",
                system="outside-access",
                noncompliant=sum(
                    finding.get("findingType", "ExternalAccess") == "ExternalAccess"
                    for page in pages
                    for finding in page["findings"]
                ),
            )
