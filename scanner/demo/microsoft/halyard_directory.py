"""The contractor's directory: people, roles, sign-in rules, applications, records."""

from __future__ import annotations

from typing import Any, NamedTuple

from scanner.demo.microsoft.making import WORKSPACE, ago, ahead, guid, typed
from scanner.demo.microsoft.tenant import Tenant

DOMAIN = "halyard.example"


class Somebody(NamedTuple):
    """One account. factors: what is enrolled; used: days since the last sign-in, None: never."""

    name: str
    team: str
    factors: tuple[str, ...] = ("microsoftAuthenticatorPush",)
    used: int | None = 1
    enabled: bool = True
    roles: tuple[str, ...] = ()
    mailbox: bool = True
    age: int = 500
    leaves: int | None = None
    """Days until the person leaves; below 0: has left."""


PUSH = ("microsoftAuthenticatorPush",)
KEY = ("fido2SecurityKey", "microsoftAuthenticatorPush")
HELLO = ("windowsHelloForBusiness",)
NONE: tuple[str, ...] = ()

PEOPLE = (
    Somebody("amara.okafor", "it", KEY, 0),
    Somebody("amara.okafor-adm", "admins", KEY, 0, roles=("Global Administrator",), mailbox=False),
    Somebody("ben.lindqvist", "it", PUSH, 1, roles=("Intune Administrator",)),  # daily account
    Somebody("carmen.diaz", "engineering", HELLO, 2),
    Somebody("daniel.ruiz", "engineering", PUSH, 0),
    Somebody("elif.kaya", "engineering", NONE, 3),  # no second factor enrolled
    Somebody("farah.nassar", "engineering", HELLO, 12),
    Somebody("george.whitfield", "finance", PUSH, 8),
    Somebody("hannah.berg", "finance", PUSH, 5),
    Somebody("ivan.petrov", "production", NONE, 161),  # no factor, idle for months
    Somebody("jun.takahashi", "engineering", PUSH, 4),
    Somebody("kofi.mensah", "it", KEY, 1),
    Somebody("kofi.mensah-adm", "admins", KEY, 1, roles=("Security Administrator",), mailbox=False),
    Somebody("laura.costa", "quality", PUSH, 6),
    Somebody("mateo.silva", "quality", PUSH, 17),
    Somebody("nadia.haddad", "program-office", PUSH, 2),
    Somebody("owen.price", "program-office", PUSH, 30),
    Somebody("priya.raman", "engineering", HELLO, 1),
    Somebody("rosa.jimenez", "production", PUSH, 9),
    Somebody("samuel.adeyemi", "security", KEY, 0, roles=("Global Reader",)),
    Somebody("tova.lund", "security", KEY, 1, roles=("Exchange Administrator",)),  # daily account
    Somebody("break-glass-1", "emergency", ("fido2SecurityKey",), 340,
             roles=("Global Administrator",), mailbox=False),
    Somebody("break-glass-2", "emergency", NONE, None,  # no key enrolled, never tried
             roles=("Global Administrator",), mailbox=False),
    Somebody("scanner.kiosk", "shared", NONE, 1),  # a shared account, left out of every policy
    Somebody("ulrich.weber", "production", PUSH, 3, leaves=-12),  # left twelve days ago
    Somebody("vera.smirnova", "finance", PUSH, None, enabled=False),
    Somebody("wendy.chu", "engineering", PUSH, 2),
    Somebody("xavier.roche", "engineering", HELLO, 1),
    Somebody("yara.mansour", "quality", PUSH, 3),
    Somebody("zoe.keller", "program-office", PUSH, 2),
)  # fmt: skip

_MORE = "abel beth cora dina eric fred gina hugo iris jack kate leon mary nils olga paul rita sven"
_SURNAMES = ("ashby", "brandt", "cole")

GUESTS = (
    ("inspector@navy.example", "ExternalAzureAD", PUSH),
    ("supplier@castings.example", "mail", NONE),  # one-time codes by mail, no factor
)

# role: (template, built in)
ROLES = {
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Security Administrator": "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "Intune Administrator": "3a2c62db-5318-420d-8d74-23affee5d9d5",
    "Exchange Administrator": "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "Global Reader": "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
}
_READERS = ("Global Reader",)
ELIGIBLE = (("kofi.mensah-adm", "Global Administrator"), ("kofi.mensah", "User Administrator"))

GROUPS: dict[str, tuple[str, ...]] = {
    "ca-exclusions": ("break-glass-1", "break-glass-2", "scanner.kiosk"),  # the kiosk should not be
    "travellers": ("owen.price",),
}


def everybody() -> tuple[Somebody, ...]:
    """The named people and those who only make up the number."""
    rest = [
        Somebody(f"{first}.{_SURNAMES[n % 3]}", "production", PUSH, n % 11)
        for n, first in enumerate(_MORE.split())
    ]
    rest += [
        Somebody(f"{first}.dunn", "engineering", HELLO, n % 7)
        for n, first in enumerate(_MORE.split()[:14])
    ]
    return (*PEOPLE, *rest)


def upn(name: str) -> str:
    return f"{name}@{DOMAIN}"


def add_directory(tenant: Tenant) -> None:
    """Fill in what the directory answers."""
    people = everybody()
    _users(tenant, people)
    _groups(tenant)
    _roles(tenant, people)
    _access(tenant)
    _applications(tenant)
    _policies(tenant)
    _records(tenant, people)


def _users(tenant: Tenant, people: tuple[Somebody, ...]) -> None:
    users, details = [], []
    for person in people:
        user = _user(person)
        users.append(user)
        tenant.graph[f"/users/{user['id']}"] = user
        details.append(_registration(user, person.factors, bool(person.roles), "member"))
    for mail, issuer, factors in GUESTS:
        guest = _guest(mail, issuer)
        users.append(guest)
        tenant.graph[f"/users/{guest['id']}"] = guest
        details.append(_registration(guest, factors, False, "guest"))
    tenant.graph["/users"] = users
    tenant.graph["/reports/authenticationMethods/userRegistrationDetails"] = details


def _user(person: Somebody) -> dict[str, Any]:
    shown = " ".join(part.capitalize() for part in person.name.replace("-", " ").split("."))
    used = None if person.used is None else {
        "lastSignInDateTime": ago(person.used),
        "lastSignInRequestId": guid("sign-in", person.name),
        "lastNonInteractiveSignInDateTime": ago(person.used),
        "lastNonInteractiveSignInRequestId": guid("sign-in-2", person.name),
    }  # fmt: skip
    plan = {
        "assignedDateTime": ago(person.age),
        "capabilityStatus": "Enabled",
        "service": "exchange",
        "servicePlanId": "efb87545-963c-4e0d-99df-69c6916d9eb0",
    }
    return {
        "id": guid("user", person.name),
        "userPrincipalName": upn(person.name),
        "displayName": shown,
        "accountEnabled": person.enabled,
        "userType": "Member",
        "createdDateTime": ago(person.age),
        "lastPasswordChangeDateTime": ago(min(person.age, 90)),
        "onPremisesSyncEnabled": None,
        "identities": [
            {
                "signInType": "userPrincipalName",
                "issuer": DOMAIN,
                "issuerAssignedId": upn(person.name),
            }
        ],
        "creationType": None,
        "externalUserState": None,
        "employeeLeaveDateTime": ahead(person.leaves),
        "assignedPlans": [plan] if person.mailbox else [],
        **({"signInActivity": used} if used else {}),
    }


def _guest(mail: str, issuer: str) -> dict[str, Any]:
    return {
        "id": guid("user", mail),
        "userPrincipalName": f"{mail.replace('@', '_')}#EXT#@{DOMAIN}",
        "displayName": mail,
        "accountEnabled": True,
        "userType": "Guest",
        "createdDateTime": ago(200),
        "lastPasswordChangeDateTime": ago(200),
        "onPremisesSyncEnabled": None,
        "identities": [{"signInType": "federated", "issuer": issuer, "issuerAssignedId": None}],
        "creationType": "Invitation",
        "externalUserState": "Accepted",
        "employeeLeaveDateTime": None,
        "assignedPlans": [],
        "signInActivity": {"lastSignInDateTime": ago(20)},
    }


def _registration(
    user: dict[str, Any], factors: tuple[str, ...], admin: bool, kind: str
) -> dict[str, Any]:
    return {
        "id": user["id"],
        "userPrincipalName": user["userPrincipalName"],
        "userDisplayName": user["displayName"],
        "userType": kind,
        "isAdmin": admin,
        "isSsprRegistered": bool(factors),
        "isSsprEnabled": True,
        "isSsprCapable": bool(factors),
        "isMfaRegistered": bool(factors),
        "isMfaCapable": bool(factors),
        "isPasswordlessCapable": factors in (KEY, HELLO),
        "methodsRegistered": list(factors),
        "isSystemPreferredAuthenticationMethodEnabled": True,
        "systemPreferredAuthenticationMethods": [],
        "userPreferredMethodForSecondaryAuthentication": "none",
        "lastUpdatedDateTime": ago(1),
    }


def _groups(tenant: Tenant) -> None:
    tenant.graph["/groups"] = [
        {"id": guid("group", name), "displayName": name, "securityEnabled": True} for name in GROUPS
    ]
    for name, members in GROUPS.items():
        tenant.graph[f"/groups/{guid('group', name)}/transitiveMembers"] = [
            typed("user", {"id": guid("user", member), "deviceId": None}) for member in members
        ]


def _principal(name: str) -> dict[str, Any]:
    return typed(
        "user",
        {
            "id": guid("user", name),
            "displayName": name,
            "userPrincipalName": upn(name),
        },
    )


def _roles(tenant: Tenant, people: tuple[Somebody, ...]) -> None:
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
                        if name in _READERS
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
        "principal": _principal(name),
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


OFFICE = guid("location", "office")
STRENGTH = "00000000-0000-0000-0000-000000000004"
_RESISTANT = ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"]


def _policy(name: str, conditions: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {
        "id": guid("ca", name),
        "displayName": name,
        "createdDateTime": ago(400),
        "modifiedDateTime": ago(40),
        "state": parts.get("state", "enabled"),
        "conditions": {
            "clientAppTypes": ["all"],
            "servicePrincipalRiskLevels": [],
            "signInRiskLevels": [],
            "userRiskLevels": [],
            "platforms": None,
            "locations": None,
            "devices": None,
            "applications": {
                "includeApplications": ["All"],
                "excludeApplications": [],
                "includeUserActions": [],
            },
            **conditions,
        },
        "grantControls": parts.get("grant"),
        "sessionControls": parts.get("session"),
    }


def _who(**parts: list[str]) -> dict[str, Any]:
    return {
        "includeUsers": [],
        "excludeUsers": [],
        "includeGroups": [],
        "excludeGroups": [],
        "includeRoles": [],
        "excludeRoles": [],
        **parts,
    }


def _grant(*controls: str, **more: Any) -> dict[str, Any]:
    return {
        "operator": "OR",
        "builtInControls": list(controls),
        "customAuthenticationFactors": [],
        "termsOfUse": [],
        **more,
    }


def _access(tenant: Tenant) -> None:
    exclusions = [guid("group", "ca-exclusions")]
    all_but = {"users": _who(includeUsers=["All"], excludeGroups=exclusions)}
    tenant.graph["/identity/conditionalAccess/policies"] = [
        _policy("CA01 Second factor for everybody", all_but, grant=_grant("mfa")),
        _policy(
            "CA02 Block old protocols",
            {**all_but, "clientAppTypes": ["exchangeActiveSync", "other"]},
            grant=_grant("block"),
        ),
        _policy(
            "CA03 Phishing-resistant factor for administrators",
            {
                "users": _who(
                    includeRoles=[
                        t
                        for name, t in ROLES.items()
                        # The Exchange administrator was forgotten.
                        if name not in ("Exchange Administrator", *_READERS)
                    ],
                    excludeGroups=exclusions,
                )
            },
            grant=_grant(
                authenticationStrength={
                    "id": STRENGTH,
                    "displayName": "Phishing-resistant MFA",
                    "policyType": "builtIn",
                    "requirementsSatisfied": "mfa",
                    "allowedCombinations": _RESISTANT,
                }
            ),
        ),
        _policy(
            "CA04 Managed devices",  # not from the office network, which is a hole
            {
                **all_but,
                "locations": {
                    "includeLocations": ["All"],
                    "excludeLocations": ["AllTrusted"],
                },
            },
            grant=_grant("compliantDevice", "domainJoinedDevice"),
        ),
        _policy(
            "CA05 Sign in again after twelve hours",
            all_but,
            session={
                "signInFrequency": {
                    "value": 12,
                    "type": "hours",
                    "isEnabled": True,
                    "frequencyInterval": "timeBased",
                    "authenticationType": "primaryAndSecondaryAuthentication",
                }
            },
        ),
        _policy(
            "CA06 Stop risky sign-ins",  # still only reporting
            {**all_but, "signInRiskLevels": ["high", "medium"]},
            state="enabledForReportingButNotEnforced",
            grant=_grant("mfa"),
        ),
    ]
    tenant.graph["/identity/conditionalAccess/namedLocations"] = [
        typed(
            "ipNamedLocation",
            {
                "id": OFFICE,
                "displayName": "Main works",
                "isTrusted": True,
                "ipRanges": [typed("iPv4CidrRange", {"cidrAddress": "198.51.100.0/24"})],
            },
        )
    ]
    tenant.graph["/policies/authenticationStrengthPolicies"] = [
        {
            "id": STRENGTH,
            "displayName": "Phishing-resistant MFA",
            "policyType": "builtIn",
            "requirementsSatisfied": "mfa",
            "allowedCombinations": _RESISTANT,
        }
    ]
    tenant.graph["/policies/identitySecurityDefaultsEnforcementPolicy"] = {
        "id": "00000000-0000-0000-0000-000000000005",
        "displayName": "Security Defaults",
        "isEnabled": False,
    }


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
            [_principal(owner)] if owner else []
        )
    principals.append(
        _service_principal(
            "Microsoft Graph",
            "00000003-0000-0000-c000-000000000000",
            guid("sp", "graph"),
            "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
        )
    )
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


def _records(tenant: Tenant, people: tuple[Somebody, ...]) -> None:
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
