"""Managed devices, read once, and whether what they reported is still news."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scanner.collectors.base import Refused
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.platforms import platform_named
from scanner.collectors.microsoft.values import text

DEVICES = "GET /deviceManagement/managedDevices"
DEVICE = "DeviceManagementManagedDevices.Read.All"
DEVICES_READ = {DEVICES: DEVICE}
STALE_DAYS = 30
"""What a device reported longer ago tells nothing of it now."""

_FIELDS = (
    "id,deviceName,operatingSystem,osVersion,complianceState,isEncrypted,lastSyncDateTime,"
    "azureADDeviceId,userId,userPrincipalName,managedDeviceOwnerType,managementAgent,jailBroken,"
    "manufacturer,model,deviceCategoryDisplayName"
)

_NOT_MANAGED = frozenset({"msSense", "eas", "unknown"})


def devices(place: Place) -> list[dict[str, Any]]:
    """Every managed device. Raises Refused."""
    query = {"$select": _FIELDS, "$top": "1000"}

    def read() -> list[dict[str, Any]]:
        found = list(place.pages(DEVICES, query=query))
        if any(not isinstance(device.get("id"), str) for device in found):
            raise Refused("broken", DEVICES, "a device has no id")
        return found

    return place.once(("devices",), read)


def is_managed(device: Mapping[str, Any]) -> bool:
    """Whether Intune manages it, rather than only Defender or Exchange."""
    return str(device.get("managementAgent") or "unknown") not in _NOT_MANAGED


def platform_of(device: Mapping[str, Any]) -> str:
    """windows, macos, ios, android, linux, or the name as it came."""
    return platform_named(text(dict(device), "operatingSystem"))


def silence(days: int | None) -> str:
    """Since when a device has been silent, in words that stay the same from day to day."""
    if days is None:
        return "it has never reported"
    return f"it last reported more than {STALE_DAYS} days ago"


def staleness(place: Place, device: Mapping[str, Any]) -> Refused | None:
    """Why what the device reported is no news, if it is not."""
    if not is_managed(device):
        return Refused("not-supported", DEVICES, "Intune does not manage this device")
    days = place.days_since(device.get("lastSyncDateTime"))
    if days is None or days > STALE_DAYS:
        return Refused("stale", DEVICES, silence(days))
    return None


COMPUTERS = ("windows", "macos")
HANDHELD = ("ios", "android")


def on(place: Place, *platforms: str) -> Iterator[Mapping[str, Any]]:
    """The devices of these platforms that Intune manages. Raises Refused."""
    for device in devices(place):
        if is_managed(device) and platform_of(device) in platforms:
            yield device


def name_of(device: Mapping[str, Any]) -> str:
    """Its name, or its id where it has none."""
    return text(dict(device), "deviceName") or str(device["id"])


def id_of(device: Mapping[str, Any]) -> str:
    """Its id in lower case, as facts use it."""
    return str(device["id"]).lower()
