"""A subscription that keeps records, and roles, as the tests tell them to the Azure sources."""

from __future__ import annotations

from typing import Any

from told import SUBSCRIPTION, only

from scanner.collectors.azure.collector import COLLECTOR

SOURCES = {source.name: source for source in COLLECTOR.sources}
SUB = f"/subscriptions/{SUBSCRIPTION}"
ANY = "GET /subscriptions/{subscription}/providers/"
GROUP = "GET /subscriptions/{subscription}/resourceGroups/{group}/providers/"
ELSEWHERE = "/subscriptions/00000000-0000-4000-8000-00000000000f"

EVENTS = "Microsoft.Insights/eventtypes/values/read"
LOGS = "Microsoft.OperationalInsights/workspaces"
BY_RESOURCE = "Microsoft.Insights/logs/*/read"
KEYS = "Microsoft.Storage/storageAccounts/listKeys/action"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"

ASSIGNMENTS = f"{ANY}Microsoft.Authorization/roleAssignments"
DEFINITIONS = f"{ANY}Microsoft.Authorization/roleDefinitions"
SCHEDULED = f"{ANY}Microsoft.Authorization/roleAssignmentScheduleInstances"
WORKSPACES = f"{ANY}Microsoft.OperationalInsights/workspaces"
ACTIVITY = f"{ANY}Microsoft.Insights/diagnosticSettings"
OF_RESOURCE = "GET /{resource}/providers/Microsoft.Insights/diagnosticSettings"
ACCOUNTS = f"{ANY}Microsoft.Storage/storageAccounts"
VAULTS = f"{ANY}Microsoft.KeyVault/vaults"
WATCHERS = f"{ANY}Microsoft.Network/networkWatchers"
FLOW_LOGS = f"{GROUP}Microsoft.Network/networkWatchers/{{watcher}}/flowLogs"
SERVERS = f"{ANY}Microsoft.Sql/servers"
AUDITING = f"{GROUP}Microsoft.Sql/servers/{{server}}/auditingSettings/default"


def resource(kind: str, name: str, where: str = SUB, **properties: Any) -> dict[str, Any]:
    one = f"{where}/resourceGroups/logging/providers/{kind}/{name}"
    return {"id": one, "name": name, "properties": properties}


WORKSPACE = resource(LOGS, "security", features={})
OPEN = {"features": {"enableLogAccessUsingOnlyResourcePermissions": True}}
ARCHIVE = resource("Microsoft.Storage/storageAccounts", "archive")
OTHER = resource("Microsoft.Storage/storageAccounts", "drawings")
VAULT = resource("Microsoft.KeyVault/vaults", "v")
TABLE = f"{WORKSPACE['id']}/tables"
CONTAINER = f"{ARCHIVE['id']}/blobServices/default/containers"
MANAGED = "/providers/Microsoft.Management/managementGroups/firm"


def setting(**to: str) -> dict[str, Any]:
    return {"id": f"{SUB}/s", "name": "s", "properties": {"logs": [], **to}}


ESTATE: dict[str, Any] = {
    WORKSPACES: [WORKSPACE],
    ACTIVITY: [setting(workspaceId=WORKSPACE["id"].upper(), storageAccountId=ARCHIVE["id"])],
    ACCOUNTS: [ARCHIVE, OTHER],
    VAULTS: [], WATCHERS: [], SERVERS: [], SCHEDULED: [],
}  # fmt: skip


def does(*actions: str) -> dict[str, Any]:
    return {"actions": list(actions)}


def opens(*actions: str) -> dict[str, Any]:
    return {"actions": [], "dataActions": list(actions)}


def reads(*entries: dict[str, Any], at: str = SUB, estate: Any = None, **more: Any) -> Any:
    """True or False, or the refusal that the answer is, for a role of these entries."""
    role = {"roleName": "Role", "permissions": [*entries]}
    held = {
        "roleDefinitionId": f"{SUB}/r1", "principalId": "P", "principalType": "Group", "scope": at,
        **more,
    }  # fmt: skip
    answers = {
        **ESTATE,
        DEFINITIONS: [{"id": f"{SUB}/R1", "properties": role}],
        ASSIGNMENTS: [{"id": f"{SUB}/A1", "properties": held}],
        **(estate or {}),
    }
    fact, refused = only(SOURCES["role-assignments"], answers, "reads_records")
    return refused.get("reads_records", fact.reads_records)
