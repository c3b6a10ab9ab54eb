"""What recorded events really contain, from a sample of the latest; counted, never copied."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.base import Refused, source
from scanner.facts.audit import Record

_OPERATION = "cloudtrail:LookupEvents"
_SAMPLE = 50
_MACHINE = re.compile(r"^(i-[0-9a-f]+|AWS.*|aws-.*|botocore-session-\d+)$")
"""Session names that machines and AWS services give themselves."""


@source(
    Record,
    fields=[
        "system",
        "sampled",
        "has_time",
        "has_event",
        "has_outcome",
        "has_origin",
        "individual",
    ],
    calls=[_OPERATION],
    always={"system": "cloudtrail"},
    per="region",
)
def recorded_events(aws: Aws) -> Iterator[Record]:
    """The latest management events of each region: do they say who, what, when and whence."""
    found = aws.call(_OPERATION, MaxResults=_SAMPLE)["Events"]
    events = [_event(each) for each in found]
    if not events:
        return
    people = [who for who in (_person(event) for event in events) if who is not None]
    facts: dict[str, Any] = {}
    if people:
        facts["individual"] = all(people)
    yield Record(
        **aws.here(_OPERATION),
        subject=f"{aws.account}/{aws.region}/cloudtrail-events",
        name=f"CloudTrail events in {aws.region}",
        system="cloudtrail",
        sampled=len(events),
        has_time=all(event.get("eventTime") for event in events),
        has_event=all(event.get("eventName") and event.get("eventSource") for event in events),
        # A record without errorCode is one of a success (CloudTrail record contents).
        has_outcome=all(event.get("eventVersion") for event in events),
        has_origin=all(event.get("sourceIPAddress") for event in events),
        **facts,
    )


def _event(each: dict[str, Any]) -> dict[str, Any]:
    try:
        return dict(json.loads(each["CloudTrailEvent"]))
    except ValueError:
        raise Refused("broken", _OPERATION, "an event is no JSON") from None


def _person(event: dict[str, Any]) -> bool | None:
    """Whether a person's event names that person; None for what no person did."""
    who = event.get("userIdentity") or {}
    kind = who.get("type")
    if who.get("invokedBy") or kind in ("AWSService", "AWSAccount", None):
        return None
    if kind == "Root":
        # Anybody who knows root's password is root.
        return False
    if kind != "AssumedRole":
        return bool(who.get("userName") or who.get("principalId"))
    session = str(who.get("principalId", "")).partition(":")[2]
    return None if _MACHINE.match(session) else bool(session)
