"""The contractor's devices: what they are and what they report."""

from __future__ import annotations

from typing import Any, NamedTuple

from scanner.demo.microsoft.halyard.people import everybody, upn
from scanner.demo.microsoft.making import ago, guid, typed
from scanner.demo.microsoft.tenant import Tenant

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


def add_fleet(tenant: Tenant, everything: tuple[Machine, ...]) -> None:
    """Devices in the device manager and in the directory, and groups of them."""
    _managed(tenant, everything)
    _registered(tenant, everything)
    _groups(tenant, everything)


def managed_id(machine: Machine) -> str:
    return guid("managed", machine.name)


def device_id(machine: Machine) -> str:
    return guid("device", machine.name)


def _managed(tenant: Tenant, everything: tuple[Machine, ...]) -> None:
    devices, keys = [], []
    for machine in everything:
        one = managed_id(machine)
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
                "azureADDeviceId": device_id(machine),
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
                        "deviceId": device_id(machine),
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
            "deviceId": device_id(machine),
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
                {"id": guid("device-object", m.name), "deviceId": device_id(m)},
            )
            for m in chosen
        ]
