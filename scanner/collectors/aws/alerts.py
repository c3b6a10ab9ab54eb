"""Who is told when logging stops: metric filters with alarms, and event rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.audit import Alert

STOPPING = ("StopLogging", "DeleteTrail", "UpdateTrail")
"""Events by which a trail stops recording."""

_SUBSCRIPTIONS = "sns:ListSubscriptionsByTopic"


def _told(aws: Aws, targets: Iterable[str]) -> list[dict[str, Any]]:
    """The subscriptions behind those targets that are SNS topics."""
    found: list[dict[str, Any]] = []
    for arn in targets:
        if ":sns:" in arn:
            found += aws.shared(
                ("subscriptions", arn),
                lambda arn=arn: [  # type: ignore[misc]
                    s
                    for page in aws.pages(_SUBSCRIPTIONS, TopicArn=arn)
                    for s in page["Subscriptions"]
                ],
            )
    return found


def _alert(facts: dict[str, Any], aws: Aws, enabled: bool, targets: list[str]) -> Alert | Partial:
    try:
        told = _told(aws, targets)
    except Refused as refused:
        return Partial(
            Alert(**facts, enabled=enabled), {"recipients": refused, "confirmed": refused}
        )
    other = [arn for arn in targets if ":sns:" not in arn]
    confirmed = [s for s in told if s["SubscriptionArn"].startswith("arn:")]
    return Alert(
        **facts,
        enabled=enabled,
        recipients=tuple(sorted({s["Endpoint"] for s in told} | set(other))),
        confirmed=bool(confirmed) or bool(other),
    )


@source(
    Alert,
    fields=["watches", "enabled", "recipients", "confirmed"],
    calls=["logs:DescribeMetricFilters", "cloudwatch:DescribeAlarms", _SUBSCRIPTIONS],
    per="region",
)
def trail_alarms(aws: Aws) -> Iterator[Alert | Partial]:
    """Alarms on a metric that counts the events by which a trail is stopped."""
    metrics: set[tuple[str, str]] = set()
    for page in aws.pages("logs:DescribeMetricFilters"):
        for each in page["metricFilters"]:
            if any(event in each["filterPattern"] for event in STOPPING[:2]):
                metrics.update(
                    (t["metricNamespace"], t["metricName"]) for t in each["metricTransformations"]
                )
    if not metrics:
        return
    for page in aws.pages("cloudwatch:DescribeAlarms", AlarmTypes=["MetricAlarm"]):
        for alarm in page.get("MetricAlarms") or ():
            if (alarm.get("Namespace"), alarm.get("MetricName")) in metrics:
                facts = {
                    **aws.here("cloudwatch:DescribeAlarms"),
                    "subject": alarm["AlarmArn"],
                    "name": alarm["AlarmName"],
                    "watches": ("audit-failure",),
                }
                yield _alert(facts, aws, alarm["ActionsEnabled"], alarm.get("AlarmActions") or [])


@source(
    Alert,
    fields=["watches", "enabled", "recipients", "confirmed"],
    calls=["events:ListRules", "events:ListTargetsByRule", _SUBSCRIPTIONS],
    per="region",
)
def trail_events(aws: Aws) -> Iterator[Alert | Partial]:
    """Event rules that catch the calls by which a trail is stopped."""
    for rule in event_rules(aws):
        if not _catches_stopping(rule.get("EventPattern")):
            continue
        facts = {
            **aws.here("events:ListRules"),
            "subject": rule["Arn"],
            "name": rule["Name"],
            "watches": ("audit-failure",),
        }
        yield _alert(facts, aws, rule["State"] != "DISABLED", event_targets(aws, rule["Name"]))


def event_rules(aws: Aws) -> list[dict[str, Any]]:
    """The region's EventBridge rules, read once."""
    return aws.shared(
        ("event-rules", aws.region),
        lambda: [rule for page in aws.pages("events:ListRules") for rule in page["Rules"]],
    )


def event_targets(aws: Aws, rule: str) -> list[str]:
    """The ARNs that a rule hands its events to, read once."""
    return aws.shared(
        ("event-targets", aws.region, rule),
        lambda: [
            target["Arn"]
            for page in aws.pages("events:ListTargetsByRule", Rule=rule)
            for target in page["Targets"]
        ],
    )


def _catches_stopping(pattern: str | None) -> bool:
    if not pattern:
        return False
    try:
        wanted = json.loads(pattern).get("detail", {}).get("eventName") or ()
    except ValueError:
        raise Refused("broken", "events:ListRules", "an event pattern is no JSON") from None
    return {"StopLogging", "DeleteTrail"} <= {name for name in wanted if isinstance(name, str)}
