"""The contractor's Microsoft 365 services."""

from __future__ import annotations

import json

from scanner.demo.microsoft.making import ago, guid
from scanner.demo.microsoft.tenant import Tenant


def add_services(tenant: Tenant) -> None:
    """Fill in what SharePoint, the portals and the incident queue answer."""
    tenant.graph["/admin/sharepoint/settings"] = {
        "sharingCapability": "externalUserAndGuestSharing",  # links open without a sign-in
        "sharingDomainRestrictionMode": "none",
        "sharingAllowedDomainList": [],
        "sharingBlockedDomainList": [],
        "isResharingByExternalUsersEnabled": False,
        "isLegacyAuthProtocolsEnabled": False,
        "isUnmanagedSyncAppForTenantRestricted": True,
        "idleSessionSignOut": {
            "isEnabled": True,
            "warnAfterInSeconds": 840,
            "signOutAfterInSeconds": 900,
        },
    }
    definition = {
        "ActivityBasedTimeoutPolicy": {
            "Version": 1,
            "ApplicationPolicies": [
                {"ApplicationId": "default", "WebSessionIdleTimeout": "00:15:00"}
            ],
        }
    }
    tenant.graph["/policies/activityBasedTimeoutPolicies"] = [
        {
            "id": guid("timeout"),
            "displayName": "Idle sign-out",
            "isOrganizationDefault": True,
            "definition": [json.dumps(definition)],
        }
    ]
    tenant.graph["/security/incidents"] = [
        {
            "id": str(2972395 + n),
            "displayName": name,
            "status": status,
            "severity": severity,
            "assignedTo": who,
            "createdDateTime": ago(days),
        }
        for n, (name, status, severity, who, days) in enumerate(
            (
                ("Password spray", "resolved", "medium", "samuel.adeyemi@halyard.example", 40),
                ("Unusual download", "active", "high", None, 9),  # nobody handles it
                ("Phishing mail", "inProgress", "low", "tova.lund@halyard.example", 2),
            )
        )
    ]
