"""Policies on devices by their purpose: mobile code, firewall, updates, wireless, VPN."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.intune.carried_settings import MOBILE_CODE
from scanner.collectors.intune.devices import COMPUTERS, HANDHELD, id_of, name_of, on, platform_of
from scanner.collectors.intune.in_force import SETTINGS_READ, candidates, in_force
from scanner.collectors.intune.stores import settings
from scanner.collectors.microsoft.place import Place
from scanner.facts import Fact
from scanner.facts.device import DevicePolicy


def _device_policy(
    place: Place,
    device: Mapping[str, Any],
    purpose: str,
    key: str,
    secure: Callable[[object], bool],
) -> Fact | Partial:
    found = in_force(place, device, key)
    shared = {
        "subject": f"{id_of(device)}/{key}",
        "name": name_of(device),
        "host": id_of(device),
        "purpose": purpose,
        "platform": platform_of(device),
        "setting": key,
        **place.here(found.operation),
    }
    if isinstance(found, Refused):
        names = ("assigned", "value", "number", "secure", "policies")
        return Partial(DevicePolicy(**shared), dict.fromkeys(names, found))
    return DevicePolicy(
        **shared,
        assigned=bool(found.policies),
        value=None if found.value is None else str(found.value).lower(),
        number=found.value if type(found.value) is int else None,
        secure=found.set and secure(found.value),
        policies=found.policies,
    )


_POLICY_FIELDS = (
    "host",
    "purpose",
    "platform",
    "setting",
    "assigned",
    "value",
    "number",
    "secure",
    "policies",
)


@source(DevicePolicy, fields=_POLICY_FIELDS, calls=SETTINGS_READ,
        always={"purpose": "mobile-code", "platform": "windows"})  # fmt: skip
def mobile_code(place: Place) -> Iterator[Fact | Partial]:
    """Attack-surface rules on scripts, macros and mailed programs, device by device."""
    for device in on(place, "windows"):
        for name in MOBILE_CODE:
            key = f"mobile-code:{name}"
            yield _device_policy(place, device, "mobile-code", key, lambda v: v == "block")


@source(DevicePolicy, fields=_POLICY_FIELDS, calls=SETTINGS_READ,
        always={"purpose": "firewall", "platform": "windows"})  # fmt: skip
def host_firewall(place: Place) -> Iterator[Fact | Partial]:
    """Whether each profile of the Windows firewall is on and refuses what no rule allows."""
    for device in on(place, "windows"):
        for profile in ("domain", "private", "public"):
            key = f"firewall:{profile}"
            yield _device_policy(place, device, "firewall", key, lambda v: v == "deny")


@source(DevicePolicy, fields=_POLICY_FIELDS, calls=SETTINGS_READ,
        always={"purpose": "updates", "platform": "windows"})  # fmt: skip
def updates(place: Place) -> Iterator[Fact | Partial]:
    """Days until a quality update is on the device at the latest, if there is a deadline."""
    for device in on(place, "windows"):
        yield _device_policy(place, device, "updates", "update-days", lambda v: v is not None)


@source(DevicePolicy, fields=_POLICY_FIELDS, calls=SETTINGS_READ, always={"purpose": "wifi"})
def wireless(place: Place) -> Iterator[Fact | Partial]:
    """Wireless profiles that reach a device: only enterprise authentication is secure."""
    for device in on(place, *COMPUTERS, *HANDHELD):
        if "wifi" in settings(place).by_key and candidates(place, device, "wifi"):
            yield _device_policy(
                place, device, "wifi", "wifi", lambda v: str(v) in ("wpaEnterprise",
                                                                    "wpa2Enterprise")
            )  # fmt: skip


@source(DevicePolicy, fields=_POLICY_FIELDS, calls=SETTINGS_READ, always={"purpose": "vpn"})
def private_network(place: Place) -> Iterator[Fact | Partial]:
    """VPN profiles that reach a device: other traffic must not bypass them."""
    for device in on(place, *COMPUTERS, *HANDHELD):
        key = "vpn-split-tunnel"
        if key in settings(place).by_key and candidates(place, device, key):
            yield _device_policy(place, device, "vpn", key, lambda v: v is False)
