"""Policies of the settings catalog that reach the contractor's devices."""

from __future__ import annotations

from typing import Any

from scanner.demo.microsoft.halyard.fleet import Machine, managed_id
from scanner.demo.microsoft.halyard.settings import (
    ALL_DEVICES,
    CONFIG,
    NOTICE,
    PILOT_XML,
    V2,
    assignment,
    choice,
    group,
    lines,
    simple,
    to,
)
from scanner.demo.microsoft.making import guid
from scanner.demo.microsoft.tenant import Tenant


def add_catalog(tenant: Tenant, everything: tuple[Machine, ...]) -> None:
    """Policies of the settings catalog, and what devices report of them."""
    password = f"{CONFIG}devicelock_devicepasswordenabled"
    asr = f"{CONFIG}defender_attacksurfacereductionrules"
    notice = f"{CONFIG}localpoliciessecurityoptions_interactivelogon_message"
    rows: list[tuple[str, str, list[dict[str, Any]], list[dict[str, Any]]]] = [
        (
            "WIN FIPS mode",
            "none",
            [choice(f"{CONFIG}cryptography_allowfipsalgorithmpolicy", "1")],
            [ALL_DEVICES],
        ),
        (
            "WIN App Control",
            "endpointSecurityApplicationControl",
            [
                choice(
                    f"{V2}buildoptions",
                    f"{V2}buildoptions_built_in_controls_selected",
                    choice(f"{V2}auditmode", "disabled"),
                    choice(f"{V2}trustappsfrommanagedinstaller", "enabled"),
                    choice(f"{V2}trustappswithgoodreputation", "disabled"),
                )
            ],
            [to("app-control-enforced")],
        ),
        (
            "WIN App Control pilot",  # records, refuses nothing
            "endpointSecurityApplicationControl",
            [
                choice(
                    f"{V2}buildoptions",
                    f"{V2}buildoptions_upload_xml_selected",
                    simple(f"{V2}xmlupload", PILOT_XML),
                )
            ],
            [to("app-control-pilot")],
        ),
        (
            "WIN Screen lock",
            "none",
            [
                simple(
                    f"{CONFIG}localpoliciessecurityoptions_interactivelogon"
                    "_machineinactivitylimit_v2",
                    900,
                )
            ],
            [ALL_DEVICES],
        ),
        (
            "WIN Sign-in notice",
            "none",
            [
                simple(f"{notice}titleforusersattemptingtologon", "Halyard Acoustics"),
                lines(f"{notice}textforusersattemptingtologon", *NOTICE),
            ],
            [ALL_DEVICES],
        ),
        (
            "WIN Passwords and lockout",
            "none",
            [
                choice(
                    password,
                    "0",
                    simple(f"{CONFIG}devicelock_mindevicepasswordlength", 14),
                    simple(f"{CONFIG}devicelock_devicepasswordhistory", 24),
                    choice(f"{CONFIG}devicelock_mindevicepasswordcomplexcharacters", "3"),
                ),
                simple(
                    f"{CONFIG}devicelock_accountlockoutpolicy",
                    "AccountLockoutDuration:15, AccountLockoutThreshold:5, "
                    "ResetAccountLockoutCounterAfter:15",
                ),
            ],
            [ALL_DEVICES],
        ),
        (
            "WIN Removable media",  # with exceptions that nobody has reviewed
            "none",
            [choice(f"{CONFIG}storage_removablediskdenywriteaccess", "1")],
            [ALL_DEVICES, to("media-exceptions", exclude=True)],
        ),
        (
            "WIN Attack surface",
            "endpointSecurityAttackSurfaceReduction",
            [
                group(
                    asr,
                    choice(f"{asr}_blockexecutionofpotentiallyobfuscatedscripts", "block"),
                    choice(
                        f"{asr}_blockjavascriptorvbscriptfromlaunchingdownloadedexecutablecontent",
                        "block",
                    ),
                    # Macros: still only recorded.
                    choice(f"{asr}_blockwin32apicallsfromofficemacros", "audit"),
                    choice(f"{asr}_blockexecutablecontentfromemailclientandwebmail", "block"),
                )
            ],
            [ALL_DEVICES],
        ),
        (
            "WIN Firewall",
            "endpointSecurityFirewall",
            [
                choice(
                    f"vendor_msft_firewall_mdmstore_{profile}profile_enablefirewall",
                    "true",
                    choice(
                        f"vendor_msft_firewall_mdmstore_{profile}profile_defaultinboundaction", "1"
                    ),
                )
                for profile in ("domain", "private", "public")
            ],
            [ALL_DEVICES],
        ),
        (
            "Security Baseline for Windows",
            "baseline",
            [choice(f"{CONFIG}autoplay_turnoffautoplay", "1")],
            [ALL_DEVICES],
        ),
    ]
    policies = []
    for name, family, settings, targets in rows:
        one = guid("catalog", name)
        policies.append(
            {
                "id": one,
                "name": name,
                "platforms": "windows10",
                "technologies": "mdm",
                "isAssigned": True,
                "settingCount": len(settings),
                "templateReference": {
                    "templateId": "" if family == "none" else guid("template", family),
                    "templateFamily": family,
                },
                "assignments": [assignment(one, n, target) for n, target in enumerate(targets)],
            }
        )
        tenant.graph[f"/beta/deviceManagement/configurationPolicies/{one}/settings"] = [
            {"id": str(n), "settingInstance": setting} for n, setting in enumerate(settings)
        ]
        tenant.reports[one] = [
            {
                "IntuneDeviceId": managed_id(machine),
                "DeviceName": machine.name,
                "PolicyStatus": _status(name, machine),
            }
            for machine in everything
            if machine.system == "Windows" and _reached(name, machine)
        ]
    tenant.graph["/beta/deviceManagement/configurationPolicies"] = policies
    tenant.graph["/beta/deviceManagement/assignmentFilters"] = []


def _reached(policy: str, machine: Machine) -> bool:
    if policy == "WIN App Control":
        return machine.control == "enforce"
    if policy == "WIN App Control pilot":
        return machine.control == "audit"
    if policy == "WIN Removable media":
        return machine.name not in ("LAB-001", "ENG-004")
    return True


def _status(policy: str, machine: Machine) -> str:
    failing = {
        ("WIN FIPS mode", "HAL-011"): "error",
        ("WIN FIPS mode", "LAB-001"): "error",
        ("WIN App Control", "HAL-019"): "error",
        ("Security Baseline for Windows", "ENG-002"): "nonCompliant",
    }
    return failing.get((policy, machine.name), "compliant")
