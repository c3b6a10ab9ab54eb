"""The contractor's applications, and its rules for passwords, guests and partners."""

from __future__ import annotations

from typing import Any

from scanner.demo.microsoft.halyard.people import DOMAIN, principal_of
from scanner.demo.microsoft.making import ago, ahead, guid, typed
from scanner.demo.microsoft.tenant import Tenant


def add_tenant_rules(tenant: Tenant) -> None:
    """Applications with their secrets, and the tenant's own policies."""
    _applications(tenant)
    _policies(tenant)


def _applications(tenant: Tenant) -> None:
    # name: owner, secret age, days until it ends
    rows: tuple[tuple[str, str | None, int, int], ...] = (
        ("erp-connector", "ben.lindqvist", 60, 120),
        ("drawing-viewer", None, 700, 30),  # nobody owns it, an old secret
        ("supplier-portal", "kofi.mensah", 20, 160),
        ("legacy-sync", None, 900, -35),  # nobody owns it, the secret has expired
    )
    applications, principals = [], []
    for name, owner, age, left in rows:
        app, principal = guid("app", name), guid("sp", name)
        applications.append(
            {
                "id": guid("application", name),
                "appId": app,
                "displayName": name,
                "passwordCredentials": [
                    {
                        "keyId": guid("secret", name),
                        "displayName": "client secret",
                        "startDateTime": ago(age),
                        "endDateTime": ahead(left),
                        "hint": "abc",
                    }
                ],
                "keyCredentials": [],
            }
        )
        principals.append(_service_principal(name, app, principal, tenant.id))
        tenant.graph[f"/servicePrincipals/{principal}/owners"] = (
            [principal_of(owner)] if owner else []
        )
    principals.append(
        _service_principal(
            "Microsoft Graph",
            "00000003-0000-0000-c000-000000000000",
            guid("sp", "graph"),
            "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
        )
    )
    graph = guid("sp", "graph")
    reads = {"id": guid("app-role", "User.Read.All"), "value": "User.Read.All"}
    tenant.graph[f"/servicePrincipals/{graph}"] = {"id": graph, "appRoles": [reads]}
    tenant.graph[f"/servicePrincipals/{graph}/appRoleAssignedTo"] = [
        {
            "id": guid("given", name),
            "appRoleId": reads["id"],
            "principalId": guid("sp", name),
            "principalType": "ServicePrincipal",
            "resourceId": graph,
        }
        for name in ("erp-connector", "legacy-sync")
    ]
    tenant.graph["/applications"] = applications
    tenant.graph["/servicePrincipals"] = principals


def _service_principal(name: str, app: str, principal: str, owner: str) -> dict[str, Any]:
    return {
        "id": principal,
        "appId": app,
        "displayName": name,
        "accountEnabled": True,
        "servicePrincipalType": "Application",
        "appOwnerOrganizationId": owner,
        "passwordCredentials": [],
        "keyCredentials": [],
    }


def _policies(tenant: Tenant) -> None:
    tenant.graph["/policies/authorizationPolicy"] = {
        "id": "authorizationPolicy",
        "displayName": "Authorization Policy",
        "allowInvitesFrom": "adminsAndGuestInviters",
        "allowedToUseSSPR": True,
        "blockMsolPowerShell": True,
        "guestUserRoleId": "2af84b1e-32c8-42b7-82bc-daa82404023b",
        "defaultUserRolePermissions": {
            "allowedToCreateApps": True,  # should be off
            "allowedToCreateSecurityGroups": False,
            "allowedToCreateTenants": False,
            "allowedToReadOtherUsers": True,
            "permissionGrantPoliciesAssigned": [
                "ManagePermissionGrantsForSelf.microsoft-user-default-low"
            ],
        },
    }
    tenant.graph["/groupSettings"] = [
        {
            "id": guid("setting", "password"),
            "displayName": "Password Rule Settings",
            "templateId": "5cf42378-d67d-4f36-ba46-e8b86229381d",
            "values": [
                {"name": "LockoutThreshold", "value": "5"},
                {"name": "LockoutDurationInSeconds", "value": "900"},
                {"name": "EnableBannedPasswordCheck", "value": "True"},
            ],
        }
    ]
    tenant.graph["/policies/authenticationMethodsPolicy"] = {
        "id": "authenticationMethodsPolicy",
        "displayName": "Authentication Methods Policy",
        "policyMigrationState": "migrationComplete",
        "authenticationMethodConfigurations": [
            typed(
                f"{kind}AuthenticationMethodConfiguration",
                {"id": one, "state": state, "excludeTargets": []},
            )
            for kind, one, state in (
                ("fido2", "Fido2", "enabled"),
                ("microsoftAuthenticator", "MicrosoftAuthenticator", "enabled"),
                ("sms", "Sms", "enabled"),  # can be intercepted
                ("temporaryAccessPass", "TemporaryAccessPass", "enabled"),
                ("email", "Email", "disabled"),
                ("voice", "Voice", "disabled"),
                ("x509Certificate", "X509Certificate", "disabled"),
            )
        ],
    }
    open_, closed = _b2b("allowed"), _b2b("blocked")
    tenant.graph["/policies/crossTenantAccessPolicy/default"] = {
        "isServiceDefault": False,
        "b2bCollaborationInbound": open_,  # anybody's users may be invited
        "b2bCollaborationOutbound": closed,
        "b2bDirectConnectInbound": closed,
        "b2bDirectConnectOutbound": closed,
        "inboundTrust": {
            "isMfaAccepted": False,
            "isCompliantDeviceAccepted": False,
            "isHybridAzureADJoinedDeviceAccepted": False,
        },
    }
    tenant.graph["/domains"] = [
        {
            "id": DOMAIN,
            "authenticationType": "Managed",
            "isVerified": True,
            "passwordValidityPeriodInDays": 2147483647,
        }
    ]


def _b2b(access: str) -> dict[str, Any]:
    return {
        "usersAndGroups": {
            "accessType": access,
            "targets": [{"target": "AllUsers", "targetType": "user"}],
        },
        "applications": {
            "accessType": access,
            "targets": [{"target": "AllApplications", "targetType": "application"}],
        },
    }
