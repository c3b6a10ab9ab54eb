"""Roles in the subscription, and what defends it."""

from __future__ import annotations

from typing import Any

from scanner.demo.microsoft.halyard.people import upn
from scanner.demo.microsoft.halyard.site import Site
from scanner.demo.microsoft.making import ago, guid


def add_rights(site: Site) -> None:
    """Role assignments, Defender plans, contacts and policies."""
    _rights(site)
    _defences(site)


_OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
_READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
_LOGS = "92aaf0da-9dab-42b6-94a3-d43ce8d16293"


def _rights(site: Site) -> None:
    start = f"/subscriptions/{site.subscription}/providers/Microsoft.Authorization"
    roles = {_OWNER: ("Owner", "*"), _READER: ("Reader", "*/read"),
             _LOGS: ("Log Analytics Contributor", "Microsoft.OperationalInsights/*")}  # fmt: skip
    site.listing(
        "Microsoft.Authorization/roleDefinitions",
        [
            {
                "id": f"{start}/roleDefinitions/{one}",
                "name": one,
                "type": "Microsoft.Authorization/roleDefinitions",
                "properties": {
                    "roleName": name,
                    "type": "BuiltInRole",
                    "permissions": [{"actions": [action], "notActions": []}],
                },
            }
            for one, (name, action) in roles.items()
        ],
    )
    here = f"/subscriptions/{site.subscription}"
    assignments, schedules = [], []
    for who, kind, role in (
        ("amara.okafor-adm", "user", _OWNER),
        ("ben.lindqvist", "user", _OWNER),  # an everyday account that owns everything
        ("erp-connector", "sp", _READER),
        ("samuel.adeyemi", "user", _LOGS),
    ):
        name = guid("rbac", who, role)
        held = {
            "roleDefinitionId": f"{start}/roleDefinitions/{role}",
            "principalId": guid(kind, who),
            "principalType": "User" if kind == "user" else "ServicePrincipal",
            "scope": here,
            "createdOn": ago(200),
        }
        assignments.append(
            {
                "id": f"{start}/roleAssignments/{name}",
                "name": name,
                "type": "Microsoft.Authorization/roleAssignments",
                "properties": held,
            }
        )
        schedules.append(
            {
                "id": f"{start}/roleAssignmentScheduleInstances/{name}",
                "name": name,
                "type": "Microsoft.Authorization/roleAssignmentScheduleInstances",
                "properties": {
                    **held,
                    "originRoleAssignmentId": f"{start}/roleAssignments/{name}",
                    "assignmentType": "Assigned",
                    "memberType": "Direct",
                    "status": "Accepted",
                    "endDateTime": None,
                    "expandedProperties": {
                        "principal": {
                            "id": held["principalId"],
                            "displayName": who,
                            "type": held["principalType"],
                            **({"email": upn(who)} if kind == "user" else {}),
                        },
                    },
                },
            }
        )
    site.listing("Microsoft.Authorization/roleAssignments", assignments)
    site.listing("Microsoft.Authorization/roleAssignmentScheduleInstances", schedules)
    site.listing("Microsoft.ManagedServices/registrationAssignments", [])


def _defences(site: Site) -> None:
    start = f"/subscriptions/{site.subscription}/providers/Microsoft.Security"
    site.listing(
        "Microsoft.Security/pricings",
        [
            {
                "id": f"{start}/pricings/{name}",
                "name": name,
                "type": "Microsoft.Security/pricings",
                "properties": {"pricingTier": tier},
            }
            for name, tier in (
                ("VirtualMachines", "Standard"),
                ("SqlServers", "Standard"),
                ("StorageAccounts", "Free"),
                ("Containers", "Free"),  # images are not scanned
            )
        ],
    )
    site.listing(
        "Microsoft.Security/securityContacts",
        [
            {
                "id": f"{start}/securityContacts/default",
                "name": "default",
                "properties": {"emails": "security@halyard.example", "isEnabled": True},
            }
        ],
    )
    policy: dict[str, Any] = {
        "id": f"/subscriptions/{site.subscription}/providers/Microsoft.Authorization"
        "/policyAssignments/nist-800-171",
        "name": "nist-800-171",
        "type": "Microsoft.Authorization/policyAssignments",
        "properties": {
            "displayName": "NIST SP 800-171 Rev. 2",
            "enforcementMode": "Default",
            "scope": f"/subscriptions/{site.subscription}",
        },
    }
    site.listing("Microsoft.Authorization/policyAssignments", [policy])
    path = (
        f"/subscriptions/{site.subscription}/providers/Microsoft.PolicyInsights"
        "/policyStates/latest/summarize"
    )
    site.tenant.summaries[path.lower()] = {
        "value": [
            {
                "results": {"nonCompliantResources": 4},
                "policyAssignments": [
                    {
                        "policyAssignmentId": policy["id"].lower(),
                        "results": {"nonCompliantResources": 4, "nonCompliantPolicies": 3},
                    }
                ],
            }
        ]
    }
