"""The contractor's rules for signing in."""

from __future__ import annotations

from typing import Any

from scanner.demo.microsoft.halyard.roles import READERS, ROLES
from scanner.demo.microsoft.making import ago, guid, typed
from scanner.demo.microsoft.tenant import Tenant

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


def add_access(tenant: Tenant) -> None:
    """Conditional Access policies, named locations, strengths."""
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
                        if name not in ("Exchange Administrator", *READERS)
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
