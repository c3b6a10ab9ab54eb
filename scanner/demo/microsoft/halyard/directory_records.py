"""What the contractor's directory records."""

from __future__ import annotations

from scanner.demo.microsoft.halyard.people import Somebody, upn
from scanner.demo.microsoft.making import WORKSPACE, ago, guid
from scanner.demo.microsoft.tenant import Tenant


def add_directory_records(tenant: Tenant, people: tuple[Somebody, ...]) -> None:
    """Sign-ins, changes, and where they are sent."""
    tenant.graph["/auditLogs/signIns"] = [
        {
            "id": guid("record", str(n)),
            "createdDateTime": ago(n / 20),
            "userId": guid("user", people[n % 40].name),
            "userPrincipalName": upn(people[n % 40].name),
            "appDisplayName": "Office 365 SharePoint Online",
            "resourceDisplayName": "Office 365 SharePoint Online",
            "ipAddress": f"198.51.100.{n % 200 + 1}",
            "status": {"errorCode": 0, "failureReason": "Other.", "additionalDetails": None},
        }
        for n in range(60)
    ]
    tenant.graph["/auditLogs/directoryAudits"] = [
        {
            "id": guid("audit", str(n)),
            "activityDateTime": ago(n / 3),
            "activityDisplayName": "Update user",
            "result": "success",
            "initiatedBy": {
                "user": {
                    "id": guid("user", "amara.okafor-adm"),
                    "userPrincipalName": upn("amara.okafor-adm"),
                },
                "app": None,
            },
            "targetResources": [],
        }
        for n in range(20)
    ]
    tenant.arm["/providers/microsoft.aadiam/diagnosticsettings"] = [
        {
            "id": "/providers/microsoft.aadiam/diagnosticSettings/to-sentinel",
            "name": "to-sentinel",
            "type": "microsoft.aadiam/diagnosticSettings",
            "properties": {
                "workspaceId": WORKSPACE,
                "storageAccountId": None,
                "logs": [
                    {"category": "AuditLogs", "enabled": True},
                    {"category": "SignInLogs", "enabled": True},
                    # Sign-ins of services and in the background are not kept.
                    {"category": "NonInteractiveUserSignInLogs", "enabled": False},
                    {"category": "ServicePrincipalSignInLogs", "enabled": False},
                ],
            },
        }
    ]
