"""Older profiles and compliance policies that reach the contractor's devices."""

from __future__ import annotations

from typing import Any

from scanner.demo.microsoft.halyard.fleet import Machine, managed_id
from scanner.demo.microsoft.halyard.settings import ALL_DEVICES, assignment
from scanner.demo.microsoft.making import guid, typed
from scanner.demo.microsoft.tenant import Tenant


def add_profiles(tenant: Tenant, everything: tuple[Machine, ...]) -> None:
    """Older profiles and compliance policies, and what devices report of them."""
    _profiles(tenant, everything)
    _compliance(tenant, everything)


def _profiles(tenant: Tenant, everything: tuple[Machine, ...]) -> None:
    profiles = [
        typed(
            "windowsUpdateForBusinessConfiguration",
            {
                "id": guid("profile", "updates"),
                "displayName": "WIN Updates",
                "version": 3,
                "qualityUpdatesDeferralPeriodInDays": 5,
                "deadlineForQualityUpdatesInDays": 5,
                "deadlineGracePeriodInDays": 2,
                "qualityUpdatesPaused": False,
                "automaticUpdateMode": "autoInstallAtMaintenanceTime",
            },
        ),
        typed(
            "iosGeneralDeviceConfiguration",
            {
                "id": guid("profile", "ios"),
                "displayName": "IOS Apps",
                "version": 2,
                "compliantAppListType": "appsInListCompliant",
                "compliantAppsList": [
                    {"name": "Outlook", "publisher": "Microsoft", "appId": "com.microsoft.outlook"}
                ],
                "appsVisibilityListType": "none",
            },
        ),
    ]
    tenant.graph["/deviceManagement/deviceConfigurations"] = profiles
    for profile in profiles:
        _assign_to_all(tenant, "deviceConfigurations", profile)
    for machine in everything:
        states = []
        if machine.system == "Windows":
            states.append(_state(profiles[0], "compliant"))
        if machine.system == "iOS":
            states.append(_state(profiles[1], "compliant"))
        path = f"/deviceManagement/managedDevices/{managed_id(machine)}/deviceConfigurationStates"
        tenant.graph[path] = states


def _assign_to_all(tenant: Tenant, store: str, policy: dict[str, Any]) -> None:
    path = f"/beta/deviceManagement/{store}/{policy['id']}/assignments"
    tenant.graph[path] = [assignment(policy["id"], 0, ALL_DEVICES)]


def _state(policy: dict[str, Any], state: str) -> dict[str, Any]:
    return {"id": policy["id"], "displayName": policy["displayName"], "state": state}


def _compliance(tenant: Tenant, everything: tuple[Machine, ...]) -> None:
    policies = {
        "Windows": typed(
            "windows10CompliancePolicy",
            {
                "id": guid("compliance", "windows"),
                "displayName": "WIN Compliance",
                "version": 4,
                "bitLockerEnabled": True,
                "secureBootEnabled": True,
                "osMinimumVersion": "10.0.22631.0",
            },
        ),
        "macOS": typed(
            "macOSCompliancePolicy",
            {
                "id": guid("compliance", "macos"),
                "displayName": "MAC Compliance",
                "version": 1,
                "passwordRequired": True,
                "passwordMinimumLength": 14,
                "passwordPreviousPasswordBlockCount": 24,
                "passwordMinutesOfInactivityBeforeLock": 10,
                "storageRequireEncryption": True,
            },
        ),
        "iOS": typed(
            "iosCompliancePolicy",
            {
                "id": guid("compliance", "ios"),
                "displayName": "IOS Compliance",
                "version": 1,
                "passcodeRequired": True,
                "passcodeMinimumLength": 6,
                "passcodePreviousPasscodeBlockCount": 5,
                "passcodeMinutesOfInactivityBeforeLock": 5,
                "securityBlockJailbrokenDevices": True,
            },
        ),
    }  # There is none for Android: that phone proves nothing.
    tenant.graph["/deviceManagement/deviceCompliancePolicies"] = list(policies.values())
    for policy in policies.values():
        _assign_to_all(tenant, "deviceCompliancePolicies", policy)
    for machine in everything:
        path = (
            f"/deviceManagement/managedDevices/{managed_id(machine)}/deviceCompliancePolicyStates"
        )
        mine = policies.get(machine.system)
        state = "compliant" if machine.compliance == "compliant" else "nonCompliant"
        tenant.graph[path] = [_state(mine, state)] if mine else []
