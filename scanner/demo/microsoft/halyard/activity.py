"""What the subscription records, where its records go, and who is told."""

from __future__ import annotations

from scanner.demo.microsoft.halyard.site import Site
from scanner.demo.microsoft.halyard.stores import setting
from scanner.demo.microsoft.making import WORKSPACE, ago


def add_activity(site: Site) -> None:
    """Workspaces, diagnostic settings, records and alerts."""
    kind = "Microsoft.OperationalInsights/workspaces"
    workspaces = []
    for name, tables in (
        ("halyard-security", {"SigninLogs": 400, "AuditLogs": 400, "AzureActivity": 400}),
        ("halyard-apps", {"AppTraces": 400, "ContainerLogV2": 30}),  # gone after a month
    ):
        workspace = site.resource(
            "logging",
            kind,
            name,
            retentionInDays=90,
            publicNetworkAccessForQuery="Enabled",
            features={"enableLogAccessUsingOnlyResourcePermissions": True},
        )
        workspaces.append(workspace)
        site.under(
            workspace,
            "tables",
            [
                {
                    "id": f"{workspace['id']}/tables/{table}",
                    "name": table,
                    "properties": {
                        "retentionInDays": min(days, 90),
                        "totalRetentionInDays": days,
                        "plan": "Analytics",
                        "schema": {"name": table},
                    },
                }
                for table, days in tables.items()
            ],
        )
    site.listing(kind, workspaces)
    archive = site.id("data", "Microsoft.Storage/storageAccounts", "halyardlogs")
    on = {"Administrative": True, "Security": True, "Policy": True, "Alert": True}
    site.listing(
        "Microsoft.Insights/diagnosticSettings",
        [setting("to-sentinel", on, WORKSPACE, archive)],
    )
    site.listing(
        "Microsoft.Insights/eventtypes/management/values",
        [
            {
                "eventTimestamp": ago(n / 4),
                "operationName": {"value": "Microsoft.Storage/storageAccounts/write"},
                "status": {"value": "Succeeded"},
                "category": {"value": "Administrative"},
                "caller": "amara.okafor-adm@halyard.example",
                "httpRequest": {"clientIpAddress": "198.51.100.7", "method": "PUT"},
            }
            for n in range(20)
        ],
    )
    site.listing(
        "Microsoft.Authorization/locks",
        [
            {
                "id": f"{workspaces[0]['id']}/providers/Microsoft.Authorization/locks/keep",
                "name": "keep",
                "properties": {"level": "CanNotDelete"},
            }
        ],
    )
    mailbox = {"name": "security", "emailAddress": "security@halyard.example"}
    site.listing(
        "Microsoft.Insights/actionGroups",
        [
            site.resource(
                "logging",
                "Microsoft.Insights/actionGroups",
                "security",
                enabled=True,
                emailReceivers=[mailbox],
                smsReceivers=[],
            )
        ],
    )
    site.listing(
        "Microsoft.Insights/activityLogAlerts",
        [
            {
                **site.resource(
                    "logging",
                    "Microsoft.Insights/activityLogAlerts",
                    "diagnostics-deleted",
                    enabled=True,
                    scopes=[f"/subscriptions/{site.subscription}"],
                    condition={
                        "allOf": [
                            {"field": "category", "equals": "Administrative"},
                            {
                                "field": "operationName",
                                "equals": "Microsoft.Insights/diagnosticSettings/delete",
                            },
                        ]
                    },
                    actions={
                        "actionGroups": [
                            {
                                "actionGroupId": site.id(
                                    "logging", "Microsoft.Insights/actionGroups", "security"
                                )
                            }
                        ]
                    },
                ),
                "location": "Global",
            }
        ],
    )
