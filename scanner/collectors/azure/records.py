"""What Azure records, where records are kept and for how long, and who is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from scanner.collectors.azure.common import (
    ANYWHERE,
    IN_GROUP,
    everywhere,
    named,
    parts,
    where,
)
from scanner.collectors.base import Refused, source
from scanner.collectors.microsoft.arm import (
    got,
    listed,
    properties,
    resource_id,
    subscription_of,
    version_of,
)
from scanner.collectors.microsoft.diagnostics import destination_of, enabled_categories
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.times import moment
from scanner.collectors.microsoft.values import items
from scanner.facts import Fact
from scanner.facts.audit import Alert, Record, Store, Trail

ACTIVITY = f"GET {ANYWHERE}Microsoft.Insights/diagnosticSettings"
OF_RESOURCE = "GET /{resource}/providers/Microsoft.Insights/diagnosticSettings"
WORKSPACES = f"GET {ANYWHERE}Microsoft.OperationalInsights/workspaces"
TABLES = f"GET {IN_GROUP}Microsoft.OperationalInsights/workspaces/{{workspace}}/tables"
EVENTS = f"GET {ANYWHERE}Microsoft.Insights/eventtypes/management/values"
LOCKS = f"GET {ANYWHERE}Microsoft.Authorization/locks"
ACCOUNTS = f"GET {ANYWHERE}Microsoft.Storage/storageAccounts"
LIFECYCLE = (
    f"GET {IN_GROUP}Microsoft.Storage/storageAccounts/{{account}}/managementPolicies/default"
)
VAULTS = f"GET {ANYWHERE}Microsoft.KeyVault/vaults"
ALERTS = f"GET {ANYWHERE}Microsoft.Insights/activityLogAlerts"
SERVERS = f"GET {ANYWHERE}Microsoft.Sql/servers"
AUDITING = f"GET {IN_GROUP}Microsoft.Sql/servers/{{server}}/auditingSettings/default"
WATCHERS = f"GET {ANYWHERE}Microsoft.Network/networkWatchers"
FLOW_LOGS = f"GET {IN_GROUP}Microsoft.Network/networkWatchers/{{watcher}}/flowLogs"
FLOW_LOGS_READ = {
    WATCHERS: "Microsoft.Network/networkWatchers/read",
    FLOW_LOGS: "Microsoft.Network/networkWatchers/flowLogs/read",
}

_SAMPLE = 50
_DIAGNOSTICS = "Microsoft.Insights/diagnosticSettings/read"
_ADMIN_EVENTS = frozenset({"administrative", "security", "policy"})
_AUDIT_EVENTS = frozenset({"auditevent", "audit", "alllogs"})


@source(
    Trail,
    fields=["system", "enabled", "admin_writes", "destination", "all_regions"],
    calls={ACTIVITY: _DIAGNOSTICS},
    always={"system": "activity-log"},
)
def activity_log(place: Place) -> Iterator[Fact]:
    """Where the subscription's administrative records are sent."""
    subscription = subscription_of(place)
    settings = list(listed(place, ACTIVITY, subscription))
    for setting in settings:
        found = properties(setting)
        on = enabled_categories(found)
        yield Trail(
            system="activity-log",
            enabled=bool(on),
            admin_writes=on >= _ADMIN_EVENTS or "alllogs" in on,
            # One setting covers the whole subscription.
            all_regions=True,
            destination=destination_of(found),
            **named(place, setting, ACTIVITY),
        )
    if not settings:
        yield Trail(
            subject=f"/subscriptions/{subscription}/activity-log",
            name="activity log",
            system="activity-log",
            enabled=False,
            admin_writes=False,
            all_regions=True,
            destination=None,
            **place.here(ACTIVITY),
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
    body = place.get(EVENTS, subscription_of(place), query={**version_of(EVENTS), **query})
    # The platform's own entries, on health for example, are nobody's acts.
    sample = [
        event
        for event in items(body.get("value"))
        if _inner(event, "category") in ("Administrative", "")
    ][:_SAMPLE]
    if not sample:
        raise Refused("not-supported", EVENTS, "there are no records to look at")
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
    fields=["enabled", "data_events", "destination"], calls={OF_RESOURCE: _DIAGNOSTICS}
)
def key_vault_settings(place: Place, trail: Trail) -> dict[str, object]:
    """The vault's diagnostic settings."""
    best: dict[str, object] = {"enabled": False, "data_events": False, "destination": None}
    for setting in listed(place, OF_RESOURCE, trail.subject.removesuffix("/logs")):
        found = properties(setting)
        on = enabled_categories(found)
        if on & _AUDIT_EVENTS:
            return {"enabled": True, "data_events": True, "destination": destination_of(found)}
        if on:
            best = {"enabled": True, "data_events": False, "destination": destination_of(found)}
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
    Store,
    fields=["system", "public", "central", "searchable", "time_bound", "persistent", "immutable"],
    calls={WORKSPACES: "Microsoft.OperationalInsights/workspaces/read"},
    always={"system": "log-analytics", "central": True, "searchable": True},
)
def workspaces(place: Place) -> Iterator[Fact]:
    """Log Analytics workspaces: records of many resources meet there and are searched there."""
    for workspace in everywhere(place, WORKSPACES):
        yield Store(
            system="log-analytics",
            central=True,
            searchable=True,
            time_bound=True,
            persistent=True,
            # Whoever holds the right can purge records, so they are not beyond change.
            immutable=False,
            # Being reachable is not being readable: a query needs a role in any case.
            public=False,
            **named(place, workspace, WORKSPACES),
        )


@workspaces.detail(
    fields=["retention_days"],
    calls={
        TABLES: "Microsoft.OperationalInsights/workspaces/tables/read",
        WORKSPACES: "Microsoft.OperationalInsights/workspaces/read",
    },
)
def retention(place: Place, workspace: Store) -> dict[str, object]:
    """The shortest time that a table of the workspace keeps its records, archive included."""
    days = []
    for table in listed(place, TABLES, *where(place, workspace.subject)):
        found = properties(table)
        total = found.get("totalRetentionInDays")
        if not isinstance(total, int):
            raise Refused("broken", TABLES, f"table {table.get('name')} tells no retention")
        if total < 0:
            raise Refused("broken", TABLES, f"table {table.get('name')} tells no retention")
        if not _is_no_record(found):
            days.append(total)
    if not days:
        raise Refused("broken", TABLES, "the workspace has no tables")
    return {"retention_days": min(days)}


def _is_no_record(table: dict[str, Any]) -> bool:
    """Metrics and usage of the workspace itself are no audit records."""
    schema = table.get("schema") or {}
    return str(schema.get("name", "")) in ("Usage", "AzureMetrics", "Heartbeat", "Perf")


@workspaces.detail(fields=["delete_protected"], calls={LOCKS: "Microsoft.Authorization/locks/read"})
def locks(place: Place, workspace: Store) -> dict[str, object]:
    """Whether a lock forbids to delete the workspace or its records."""
    locked = [
        resource_id(lock).rpartition("/providers/microsoft.authorization/locks/")[0]
        for lock in everywhere(place, LOCKS)
        if properties(lock).get("level") in ("CanNotDelete", "ReadOnly")
    ]
    mine = workspace.subject
    return {"delete_protected": any(mine == one or mine.startswith(f"{one}/") for one in locked)}


@source(
    Store,
    fields=["system", "central", "searchable", "time_bound", "persistent", "immutable",
            "delete_protected"],
    calls={
        ACTIVITY: _DIAGNOSTICS,
        ACCOUNTS: "Microsoft.Storage/storageAccounts/read",
    },
    always={"system": "log-archive", "central": True, "searchable": False},
)  # fmt: skip
def log_archives(place: Place) -> Iterator[Fact]:
    """Storage accounts that the subscription's records are sent to."""
    targets = {
        str(properties(setting).get("storageAccountId") or "").lower()
        for setting in listed(place, ACTIVITY, subscription_of(place))
    } - {""}
    for account in everywhere(place, ACCOUNTS):
        if resource_id(account) not in targets:
            continue
        found = parts(account).get("immutableStorageWithVersioning") or {}
        policy = found.get("immutabilityPolicy") or {}
        locked = found.get("enabled") is True and policy.get("state") == "Locked"
        fields = named(place, account, ACCOUNTS)
        yield Store(
            system="log-archive",
            central=True,
            searchable=False,
            time_bound=True,
            persistent=True,
            immutable=locked,
            delete_protected=locked,
            **{**fields, "subject": f"{fields['subject']}/logs"},
        )


@log_archives.detail(
    fields=["retention_days"],
    calls={LIFECYCLE: "Microsoft.Storage/storageAccounts/managementPolicies/read"},
)
def archive_retention(place: Place, archive: Store) -> dict[str, object]:
    """After how many days the account's rules delete blobs; none: they stay."""
    try:
        found = properties(
            got(place, LIFECYCLE, *where(place, archive.subject.removesuffix("/logs")))
        )
    except Refused as error:
        # The service's own code for an account without rules.
        if "ManagementPolicyNotFound" in error.detail:
            return {"retention_days": None}
        raise
    days = []
    for rule in items((found.get("policy") or {}).get("rules")):
        actions = ((rule.get("definition") or {}).get("actions") or {}).get("baseBlob") or {}
        delete = actions.get("delete") or {}
        if rule.get("enabled") is True and delete:
            after = delete.get("daysAfterModificationGreaterThan")
            after = delete.get("daysAfterCreationGreaterThan") if after is None else after
            if not isinstance(after, int | float):
                raise Refused("broken", LIFECYCLE, "a rule tells no days")
            days.append(int(after))
    return {"retention_days": min(days, default=None)}


@source(
    Store,
    fields=["system", "retention_days", "time_bound", "central", "searchable"],
    calls=FLOW_LOGS_READ,
    always={"system": "flow-log", "central": False, "searchable": False},
)
def flow_logs(place: Place) -> Iterator[Fact]:
    """Flow logs that are switched on, and for how many days they are kept."""
    for log in all_flow_logs(place):
        found = parts(log)
        policy = found.get("retentionPolicy")
        if found.get("enabled") is not True or not isinstance(policy, dict):
            continue
        kept = policy.get("days") if policy.get("enabled") is True else 0
        if not isinstance(kept, int):
            raise Refused("broken", FLOW_LOGS, "a flow log tells no retention")
        yield Store(
            system="flow-log",
            # Zero means without end.
            retention_days=kept or None,
            time_bound=True,
            central=False,
            searchable=False,
            **named(place, log, FLOW_LOGS),
        )


def all_flow_logs(place: Place) -> list[dict[str, Any]]:
    """Every flow log of the subscription, read once. Raises Refused."""

    def read() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for watcher in everywhere(place, WATCHERS):
            found += listed(place, FLOW_LOGS, *where(place, str(watcher["id"])))
        return found

    return place.once(("flow-logs",), read)


@source(
    Alert,
    fields=["watches", "enabled", "recipients"],
    calls={ALERTS: "Microsoft.Insights/activityLogAlerts/read"},
)
def alerts(place: Place) -> Iterator[Fact]:
    """Alerts on administrative operations; who is told is an action group."""
    for alert in everywhere(place, ALERTS):
        found = parts(alert)
        conditions = items((found.get("condition") or {}).get("allOf"))
        groups = items((found.get("actions") or {}).get("actionGroups"))
        yield Alert(
            watches=tuple(
                sorted(
                    str(condition.get("equals")).lower()
                    for condition in conditions
                    if condition.get("field") == "operationName" and condition.get("equals")
                )
            ),
            enabled=found.get("enabled") is True,
            recipients=tuple(
                sorted(str(group.get("actionGroupId", "")).rpartition("/")[2] for group in groups)
            ),
            **named(place, alert, ALERTS),
        )
