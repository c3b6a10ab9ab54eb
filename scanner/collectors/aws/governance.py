"""AWS Config: what is recorded, for how long, and what its rules find."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.collectors.aws.client import Aws
from scanner.collectors.base import source
from scanner.facts.services import Baseline

_DEFAULT_DAYS = 2557
"""Config keeps its history for seven years unless told otherwise (developer guide)."""


@source(
    Baseline,
    fields=["system", "recording", "all_resources"],
    calls=["config:DescribeConfigurationRecorders", "config:DescribeConfigurationRecorderStatus"],
    always={"system": "config-recorder"},
    per="region",
)
def config_recorders(aws: Aws) -> Iterator[Baseline]:
    """The configuration recorder of each region; a region without one records nothing.

    Recorders of two regions may have one name, so the region belongs to the subject.
    """
    facts = {
        **aws.here("config:DescribeConfigurationRecorderStatus"),
        "subject": f"{aws.account}/{aws.region}/config-recorder",
        "name": f"AWS Config in {aws.region}",
        "system": "config-recorder",
    }
    recorders = aws.call("config:DescribeConfigurationRecorders")["ConfigurationRecorders"]
    own = [r for r in recorders if not r.get("servicePrincipal")]
    if not own:
        yield Baseline(**facts, recording=False, all_resources=False)
        return
    answer = aws.call("config:DescribeConfigurationRecorderStatus")
    status = {s["name"]: s for s in answer["ConfigurationRecordersStatus"]}
    group = own[0].get("recordingGroup") or {}
    found = status.get(own[0]["name"], {})
    yield Baseline(
        **facts,
        # lastStatus tells of the delivery: a recorder whose records cannot be written keeps none.
        recording=found.get("recording", False) and found.get("lastStatus") != "Failure",
        all_resources=group.get("allSupported", False),
    )


@config_recorders.detail(
    fields=["retention_days"],
    calls={"config:DescribeRetentionConfigurations": "config:DescribeRetentionConfigurations"},
)
def config_retention(aws: Aws, _: Baseline) -> dict[str, object]:
    days = [
        each["RetentionPeriodInDays"]
        for page in aws.pages("config:DescribeRetentionConfigurations")
        for each in page["RetentionConfigurations"]
    ]
    return {"retention_days": min(days, default=_DEFAULT_DAYS)}


@source(
    Baseline,
    fields=["system", "noncompliant"],
    calls={"config:DescribeComplianceByConfigRule": "config:DescribeComplianceByConfigRule"},
    always={"system": "config-rule"},
    per="region",
)
def config_rules(aws: Aws) -> Iterator[Baseline]:
    """Rules of AWS Config with how many resources deviate (AWS counts to a hundred)."""
    for page in aws.pages("config:DescribeComplianceByConfigRule"):
        for rule in page["ComplianceByConfigRules"]:
            found = rule.get("Compliance") or {}
            count = (found.get("ComplianceContributorCount") or {}).get("CappedCount", 0)
            known = found.get("ComplianceType") in ("COMPLIANT", "NON_COMPLIANT")
            yield Baseline(
                **aws.here("config:DescribeComplianceByConfigRule"),
                subject=f"{aws.account}/{aws.region}/{rule['ConfigRuleName']}",
                name=rule["ConfigRuleName"],
                system="config-rule",
                noncompliant=(max(1, count) if found["ComplianceType"] == "NON_COMPLIANT" else 0)
                if known
                else None,
            )
