"""What Azure records, where its records are sent, and who is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from scanner.collectors.azure.common import ANYWHERE, IN_GROUP, everywhere, named, parts, where
from scanner.collectors.base import Refused, source
from scanner.collectors.microsoft.arm import got, listed, properties, resource_id, subscription_of
from scanner.collectors.microsoft.diagnostics import exports
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.samples import sample as sample_of
from scanner.collectors.microsoft.times import moment
from scanner.collectors.microsoft.values import items, part, words
from scanner.facts import Fact
from scanner.facts.audit import Alert, Record, Trail

ACTIVITY = f"GET {ANYWHERE}Microsoft.Insights/diagnosticSettings"
OF_RESOURCE = "GET /{resource}/providers/Microsoft.Insights/diagnosticSettings"
EVENTS = f"GET {ANYWHERE}Microsoft.Insights/eventtypes/management/values"
VAULTS = f"GET {ANYWHERE}Microsoft.KeyVault/vaults"
ACTION_GROUPS = f"GET {ANYWHERE}Microsoft.Insights/actionGroups"
ALERTS = f"GET {ANYWHERE}Microsoft.Insights/activityLogAlerts"
SERVERS = f"GET {ANYWHERE}Microsoft.Sql/servers"
AUDITING = f"GET {IN_GROUP}Microsoft.Sql/servers/{{server}}/auditingSettings/default"


DIAGNOSTICS = "Microsoft.Insights/diagnosticSettings/read"
_MOST = 1000
"""Records of a week that are searched for acts."""
_ADMIN_EVENTS = frozenset({"administrative", "security", "policy"})
_AUDIT_EVENTS = frozenset({"auditevent", "audit"})


@source(
    Trail,
    fields=["system", "enabled", "admin_writes", "destination", "all_regions"],
    calls={ACTIVITY: DIAGNOSTICS},
    always={"system": "activity-log"},
)
def activity_log(place: Place) -> Iterator[Fact]:
    """Where the subscription's administrative records are sent."""
    subscription = subscription_of(place)
    for export in exports(place, ACTIVITY, subscription):
        nowhere = {
            "subject": f"/subscriptions/{subscription}/activity-log",
            "name": "activity log",
            **place.here(ACTIVITY),
        }
        yield Trail(
            system="activity-log",
            enabled=bool(export.categories),
            admin_writes=export.sends_all(_ADMIN_EVENTS),
            # One setting covers the whole subscription.
            all_regions=True,
            destination=export.destination,
            **(named(place, export.resource, ACTIVITY) if export.resource else nowhere),
        )


@source(
    Record,
    fields=["system", "sampled", "has_time", "has_event", "has_outcome", "has_origin",
            "individual"],
    calls={EVENTS: "Microsoft.Insights/eventtypes/values/read"},
    always={"system": "activity-log"},
)  # fmt: skip
def activity_records(place: Place) -> Iterator[Fact]:
    """What the latest records of administrative operations hold."""
    since = (moment(place.job.now()) or datetime.now(UTC)) - timedelta(days=7)
    query = {
        "$filter": f"eventTimestamp ge '{since.strftime('%Y-%m-%dT%H:%M:%SZ')}'",
        "$select": "eventTimestamp,operationName,status,caller,httpRequest,category",
    }
    events = listed(place, EVENTS, subscription_of(place), query=query)
    # The platform's own entries, on health for example, are nobody's acts.
    acts = (e for e in islice(events, _MOST) if _inner(e, "category") in ("Administrative", ""))
    sample = sample_of(EVENTS, acts)
    yield Record(
        subject=f"{place.job.scope.id}/activity-records",
        name="records of the activity log",
        system="activity-log",
        sampled=len(sample),
        has_time=all(event.get("eventTimestamp") for event in sample),
        has_event=all(_inner(event, "operationName") for event in sample),
        has_outcome=all(_inner(event, "status") for event in sample),
        has_origin=all((event.get("httpRequest") or {}).get("clientIpAddress") for event in sample),
        individual=all(event.get("caller") for event in sample),
        **place.here(EVENTS),
    )


def _inner(event: dict[str, Any], key: str) -> str:
    found = event.get(key)
    return str(found.get("value") or "") if isinstance(found, dict) else ""


@source(
    Trail,
    fields=["system"],
    calls={VAULTS: "Microsoft.KeyVault/vaults/read"},
    always={"system": "key-vault"},
)
def key_vault_logs(place: Place) -> Iterator[Fact]:
    """Whether each key vault's accesses are recorded."""
    for vault in everywhere(place, VAULTS):
        fields = named(place, vault, VAULTS)
        yield Trail(system="key-vault", **{**fields, "subject": f"{fields['subject']}/logs"})


@key_vault_logs.detail(
    fields=["enabled", "data_events", "destination"], calls={OF_RESOURCE: DIAGNOSTICS}
)
def key_vault_settings(place: Place, trail: Trail) -> dict[str, object]:
    """The vault's diagnostic settings."""
    best: dict[str, object] = {"enabled": False, "data_events": False, "destination": None}
    for export in exports(place, OF_RESOURCE, trail.subject.removesuffix("/logs")):
        sent = {"enabled": True, "destination": export.destination}
        if export.sends_any(_AUDIT_EVENTS):
            return {**sent, "data_events": True}
        if export.categories:
            best = {**sent, "data_events": False}
    return best


@source(
    Trail,
    fields=["system"],
    calls={SERVERS: "Microsoft.Sql/servers/read"},
    always={"system": "sql-audit"},
)
def sql_audit(place: Place) -> Iterator[Fact]:
    """Whether each SQL server is audited."""
    for server in everywhere(place, SERVERS):
        fields = named(place, server, SERVERS)
        yield Trail(system="sql-audit", **{**fields, "subject": f"{fields['subject']}/audit"})


@sql_audit.detail(
    fields=["enabled", "data_events", "destination"],
    calls={AUDITING: "Microsoft.Sql/servers/auditingSettings/read"},
)
def sql_audit_settings(place: Place, trail: Trail) -> dict[str, object]:
    """The server's auditing policy."""
    found = properties(got(place, AUDITING, *where(place, trail.subject.removesuffix("/audit"))))
    state = found.get("state")
    if state not in ("Enabled", "Disabled"):
        raise Refused("broken", AUDITING, "the answer tells no state")
    target = found.get("storageEndpoint")
    if not target and found.get("isAzureMonitorTargetEnabled") is True:
        target = "azure-monitor"
    return {
        "enabled": state == "Enabled",
        "data_events": state == "Enabled",
        "destination": str(target).lower() if target else None,
    }


@source(
    Alert,
    fields=["watches", "enabled"],
    calls={ALERTS: "Microsoft.Insights/activityLogAlerts/read"},
)
def alerts(place: Place) -> Iterator[Fact]:
    """Alerts on administrative operations of the whole subscription."""
    for alert in everywhere(place, ALERTS):
        found = parts(alert)
        scopes = {scope.lower().rstrip("/") for scope in words(found.get("scopes"))}
        everything = f"/subscriptions/{subscription_of(place)}" in scopes
        yield Alert(
            watches=tuple(sorted(_watched(found))) if everything else (),
            enabled=found.get("enabled") is True,
            **named(place, alert, ALERTS),
        )


def _watched(alert: dict[str, Any]) -> Iterator[str]:
    """Operations that a condition names, alone or among others."""
    for condition in items(part(alert, "condition").get("allOf")):
        for one in (condition, *items(condition.get("anyOf"))):
            if str(one.get("field")).lower() == "operationname" and one.get("equals"):
                yield str(one["equals"]).lower()


@alerts.detail(
    fields=["recipients"],
    calls={
        ALERTS: "Microsoft.Insights/activityLogAlerts/read",
        ACTION_GROUPS: "Microsoft.Insights/actionGroups/read",
    },
)
def recipients(place: Place, alert: Alert) -> dict[str, object]:
    """Action groups that the alert goes to, of those that are on and tell somebody."""
    found = next(parts(a) for a in everywhere(place, ALERTS) if resource_id(a) == alert.subject)
    groups = {resource_id(group): parts(group) for group in everywhere(place, ACTION_GROUPS)}
    told = set()
    for action in items(part(found, "actions").get("actionGroups")):
        one = str(action.get("actionGroupId") or "").lower()
        if one not in groups and f"/subscriptions/{subscription_of(place)}/" not in one:
            raise Refused("not-supported", ACTION_GROUPS, "its action group is elsewhere")
        if one in groups and _tells_somebody(groups[one]):
            told.add(one.rpartition("/")[2])
    return {"recipients": tuple(sorted(told))}


def _tells_somebody(group: dict[str, Any]) -> bool:
    receivers = [key for key in group if key.endswith("Receivers")]
    return group.get("enabled") is True and any(items(group[key]) for key in receivers)
