"""Where records are kept and for how long: workspaces, archives, flow logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.azure.common import ANYWHERE, IN_GROUP, everywhere, named, parts, where
from scanner.collectors.azure.records import ACTIVITY, DIAGNOSTICS
from scanner.collectors.base import Refused, source
from scanner.collectors.microsoft.arm import got, listed, properties, resource_id, subscription_of
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items
from scanner.facts import Fact
from scanner.facts.audit import Store

WORKSPACES = f"GET {ANYWHERE}Microsoft.OperationalInsights/workspaces"
TABLES = f"GET {IN_GROUP}Microsoft.OperationalInsights/workspaces/{{workspace}}/tables"
LOCKS = f"GET {ANYWHERE}Microsoft.Authorization/locks"
ACCOUNTS = f"GET {ANYWHERE}Microsoft.Storage/storageAccounts"

LIFECYCLE = (
    f"GET {IN_GROUP}Microsoft.Storage/storageAccounts/{{account}}/managementPolicies/default"
)

WATCHERS = f"GET {ANYWHERE}Microsoft.Network/networkWatchers"
FLOW_LOGS = f"GET {IN_GROUP}Microsoft.Network/networkWatchers/{{watcher}}/flowLogs"

NO_RECORDS = ("Usage", "AzureMetrics", "Heartbeat", "Perf")
"""Tables of a workspace that hold no audit records."""

FLOW_LOGS_READ = {
    WATCHERS: "Microsoft.Network/networkWatchers/read",
    FLOW_LOGS: "Microsoft.Network/networkWatchers/flowLogs/read",
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
    schema = table.get("schema") or {}
    return str(schema.get("name", "")) in NO_RECORDS


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
    fields=["system", "bucket", "central", "searchable", "time_bound", "persistent",
            "immutable", "delete_protected"],
    calls={
        ACTIVITY: DIAGNOSTICS,
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
            bucket=fields["subject"],
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
