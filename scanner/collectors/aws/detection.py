"""What watches the account: GuardDuty and Security Hub; and whom AWS tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.alerts import event_rules, event_targets
from scanner.collectors.aws.client import Aws
from scanner.collectors.base import Refused, source
from scanner.facts.services import Contact, Detection
from scanner.facts.software import Malware

_RULES = {
    "events:ListRules": "events:ListRules",
    "events:ListTargetsByRule": "events:ListTargetsByRule",
}


def _passes_on(aws: Aws, source_name: str) -> bool:
    """Whether an enabled EventBridge rule hands this service's events to a target."""
    for rule in event_rules(aws):
        if rule["State"] == "DISABLED" or not rule.get("EventPattern"):
            continue
        try:
            wanted = json.loads(rule["EventPattern"]).get("source") or ()
        except ValueError:
            raise Refused("broken", "events:ListRules", "an event pattern is no JSON") from None
        if source_name not in wanted:
            continue
        if event_targets(aws, rule["Name"]):
            return True
    return False


def _detectors(aws: Aws) -> list[tuple[str, dict[str, Any]]]:
    def read() -> list[tuple[str, dict[str, Any]]]:
        ids = [i for page in aws.pages("guardduty:ListDetectors") for i in page["DetectorIds"]]
        return [(i, aws.call("guardduty:GetDetector", DetectorId=i)) for i in ids]

    return aws.shared(("detectors", aws.region), read)


_DETECTORS = {
    "guardduty:ListDetectors": "guardduty:ListDetectors",
    "guardduty:GetDetector": "guardduty:GetDetector",
}


@source(
    Detection,
    fields=["service", "enabled", "features"],
    calls=_DETECTORS,
    always={"service": "guardduty"},
    per="region",
)
def guardduty(aws: Aws) -> Iterator[Detection]:
    """GuardDuty in each region; a region without a detector has it switched off."""
    facts = {
        **aws.here("guardduty:GetDetector"),
        "subject": f"{aws.account}/{aws.region}/guardduty",
        "name": f"GuardDuty in {aws.region}",
        "service": "guardduty",
    }
    found = _detectors(aws)
    if not found:
        yield Detection(**facts, enabled=False, features=())
    for _, detector in found:
        on = detector["Status"] == "ENABLED"
        features = sorted(
            feature["Name"]
            for feature in detector.get("Features") or ()
            if feature["Status"] == "ENABLED"
        )
        yield Detection(**facts, enabled=on, features=tuple(features) if on else ())


@guardduty.detail(
    fields=["publishes"],
    calls={
        **_RULES,
        "guardduty:ListPublishingDestinations": "guardduty:ListPublishingDestinations",
    },
)
def guardduty_publishing(aws: Aws, detection: Detection) -> dict[str, object]:
    for detector, _ in _detectors(aws) if detection.enabled is True else ():
        pages = aws.pages("guardduty:ListPublishingDestinations", DetectorId=detector)
        if any(d["Status"] == "PUBLISHING" for page in pages for d in page["Destinations"]):
            return {"publishes": True}
    return {"publishes": detection.enabled is True and _passes_on(aws, "aws.guardduty")}


_MALWARE = {"EBS_MALWARE_PROTECTION": "disks of machines"}


@source(
    Malware,
    fields=["engine"],
    calls=_DETECTORS,
    per="region",
)
def malware_protection(aws: Aws) -> Iterator[Malware]:
    """GuardDuty's malware scans of disks, which start when something looks wrong."""
    on = {
        feature["Name"]
        for _, detector in _detectors(aws)
        if detector["Status"] == "ENABLED"
        for feature in detector.get("Features") or ()
        if feature["Status"] == "ENABLED"
    }
    for feature, what in _MALWARE.items():
        yield Malware(
            **aws.here("guardduty:GetDetector"),
            subject=f"{aws.account}/{aws.region}/{feature}",
            name=f"{what} in {aws.region}",
            engine="GuardDuty Malware Protection" if feature in on else None,
        )


@source(
    Detection,
    fields=["service", "enabled"],
    calls=["securityhub:DescribeHub"],
    always={"service": "security-hub"},
    per="region",
)
def security_hub(aws: Aws) -> Iterator[Detection]:
    """Security Hub in each region."""
    # InvalidAccessException is its word for "not subscribed" (API reference, DescribeHub).
    answer = aws.maybe(
        "securityhub:DescribeHub", "InvalidAccessException", "ResourceNotFoundException"
    )
    yield Detection(
        **aws.here("securityhub:DescribeHub"),
        subject=f"{aws.account}/{aws.region}/security-hub",
        name=f"Security Hub in {aws.region}",
        service="security-hub",
        enabled=answer is not None,
    )


@security_hub.detail(
    fields=["features"],
    calls={"securityhub:GetEnabledStandards": "securityhub:GetEnabledStandards"},
)
def security_hub_standards(aws: Aws, hub: Detection) -> dict[str, object]:
    if hub.enabled is not True:
        return {"features": ()}
    ready = sorted(
        standard["StandardsArn"].split("/", 1)[-1]
        for page in aws.pages("securityhub:GetEnabledStandards")
        for standard in page["StandardsSubscriptions"]
        if standard["StandardsStatus"] == "READY"
    )
    return {"features": tuple(ready)}


@security_hub.detail(fields=["publishes"], calls=_RULES)
def security_hub_publishing(aws: Aws, hub: Detection) -> dict[str, object]:
    return {"publishes": hub.enabled is True and _passes_on(aws, "aws.securityhub")}


@source(
    Contact,
    fields=["purpose", "set"],
    calls=["account:GetAlternateContact"],
    always={"purpose": "security"},
)
def security_contact(aws: Aws) -> Iterator[Contact]:
    """Whether AWS has an address for security matters of the account."""
    answer = aws.maybe(
        "account:GetAlternateContact",
        "ResourceNotFoundException",
        at=aws.home,
        AlternateContactType="SECURITY",
    )
    yield Contact(
        **{**aws.here("account:GetAlternateContact"), "region": None},
        subject=f"{aws.account}/contact/security",
        name="security contact",
        purpose="security",
        set=answer is not None,
    )
