"""Devices as they report themselves, with what they run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.intune.devices import (
    DEVICES,
    DEVICES_READ,
    STALE_DAYS,
    devices,
    is_managed,
    platform_of,
    silence,
    staleness,
)
from scanner.collectors.intune.stores import COMPLIANCE_READ, compliance
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items, text
from scanner.facts import UNSET, Fact
from scanner.facts.device import Device
from scanner.facts.software import Malware, Package

RECOVERY_KEYS = "GET /informationProtection/bitlocker/recoveryKeys"
PROTECTION = "GET /deviceManagement/managedDevices/{id}/windowsProtectionState"
APPS = "GET /deviceManagement/detectedApps"
APP_DEVICES = "GET /deviceManagement/detectedApps/{id}/managedDevices"
_DEVICE = "DeviceManagementManagedDevices.Read.All"
_BUILD = re.compile(r"^10\.0\.(\d+)\.(\d+)$")
_VERSION = re.compile(r"^(\d+)(?:\.(\d+))?(?:\.(\d+))?")


@source(
    Device,
    fields=[
        "platform",
        "managed",
        "encrypted",
        "os_version",
        "os_branch",
        "os_revision",
        "company_owned",
        "tampered",
        "last_sync_days",
        "primary_user",
    ],
    calls=DEVICES_READ,
)
def managed_devices(place: Place) -> Iterator[Fact | Partial]:
    """Devices that are enrolled, as they reported themselves."""
    for device in devices(place):
        version = text(device, "osVersion")
        branch, revision = release(platform_of(device), version)
        encrypted = device.get("isEncrypted")
        synced = place.days_since(device.get("lastSyncDateTime"))
        # False also means that it never reported.
        told = encrypted is True or (encrypted is False and synced is not None)
        owned = {"company": True, "personal": False}.get(str(device.get("managedDeviceOwnerType")))
        # "Unknown" is what systems say that are not looked at for it.
        broken_out = {"true": True, "false": False}.get(str(device.get("jailBroken")).lower())
        fact = Device(
            subject=str(device["id"]).lower(),
            name=text(device, "deviceName") or str(device["id"]),
            platform=platform_of(device),
            managed=is_managed(device),
            encrypted=encrypted if told and isinstance(encrypted, bool) else UNSET,
            os_version=version,
            os_branch=branch,
            os_revision=revision,
            company_owned=UNSET if owned is None else owned,
            tampered=UNSET if broken_out is None else broken_out,
            last_sync_days=synced,
            primary_user=text(device, "userPrincipalName") or None,
            **place.here(DEVICES),
        )
        refused: dict[str, Refused] = {}
        if not told:
            why = Refused("not-supported", DEVICES, "it has not reported its encryption")
            never = Refused("stale", DEVICES, silence(None))
            refused["encrypted"] = never if synced is None else why
        for name, value in (("company_owned", owned), ("tampered", broken_out)):
            if value is None and place.wants(name):
                refused[name] = Refused("not-supported", DEVICES, "it has not reported this")
        yield Partial(fact, refused) if refused else fact


def release(platform: str, version: str | None) -> tuple[str | None, int | None]:
    """The release line of a version and the patch level within it; None where it is not told."""
    if version is None:
        return None, None
    if platform == "windows":
        build = _BUILD.match(version)
        return (f"windows-{build[1]}", int(build[2])) if build else (None, None)
    found = _VERSION.match(version)
    if found is None:
        return None, None
    minor, patch = int(found[2] or 0), int(found[3] or 0)
    return f"{platform}-{found[1]}", minor * 100 + patch


@managed_devices.detail(fields=["compliant", "policies_assigned"], calls=COMPLIANCE_READ)
def compliance_state(place: Place, fact: Device) -> dict[str, object]:
    """Whether it meets its compliance policies, and how many those are."""
    device = _raw(place, fact.subject)
    assigned, doubt = 0, None
    for policy in compliance(place):
        covers = policy.covers(device)
        if covers is None:
            doubt = policy.reach.doubt or Refused("broken", DEVICES, "a policy's reach is unclear")
        assigned += covers is True
    state = str(device.get("complianceState") or "")
    compliant: bool | Refused
    stale = staleness(place, device)
    if stale is not None:
        compliant = stale
    elif state in ("noncompliant", "conflict", "error", "inGracePeriod"):
        compliant = False
    elif state != "compliant":
        compliant = Refused("not-supported", DEVICES, f"its state is {state or 'empty'}")
    elif assigned == 0:
        # With no policy a device counts as compliant, which proves nothing.
        compliant = doubt or Refused("not-supported", DEVICES, "no compliance policy reaches it")
    else:
        compliant = True
    return {"compliant": compliant, "policies_assigned": doubt or assigned}


def _raw(place: Place, subject: str) -> dict[str, Any]:
    by_id = place.once(
        ("devices-by-id",), lambda: {str(d["id"]).lower(): d for d in devices(place)}
    )
    return by_id[subject]


@managed_devices.detail(
    fields=["key_escrowed"], calls={RECOVERY_KEYS: "BitlockerKey.ReadBasic.All", **DEVICES_READ}
)
def recovery_key(place: Place, fact: Device) -> dict[str, object]:
    """Whether the directory keeps a BitLocker key of a Windows system volume; never the key."""
    device = _raw(place, fact.subject)
    if platform_of(device) != "windows":
        return {}

    def read() -> frozenset[str]:
        query = {"$select": "id,createdDateTime,volumeType,deviceId"}
        return frozenset(
            str(key.get("deviceId", "")).lower()
            for key in place.pages(RECOVERY_KEYS, query=query)
            if str(key.get("volumeType")) in ("1", "operatingSystemVolume")
        )

    one = str(device.get("azureADDeviceId") or "").lower()
    if not one.strip("0-"):
        raise Refused("not-supported", RECOVERY_KEYS, "the device has no id in the directory")
    return {"key_escrowed": one in place.once(("recovery-keys",), read)}


@source(
    Malware,
    fields=["engine", "active", "real_time", "tamper_protected", "signatures_update",
            "last_scan_days"],
    calls={PROTECTION: _DEVICE, **DEVICES_READ},
)  # fmt: skip
def protection(place: Place) -> Iterator[Fact | Partial]:
    """What Microsoft Defender reports of each computer."""
    computers = [d for d in devices(place) if is_managed(d)]
    windows = [d for d in computers if platform_of(d) == "windows"]
    states = place.batch(PROTECTION, [(str(d["id"]),) for d in windows])
    for device in computers:
        if platform_of(device) not in ("windows", "macos"):
            continue
        fact = Malware(
            subject=f"{str(device['id']).lower()}/malware-protection",
            name=text(device, "deviceName") or str(device["id"]),
            **place.here(PROTECTION),
        )
        if platform_of(device) == "macos":
            why = Refused("not-supported", PROTECTION, "Intune tells it of Windows devices only")
            yield Partial(fact, dict.fromkeys(_PROTECTION, why))
        else:
            yield _protected(place, fact, states[(str(device["id"]),)])


_PROTECTION = (
    "engine",
    "active",
    "real_time",
    "tamper_protected",
    "signatures_update",
    "last_scan_days",
)


def _protected(place: Place, fact: Malware, state: dict[str, Any] | Refused) -> Fact | Partial:
    import msgspec

    if isinstance(state, Refused):
        return Partial(fact, dict.fromkeys(_PROTECTION, state))
    reported = place.days_since(state.get("lastReportedDateTime"))
    if reported is None or reported > STALE_DAYS:
        why = Refused("stale", PROTECTION, silence(reported))
        return Partial(fact, dict.fromkeys(_PROTECTION, why))
    refused: dict[str, Refused] = {}
    values: dict[str, Any] = {"engine": "Microsoft Defender Antivirus"}
    for name, key, inverted in (
        ("active", "malwareProtectionEnabled", False),
        ("real_time", "realTimeProtectionEnabled", False),
        ("tamper_protected", "tamperProtectionEnabled", False),
        ("signatures_update", "signatureUpdateOverdue", True),
    ):
        found = state.get(key)
        if isinstance(found, bool):
            values[name] = found is not inverted
        else:
            refused[name] = Refused("not-supported", PROTECTION, f"{key} is empty")
    scans = [
        place.days_since(state.get(key))
        for key in ("lastQuickScanDateTime", "lastFullScanDateTime")
    ]
    known = [days for days in scans if days is not None]
    values["last_scan_days"] = max(0, min(known)) if known else None
    fact = msgspec.structs.replace(fact, **values)
    return Partial(fact, refused) if refused else fact


@source(
    Package,
    fields=["host", "program", "publisher", "version"],
    calls={APPS: _DEVICE, APP_DEVICES: _DEVICE},
)
def detected_apps(place: Place) -> Iterator[Fact]:
    """Programs that Intune found on devices, device by device."""
    query = {"$select": "id,displayName,version,publisher,platform,deviceCount", "$top": "500"}
    apps = [
        app
        for app in place.pages(APPS, query=query)
        if app.get("deviceCount") != 0 and text(app, "displayName")
    ]
    where = place.batch(
        APP_DEVICES, [(str(app["id"]),) for app in apps], {"$select": "id,deviceName"}
    )
    for app in apps:
        found = where[(str(app["id"]),)]
        if isinstance(found, Refused):
            raise found
        for device in items(found.get("value")):
            yield _package(place, app, device)


def _package(place: Place, app: Mapping[str, Any], device: Mapping[str, Any]) -> Package:
    host = str(device.get("id", "")).lower()
    shown = text(dict(device), "deviceName") or host
    return Package(
        subject=f"{host}/{app['id']}",
        name=f"{app['displayName']} on {shown}",
        host=host,
        program=str(app["displayName"]),
        publisher=text(dict(app), "publisher") or None,
        version=text(dict(app), "version") or None,
        **place.here(APP_DEVICES),
    )
