"""Settings that reach devices, one fact a device: what is in force there and who set it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.intune.appcontrol import AppControl, Unreadable
from scanner.collectors.intune.carried import MOBILE_CODE
from scanner.collectors.intune.readings import (
    CATALOG,
    SETTINGS_READ,
    InForce,
    PushedPolicy,
    candidates,
    devices,
    in_force,
    is_managed,
    platform_of,
    reported,
    settings,
)
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import text
from scanner.facts import UNSET, Fact
from scanner.facts.crypto import FipsSetting
from scanner.facts.device import DevicePolicy
from scanner.facts.host import Banner, Media, Session
from scanner.facts.identity import Policy
from scanner.facts.software import Policy as SoftwarePolicy

_COMPUTERS = ("windows", "macos")
_HANDHELD = ("ios", "android")


def _on(place: Place, *platforms: str) -> Iterator[Mapping[str, Any]]:
    for device in devices(place):
        if is_managed(device) and platform_of(device) in platforms:
            yield device


def _name(device: Mapping[str, Any]) -> str:
    return text(dict(device), "deviceName") or str(device["id"])


def _id(device: Mapping[str, Any]) -> str:
    return str(device["id"]).lower()


Make = Callable[..., Fact]


def _fact(
    place: Place,
    device: Mapping[str, Any],
    make: Make,
    what: str,
    fields: Mapping[str, InForce | Refused],
    **values: Any,
) -> Fact | Partial:
    """A fact of one device whose fields come from settings; those not known are marked."""
    refused = {name: found for name, found in fields.items() if isinstance(found, Refused)}
    known = {name: found.value for name, found in fields.items() if not isinstance(found, Refused)}
    operations = [f.operation for f in fields.values()]
    fact = make(
        subject=f"{_id(device)}/{what}",
        name=_name(device),
        **{**known, **{k: v for k, v in values.items() if v is not UNSET}},
        **place.here(operations[0] if operations else CATALOG),
    )
    return Partial(fact, refused) if refused else fact


@source(
    FipsSetting,
    fields=["setting", "value", "on"],
    calls=SETTINGS_READ,
    always={"setting": "windows-policy"},
)
def fips(place: Place) -> Iterator[Fact | Partial]:
    """Whether the FIPS algorithm policy of Windows is in force on each device."""
    for device in _on(place, "windows"):
        found = in_force(place, device, "fips")
        if isinstance(found, Refused):
            fact = FipsSetting(
                subject=f"{_id(device)}/fips",
                name=_name(device),
                setting="windows-policy",
                **place.here(found.operation),
            )
            yield Partial(fact, {"on": found, "value": found})
        else:
            yield FipsSetting(
                subject=f"{_id(device)}/fips",
                name=_name(device),
                setting="windows-policy",
                value=str(found.value).lower() if found.set else None,
                on=found.value is True,
                **place.here(found.operation),
            )


@source(
    Session, fields=["session", "lock_minutes", "conceals", "user_can_change"], calls=SETTINGS_READ
)
def screen_lock(place: Place) -> Iterator[Fact | Partial]:
    """After how many idle minutes each device locks, by the policies that reach it."""
    for device in _on(place, *_COMPUTERS, *_HANDHELD):
        found = in_force(place, device, "lock-minutes")
        locks = not isinstance(found, Refused) and found.value is not None
        yield _fact(
            place,
            device,
            Session,
            "screen-lock",
            {"lock_minutes": found}
            | ({"conceals": found, "user_can_change": found} if isinstance(found, Refused) else {}),
            session="mobile" if platform_of(device) in _HANDHELD else "desktop",
            # The lock screen covers the desktop; what a policy sets a user cannot change.
            **({} if isinstance(found, Refused) else {"conceals": locks,
                                                      "user_can_change": not locks}),
        )  # fmt: skip


@source(Banner, fields=["surface", "shown", "text_hash"], calls=SETTINGS_READ,
        always={"surface": "desktop"})  # fmt: skip
def sign_in_notice(place: Place) -> Iterator[Fact | Partial]:
    """The notice that Windows shows before a sign-in."""
    for device in _on(place, *_COMPUTERS):
        found: InForce | Refused
        if platform_of(device) == "macos":
            found = Refused("not-supported", CATALOG, "a Mac's full notice is set by a script")
        else:
            found = in_force(place, device, "banner")
        known = not isinstance(found, Refused)
        yield _fact(
            place,
            device,
            Banner,
            "sign-in-notice",
            {"text_hash": found} if known else {"text_hash": found, "shown": found},
            surface="desktop",
            shown=found.value is not None if not isinstance(found, Refused) else UNSET,
        )


_PASSWORD = {
    "min_length": "min-length",
    "char_classes": "char-classes",
    "history": "history",
    "lockout_threshold": "lockout-threshold",
    "lockout_seconds": "lockout-seconds",
}


@source(Policy, fields=tuple(_PASSWORD), calls=SETTINGS_READ)
def device_passwords(place: Place) -> Iterator[Fact | Partial]:
    """Password and lockout rules that are in force on each device."""
    for device in _on(place, *_COMPUTERS, *_HANDHELD):
        fields = {
            name: in_force(place, device, key)
            for name, key in _PASSWORD.items()
            if name in place.job.wanted
        }
        yield _fact(place, device, Policy, "password-rules", fields)


@source(Media, fields=["removable", "unowned_blocked"], calls=SETTINGS_READ)
def removable_media(place: Place) -> Iterator[Fact | Partial]:
    """What each Windows device lets removable storage do."""
    for device in _on(place, "windows"):
        media = in_force(place, device, "media")
        unowned = in_force(place, device, "media-unowned")
        fields = {
            name: found
            for name, found in (("removable", media), ("unowned_blocked", unowned))
            if isinstance(found, Refused)
        }
        yield _fact(
            place,
            device,
            Media,
            "removable-media",
            fields,
            removable=UNSET if isinstance(media, Refused) else media.value or "allowed",
            unowned_blocked=UNSET if isinstance(unowned, Refused) else unowned.value is True,
        )


def _device_policy(
    place: Place,
    device: Mapping[str, Any],
    purpose: str,
    key: str,
    secure: Callable[[object], bool],
) -> Fact | Partial:
    found = in_force(place, device, key)
    shared = {
        "subject": f"{_id(device)}/{key}",
        "name": _name(device),
        "host": _id(device),
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
    for device in _on(place, "windows"):
        for name in MOBILE_CODE:
            key = f"mobile-code:{name}"
            yield _device_policy(place, device, "mobile-code", key, lambda v: v == "block")


@source(DevicePolicy, fields=_POLICY_FIELDS, calls=SETTINGS_READ,
        always={"purpose": "firewall", "platform": "windows"})  # fmt: skip
def host_firewall(place: Place) -> Iterator[Fact | Partial]:
    """Whether each profile of the Windows firewall is on and refuses what no rule allows."""
    for device in _on(place, "windows"):
        for profile in ("domain", "private", "public"):
            key = f"firewall:{profile}"
            yield _device_policy(place, device, "firewall", key, lambda v: v == "deny")


@source(DevicePolicy, fields=_POLICY_FIELDS, calls=SETTINGS_READ,
        always={"purpose": "updates", "platform": "windows"})  # fmt: skip
def updates(place: Place) -> Iterator[Fact | Partial]:
    """Days until a quality update is on the device at the latest, if there is a deadline."""
    for device in _on(place, "windows"):
        yield _device_policy(place, device, "updates", "update-days", lambda v: v is not None)


@source(DevicePolicy, fields=_POLICY_FIELDS, calls=SETTINGS_READ, always={"purpose": "wifi"})
def wireless(place: Place) -> Iterator[Fact | Partial]:
    """Wireless profiles that reach a device: only enterprise authentication is secure."""
    for device in _on(place, *_COMPUTERS, *_HANDHELD):
        if "wifi" in settings(place).by_key and candidates(place, device, "wifi"):
            yield _device_policy(
                place, device, "wifi", "wifi", lambda v: str(v) in ("wpaEnterprise",
                                                                    "wpa2Enterprise")
            )  # fmt: skip


@source(DevicePolicy, fields=_POLICY_FIELDS, calls=SETTINGS_READ, always={"purpose": "vpn"})
def private_network(place: Place) -> Iterator[Fact | Partial]:
    """VPN profiles that reach a device: other traffic must not bypass them."""
    for device in _on(place, *_COMPUTERS, *_HANDHELD):
        key = "vpn-split-tunnel"
        if key in settings(place).by_key and candidates(place, device, key):
            yield _device_policy(place, device, "vpn", key, lambda v: v is False)


_CONTROL = ("mode", "enforced", "default_deny", "rules_hash", "user_install")


@source(SoftwarePolicy, fields=("system", *_CONTROL), calls=SETTINGS_READ)
def application_control(place: Place) -> Iterator[Fact | Partial]:
    """Which software may run on each device: App Control, AppLocker, and lists of mobile apps."""
    for device in _on(place, *_COMPUTERS, *_HANDHELD):
        yield _controlled(place, device)


def _controlled(place: Place, device: Mapping[str, Any]) -> Fact | Partial:
    windows = platform_of(device) == "windows"
    try:
        values = _windows_control(place, device) if windows else _listed_apps(place, device)
    except Refused as refused:
        fact = SoftwarePolicy(
            subject=f"{_id(device)}/application-control",
            name=_name(device),
            system="app-control" if windows else "app-list",
            **place.here(refused.operation),
        )
        return Partial(fact, dict.fromkeys(_CONTROL, refused))
    operation = values.pop("operation", CATALOG)
    return SoftwarePolicy(
        subject=f"{_id(device)}/application-control",
        name=_name(device),
        **values,
        **place.here(operation),
    )


def _windows_control(place: Place, device: Mapping[str, Any]) -> dict[str, Any]:
    found = candidates(place, device, "app-control")
    if isinstance(found, Refused):
        raise found
    applied = [policy for policy in found if _is_applied(place, policy, device)]
    controls = [policy.carries["app-control"] for policy in applied]
    for control in controls:
        if isinstance(control, Unreadable):
            raise Refused("not-supported", applied[0].operation, str(control))
    known = [c for c in controls if isinstance(c, AppControl) and not c.supplemental]
    # Every base policy has to allow a program, so one that refuses is enough.
    best = max(
        known, key=lambda c: (c.refuses, c.enforced, c.default_deny, c.rules_hash), default=None
    )
    if best is not None and best.enforced:
        return _control("app-control", best.default_deny, best.user_mode, best, applied)
    applocker = in_force(place, device, "applocker")
    if isinstance(applocker, Refused):
        raise applocker
    if applocker.set and applocker.value is True:
        # Its rules are the vendor's own: components and store apps, nothing of the organisation.
        return {
            "system": "applocker",
            "mode": "allow-list",
            "enforced": True,
            "default_deny": True,
            "rules_hash": None,
            "user_install": False,
            "operation": applocker.operation,
        }
    if best is None:
        return {
            "system": "app-control",
            "mode": "none",
            "enforced": False,
            "default_deny": False,
            "rules_hash": None,
            "user_install": True,
        }
    return _control("app-control", best.default_deny, best.user_mode, best, applied)


def _is_applied(place: Place, policy: PushedPolicy, device: Mapping[str, Any]) -> bool:
    state = reported(place, policy, device)
    if isinstance(state, Refused):
        raise state
    return state == "applied"


def _control(
    system: str,
    default_deny: bool,
    user_mode: bool,
    control: AppControl,
    applied: list[PushedPolicy],
) -> dict[str, Any]:
    mode = "none" if not user_mode else "allow-list" if default_deny else "deny-list"
    return {
        "system": system,
        "mode": mode,
        "enforced": control.enforced and user_mode,
        "default_deny": default_deny and user_mode,
        "rules_hash": control.rules_hash,
        "user_install": not control.refuses,
        "operation": applied[0].operation,
    }


def _listed_apps(place: Place, device: Mapping[str, Any]) -> dict[str, Any]:
    found = in_force(place, device, "app-list")
    if isinstance(found, Refused):
        raise found
    if not found.set:
        raise Refused("not-supported", CATALOG, "no list of apps reaches it, and none is told of")
    return {
        "system": "app-list",
        "mode": "allow-list",
        "enforced": found.value is True,
        "default_deny": True,
        "rules_hash": None,
        "user_install": found.value is not True,
        "operation": found.operation,
    }
