"""Who holds which directory role at the contractor, and what taking one takes."""

from __future__ import annotations

from typing import Any

from scanner.demo.microsoft.halyard.people import Somebody, principal_of
from scanner.demo.microsoft.making import ago, ahead, guid, typed
from scanner.demo.microsoft.tenant import Tenant

# role: (template, built in)
ROLES = {
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Security Administrator": "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "Intune Administrator": "3a2c62db-5318-420d-8d74-23affee5d9d5",
    "Exchange Administrator": "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "Global Reader": "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
}

READERS = ("Global Reader",)
ELIGIBLE = (("kofi.mensah-adm", "Global Administrator"), ("kofi.mensah", "User Administrator"))


def add_roles(tenant: Tenant, people: tuple[Somebody, ...]) -> None:
    """Roles, active and eligible, with the rules for activating them."""
    tenant.graph["/roleManagement/directory/roleDefinitions"] = [
        {
            "id": template,
            "displayName": name,
            "templateId": template,
            "isBuiltIn": True,
            "isEnabled": True,
            "rolePermissions": [
                {
                    "allowedResourceActions": [
                        "microsoft.directory/users/standard/read"
                        if name in READERS
                        else "microsoft.directory/users/allProperties/allTasks"
                    ],
                    "condition": None,
                }
            ],
        }
        for name, template in ROLES.items()
    ]
    held = [(person.name, role) for person in people for role in person.roles]
    tenant.graph["/roleManagement/directory/roleAssignments"] = [
        _assignment(name, role, "assigned") for name, role in held
    ]
    tenant.graph["/roleManagement/directory/roleAssignmentScheduleInstances"] = [
        {
            **_assignment(name, role, "schedule"),
            "assignmentType": "Assigned",
            "memberType": "Direct",
            "startDateTime": ago(300),
            # Only the emergency accounts should stand without an end.
            "endDateTime": ahead(120) if name == "samuel.adeyemi" else None,
        }
        for name, role in held
    ]
    tenant.graph["/roleManagement/directory/roleEligibilityScheduleInstances"] = [
        {
            **_assignment(name, role, "eligible"),
            "memberType": "Direct",
            "startDateTime": ago(100),
            "endDateTime": ahead(265),
        }
        for name, role in ELIGIBLE
    ]
    tenant.graph["/policies/roleManagementPolicyAssignments"] = [
        _role_policy(template, approval=name == "Global Administrator")
        for name, template in ROLES.items()
    ]


def _assignment(name: str, role: str, kind: str) -> dict[str, Any]:
    return {
        "id": guid(kind, name, role),
        "principalId": guid("user", name),
        "roleDefinitionId": ROLES[role],
        "directoryScopeId": "/",
        "appScopeId": None,
        "principal": principal_of(name),
    }


def _role_policy(template: str, *, approval: bool) -> dict[str, Any]:
    policy = f"DirectoryRole_{guid('role-policy', template)}"
    return {
        "id": f"{policy}_{template}",
        "policyId": policy,
        "scopeId": "/",
        "scopeType": "DirectoryRole",
        "roleDefinitionId": template,
        "policy": {
            "id": policy,
            "rules": [
                typed(
                    "unifiedRoleManagementPolicyApprovalRule",
                    {
                        "id": "Approval_EndUser_Assignment",
                        "setting": {"isApprovalRequired": approval, "approvalStages": []},
                    },
                ),
                typed(
                    "unifiedRoleManagementPolicyEnablementRule",
                    {
                        "id": "Enablement_EndUser_Assignment",
                        "enabledRules": ["MultiFactorAuthentication", "Justification"],
                    },
                ),
            ],
        },
    }
