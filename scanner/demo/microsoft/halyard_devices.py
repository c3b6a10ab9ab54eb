"""The contractor's devices: what they are, which policies reach them, what they report."""

from __future__ import annotations

from typing import Any, NamedTuple

from scanner.demo.microsoft.halyard_directory import everybody, upn
from scanner.demo.microsoft.making import WORKSPACE, ago, guid, typed
from scanner.demo.microsoft.tenant import Tenant

_CONFIG = "device_vendor_msft_policy_config_"
_V2 = f"{_CONFIG}applicationcontrolv2_"
_ZEROS = "00000000-0000-0000-0000-000000000000"


class Machine(NamedTuple):
    """One device. `synced`: days since it reported; `control`: how App Control reaches it."""

    name: str
    system: str
    version: str
    owner: str
    encrypted: bool = True
    synced: float = 0.2
    control: str = "enforce"
    """enforce, audit or none."""
    company: bool = True
    compliance: str = "compliant"


def machines() -> tuple[Machine, ...]:
    """Thirty-six Windows machines and a dozen others."""
    people = [p.name for p in everybody() if p.mailbox and p.enabled]
    found = [
        Machine(f"HAL-{n:03d}", "Windows", "10.0.22631.4460", people[n % len(people)])
        for n in range(1, 25)
    ]
    found += [
        # The engineers' machines: App Control still only records.
        Machine(
            f"ENG-{n:03d}",
            "Windows",
            "10.0.26100.2454",
            people[(n + 3) % len(people)],
            control="audit",
        )
        for n in range(1, 11)
    ]
    found += [
        Machine(
            "LAB-001",
            "Windows",
            "10.0.19045.3803",
            "farah.nassar",
            control="none",
            encrypted=False,
            compliance="noncompliant",
        ),  # old, not encrypted, no allow-list
        Machine(
            "LAB-002", "Windows", "10.0.22631.4460", "jun.takahashi", control="none", synced=55
        ),  # silent for weeks
        Machine("MAC-001", "macOS", "15.1.1", "laura.costa"),
        Machine("MAC-002", "macOS", "14.7.1", "mateo.silva"),
        Machine(
            "MAC-003", "macOS", "15.1.1", "nadia.haddad", encrypted=False, compliance="noncompliant"
        ),  # FileVault is off
    ]
    found += [
        Machine(f"PHONE-{n:02d}", "iOS", "18.1.1", people[n], company=n < 6) for n in range(1, 8)
    ]
    found.append(Machine("PHONE-08", "Android", "14.0", "owen.price", company=False))
    return tuple(found)  # fmt: skip


def add_devices(tenant: Tenant) -> None:
    """Fill in what the device manager answers."""
    everything = machines()
    _managed(tenant, everything)
    _registered(tenant, everything)
    _groups(tenant, everything)
    _catalog(tenant, everything)
    _profiles(tenant, everything)
    _compliance(tenant, everything)
    _software(tenant, everything)
    tenant.graph["/deviceManagement"] = {
        "id": guid("device-management"),
        "settings": {
            "deviceComplianceCheckinThresholdDays": 30,
            "isScheduledActionEnabled": True,
            "secureByDefault": True,
        },
    }
    for store in ("intents", "groupPolicyConfigurations"):
        tenant.graph[f"/beta/deviceManagement/{store}"] = []
    tenant.arm["/providers/microsoft.intune/diagnosticsettings"] = [
        {
            "id": "/providers/microsoft.intune/diagnosticSettings/to-sentinel",
            "name": "to-sentinel",
            "type": "microsoft.intune/diagnosticSettings",
            "properties": {
                "workspaceId": WORKSPACE,
                "logs": [
                    {"category": "AuditLogs", "enabled": True},
                    {"category": "OperationalLogs", "enabled": True},
                ],
            },
        }
    ]


def _id(machine: Machine) -> str:
    return guid("managed", machine.name)


def _device_id(machine: Machine) -> str:
    return guid("device", machine.name)


def _managed(tenant: Tenant, everything: tuple[Machine, ...]) -> None:
    devices, keys = [], []
    for machine in everything:
        one = _id(machine)
        devices.append(
            {
                "id": one,
                "deviceName": machine.name,
                "operatingSystem": machine.system,
                "osVersion": machine.version,
                "complianceState": machine.compliance,
                "isEncrypted": machine.encrypted,
                "lastSyncDateTime": ago(machine.synced),
                "enrolledDateTime": ago(300),
                "azureADDeviceId": _device_id(machine),
                "userId": guid("user", machine.owner),
                "userPrincipalName": upn(machine.owner),
                "managedDeviceOwnerType": "company" if machine.company else "personal",
                "managementAgent": "mdm",
                "jailBroken": "Unknown" if machine.system == "Windows" else "False",
                "manufacturer": "Dell Inc." if machine.system == "Windows" else "Apple",
                "model": "Latitude 7450" if machine.system == "Windows" else "Apple",
                "deviceCategoryDisplayName": "Unknown",
            }
        )
        if machine.system == "Windows":
            tenant.graph[f"/deviceManagement/managedDevices/{one}/windowsProtectionState"] = (
                _protection(machine)
            )
            if machine.encrypted and machine.name != "HAL-007":  # its key was never kept
                keys.append(
                    {
                        "id": guid("key", machine.name),
                        "createdDateTime": ago(250),
                        "volumeType": "operatingSystemVolume",
                        "deviceId": _device_id(machine),
                    }
                )
    tenant.graph["/deviceManagement/managedDevices"] = devices
    tenant.graph["/informationProtection/bitlocker/recoveryKeys"] = keys


def _protection(machine: Machine) -> dict[str, Any]:
    off = machine.name == "LAB-001"  # somebody switched it off
    return {
        "id": guid("protection", machine.name),
        "malwareProtectionEnabled": True,
        "deviceState": "clean",
        "realTimeProtectionEnabled": not off,
        "networkInspectionSystemEnabled": True,
        "quickScanOverdue": False,
        "fullScanOverdue": off,
        "signatureUpdateOverdue": off,
        "rebootRequired": False,
        "tamperProtectionEnabled": not off,
        "productStatus": "noStatus",
        "engineVersion": "1.1.24090.11",
        "signatureVersion": "1.421.210.0",
        "lastQuickScanDateTime": ago(20 if off else 1),
        "lastFullScanDateTime": "0001-01-01T00:00:00Z" if off else ago(6),
        "lastReportedDateTime": ago(machine.synced),
    }


def _registered(tenant: Tenant, everything: tuple[Machine, ...]) -> None:
    tenant.graph["/devices"] = [
        {
            "id": guid("device-object", machine.name),
            "deviceId": _device_id(machine),
            "displayName": machine.name,
            "accountEnabled": True,
            "operatingSystem": machine.system,
            "operatingSystemVersion": machine.version,
            "isManaged": True,
            "isCompliant": machine.compliance == "compliant",
            "approximateLastSignInDateTime": ago(machine.synced),
        }
        for machine in everything
    ] + [
        {
            "id": guid("device-object", "unknown"),
            "deviceId": guid("device", "unknown"),
            "displayName": "DESKTOP-7F3K2",  # nobody manages it
            "accountEnabled": True,
            "operatingSystem": "Windows",
            "operatingSystemVersion": "10.0.19045.2006",
            "isManaged": None,
            "isCompliant": None,
            "approximateLastSignInDateTime": ago(4),
        }
    ]


def _groups(tenant: Tenant, everything: tuple[Machine, ...]) -> None:
    for name, chosen in (
        ("app-control-enforced", [m for m in everything if m.control == "enforce"]),
        ("app-control-pilot", [m for m in everything if m.control == "audit"]),
        ("media-exceptions", [m for m in everything if m.name in ("LAB-001", "ENG-004")]),
    ):
        tenant.graph[f"/groups/{guid('group', name)}/transitiveMembers"] = [
            typed(
                "device",
                {"id": guid("device-object", m.name), "deviceId": _device_id(m)},
            )
            for m in chosen
        ]


# --- settings catalog ------------------------------------------------------------------------


def _choice(setting: str, option: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
        "settingDefinitionId": setting,
        "settingInstanceTemplateReference": None,
        "choiceSettingValue": {
            "settingValueTemplateReference": None,
            "value": option if option.startswith(("device", "vendor")) else f"{setting}_{option}",
            "children": list(children),
        },
    }


def _simple(setting: str, value: str | int) -> dict[str, Any]:
    kind = "String" if isinstance(value, str) else "Integer"
    return {
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
        "settingDefinitionId": setting,
        "settingInstanceTemplateReference": None,
        "simpleSettingValue": {
            "@odata.type": f"#microsoft.graph.deviceManagementConfiguration{kind}SettingValue",
            "settingValueTemplateReference": None,
            "value": value,
        },
    }


def _lines(setting: str, *lines: str) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.deviceManagementConfiguration"
        "SimpleSettingCollectionInstance",
        "settingDefinitionId": setting,
        "settingInstanceTemplateReference": None,
        "simpleSettingCollectionValue": [
            {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue",
                "settingValueTemplateReference": None,
                "value": line,
            }
            for line in lines
        ],
    }


def _group(setting: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationGroupSettingCollection"
        "Instance",
        "settingDefinitionId": setting,
        "settingInstanceTemplateReference": None,
        "groupSettingCollectionValue": [
            {"settingValueTemplateReference": None, "children": list(children)}
        ],
    }


NOTICE = (
    "This system belongs to Halyard Acoustics LLC and may hold Controlled Unclassified "
    "Information.",
    "Use is monitored and recorded. By going on you agree to that.",
)

PILOT_XML = """<?xml version="1.0" encoding="utf-8"?>
<SiPolicy xmlns="urn:schemas-microsoft-com:sipolicy" PolicyType="Base Policy">
  <VersionEx>10.0.5.0</VersionEx>
  <Rules>
    <Rule><Option>Enabled:UMCI</Option></Rule>
    <Rule><Option>Enabled:Audit Mode</Option></Rule>
    <Rule><Option>Enabled:Managed Installer</Option></Rule>
  </Rules>
  <FileRules>
    <Deny ID="ID_DENY_1" FriendlyName="old script host" FileName="wscript.exe"
      MinimumFileVersion="0.0.0.0"/>
  </FileRules>
  <Signers>
    <Signer ID="ID_SIGNER_1" Name="Microsoft Windows">
      <CertRoot Type="Wellknown" Value="06"/>
    </Signer>
  </Signers>
  <SigningScenarios>
    <SigningScenario Value="12" ID="ID_SCENARIO_1" FriendlyName="programs">
      <ProductSigners>
        <AllowedSigners><AllowedSigner SignerId="ID_SIGNER_1"/></AllowedSigners>
      </ProductSigners>
    </SigningScenario>
  </SigningScenarios>
</SiPolicy>"""

_ALL_DEVICES = {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}


def _to(group: str, *, exclude: bool = False) -> dict[str, Any]:
    kind = "exclusionGroup" if exclude else "group"
    return {
        "@odata.type": f"#microsoft.graph.{kind}AssignmentTarget",
        "groupId": guid("group", group),
    }


def _assignment(policy: str, number: int, target: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{policy}_{number}",
        "target": {
            "deviceAndAppManagementAssignmentFilterId": None,
            "deviceAndAppManagementAssignmentFilterType": "none",
            **target,
        },
    }


def _catalog(tenant: Tenant, everything: tuple[Machine, ...]) -> None:
    password = f"{_CONFIG}devicelock_devicepasswordenabled"
    asr = f"{_CONFIG}defender_attacksurfacereductionrules"
    notice = f"{_CONFIG}localpoliciessecurityoptions_interactivelogon_message"
    rows: list[tuple[str, str, list[dict[str, Any]], list[dict[str, Any]]]] = [
        (
            "WIN FIPS mode",
            "none",
            [_choice(f"{_CONFIG}cryptography_allowfipsalgorithmpolicy", "1")],
            [_ALL_DEVICES],
        ),
        (
            "WIN App Control",
            "endpointSecurityApplicationControl",
            [
                _choice(
                    f"{_V2}buildoptions",
                    f"{_V2}buildoptions_built_in_controls_selected",
                    _choice(f"{_V2}auditmode", "disabled"),
                    _choice(f"{_V2}trustappsfrommanagedinstaller", "enabled"),
                    _choice(f"{_V2}trustappswithgoodreputation", "disabled"),
                )
            ],
            [_to("app-control-enforced")],
        ),
        (
            "WIN App Control pilot",  # records, refuses nothing
            "endpointSecurityApplicationControl",
            [
                _choice(
                    f"{_V2}buildoptions",
                    f"{_V2}buildoptions_upload_xml_selected",
                    _simple(f"{_V2}xmlupload", PILOT_XML),
                )
            ],
            [_to("app-control-pilot")],
        ),
        (
            "WIN Screen lock",
            "none",
            [
                _simple(
                    f"{_CONFIG}localpoliciessecurityoptions_interactivelogon"
                    "_machineinactivitylimit_v2",
                    900,
                )
            ],
            [_ALL_DEVICES],
        ),
        (
            "WIN Sign-in notice",
            "none",
            [
                _simple(f"{notice}titleforusersattemptingtologon", "Halyard Acoustics"),
                _lines(f"{notice}textforusersattemptingtologon", *NOTICE),
            ],
            [_ALL_DEVICES],
        ),
        (
            "WIN Passwords and lockout",
            "none",
            [
                _choice(
                    password,
                    "0",
                    _simple(f"{_CONFIG}devicelock_mindevicepasswordlength", 14),
                    _simple(f"{_CONFIG}devicelock_devicepasswordhistory", 24),
                    _choice(f"{_CONFIG}devicelock_mindevicepasswordcomplexcharacters", "3"),
                ),
                _simple(
                    f"{_CONFIG}devicelock_accountlockoutpolicy",
                    "AccountLockoutDuration:15, AccountLockoutThreshold:5, "
                    "ResetAccountLockoutCounterAfter:15",
                ),
            ],
            [_ALL_DEVICES],
        ),
        (
            "WIN Removable media",  # with exceptions that nobody has reviewed
            "none",
            [_choice(f"{_CONFIG}storage_removablediskdenywriteaccess", "1")],
            [_ALL_DEVICES, _to("media-exceptions", exclude=True)],
        ),
        (
            "WIN Attack surface",
            "endpointSecurityAttackSurfaceReduction",
            [
                _group(
                    asr,
                    _choice(f"{asr}_blockexecutionofpotentiallyobfuscatedscripts", "block"),
                    _choice(
                        f"{asr}_blockjavascriptorvbscriptfromlaunchingdownloadedexecutablecontent",
                        "block",
                    ),
                    # Macros: still only recorded.
                    _choice(f"{asr}_blockwin32apicallsfromofficemacros", "audit"),
                    _choice(f"{asr}_blockexecutablecontentfromemailclientandwebmail", "block"),
                )
            ],
            [_ALL_DEVICES],
        ),
        (
            "WIN Firewall",
            "endpointSecurityFirewall",
            [
                _choice(
                    f"vendor_msft_firewall_mdmstore_{profile}profile_enablefirewall",
                    "true",
                    _choice(
                        f"vendor_msft_firewall_mdmstore_{profile}profile_defaultinboundaction", "1"
                    ),
                )
                for profile in ("domain", "private", "public")
            ],
            [_ALL_DEVICES],
        ),
        (
            "Security Baseline for Windows",
            "baseline",
            [_choice(f"{_CONFIG}autoplay_turnoffautoplay", "1")],
            [_ALL_DEVICES],
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
                "assignments": [_assignment(one, n, target) for n, target in enumerate(targets)],
            }
        )
        tenant.graph[f"/beta/deviceManagement/configurationPolicies/{one}/settings"] = [
            {"id": str(n), "settingInstance": setting} for n, setting in enumerate(settings)
        ]
        tenant.reports[one] = [
            {
                "IntuneDeviceId": _id(machine),
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


# --- older stores ----------------------------------------------------------------------------


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
        path = f"/deviceManagement/managedDevices/{_id(machine)}/deviceConfigurationStates"
        tenant.graph[path] = states


def _assign_to_all(tenant: Tenant, store: str, policy: dict[str, Any]) -> None:
    path = f"/beta/deviceManagement/{store}/{policy['id']}/assignments"
    tenant.graph[path] = [_assignment(policy["id"], 0, _ALL_DEVICES)]


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
        path = f"/deviceManagement/managedDevices/{_id(machine)}/deviceCompliancePolicyStates"
        mine = policies.get(machine.system)
        state = "compliant" if machine.compliance == "compliant" else "nonCompliant"
        tenant.graph[path] = [_state(mine, state)] if mine else []


# --- software --------------------------------------------------------------------------------

# program: (publisher, version, every how many-th Windows machine has it)
PROGRAMS = {
    "Microsoft 365 Apps for enterprise": ("Microsoft Corporation", "16.0.18129.20158", 1),
    "Microsoft Edge": ("Microsoft Corporation", "131.0.2903.51", 1),
    "7-Zip 24.08 (x64)": ("Igor Pavlov", "24.08", 3),
    "SOLIDWORKS 2024": ("Dassault Systemes", "32.3.0.0053", 4),
    "Spotify": ("Spotify AB", "1.2.50", 9),  # nobody allowed it
    "AnyDesk": ("AnyDesk Software GmbH", "8.1.0", 17),  # remote control, nobody allowed it
}


def _software(tenant: Tenant, everything: tuple[Machine, ...]) -> None:
    windows = [machine for machine in everything if machine.system == "Windows"]
    apps = []
    for name, (publisher, version, every) in PROGRAMS.items():
        one = guid("program", name)
        holders = windows[::every]
        apps.append(
            {
                "id": one,
                "displayName": name,
                "version": version,
                "publisher": publisher,
                "platform": "windows",
                "sizeInByte": 0,
                "deviceCount": len(holders),
            }
        )
        tenant.graph[f"/deviceManagement/detectedApps/{one}/managedDevices"] = [
            {"id": _id(machine), "deviceName": machine.name} for machine in holders
        ]
    tenant.graph["/deviceManagement/detectedApps"] = apps
