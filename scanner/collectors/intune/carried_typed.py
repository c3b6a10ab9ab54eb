"""What a compliance policy or an older profile says, in neutral words.

Properties: Graph v1.0 deviceCompliancePolicy and deviceConfiguration types; the Policy CSP for
custom settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scanner.collectors.intune.appcontrol import Unreadable, applocker_enforced
from scanner.collectors.intune.carried import Value, minutes

Typed = Callable[[Any], Value]


def _number(value: Any) -> Value:
    return value if isinstance(value, int) and not isinstance(value, bool) else Unreadable("?")


def _lock(value: Any) -> Value:
    found = _number(value)
    return None if found == 0 else found


_TYPED: dict[tuple[str, str], tuple[str, Typed]] = {
    **{
        (kind, prop): (key, read)
        for kind in ("windows10compliancepolicy", "macoscompliancepolicy")
        for prop, key, read in (
            ("passwordMinimumLength", "min-length", _number),
            ("passwordMinimumCharacterSetCount", "char-classes", _number),
            ("passwordPreviousPasswordBlockCount", "history", _number),
            ("passwordMinutesOfInactivityBeforeLock", "lock-minutes", _lock),
        )
    },
    **{
        ("androidcompliancepolicy", prop): (key, read)
        for prop, key, read in (
            ("passwordMinimumLength", "min-length", _number),
            ("passwordPreviousPasswordBlockCount", "history", _number),
            ("passwordMinutesOfInactivityBeforeLock", "lock-minutes", _lock),
        )
    },
    **{
        ("ioscompliancepolicy", prop): (key, read)
        for prop, key, read in (
            ("passcodeMinimumLength", "min-length", _number),
            ("passcodePreviousPasscodeBlockCount", "history", _number),
            ("passcodeMinutesOfInactivityBeforeLock", "lock-minutes", _lock),
        )
    },
    ("windows10generalconfiguration", "passwordMinimumLength"): ("min-length", _number),
    ("windows10generalconfiguration", "passwordMinimumCharacterSetCount"): (
        "char-classes",
        _number,
    ),
    ("windows10generalconfiguration", "passwordPreviousPasswordBlockCount"): ("history", _number),
    ("windows10generalconfiguration", "passwordMinutesOfInactivityBeforeScreenTimeout"): (
        "lock-minutes",
        _lock,
    ),
    ("windowswificonfiguration", "wifiSecurityType"): ("wifi", str),
    ("windows10vpnconfiguration", "enableSplitTunneling"): (
        "vpn-split-tunnel",
        lambda v: v if isinstance(v, bool) else Unreadable("?"),
    ),
}

_BLOCKS_MEDIA = (
    ("windows10generalconfiguration", True),
    ("androidgeneraldeviceconfiguration", True),
)
"""Profiles that block removable storage; what is false there is not set, and allows nothing."""

_APPLOCKER = {
    "enforcecomponentsandstoreapps": True,
    "enforcecomponentsstoreappsandsmartlocker": True,
    "auditcomponentsandstoreapps": False,
    "auditcomponentsstoreappsandsmartlocker": False,
}


def from_typed(policy: Mapping[str, Any]) -> dict[str, Value]:
    """What a compliance policy or an older configuration profile carries."""
    kind = str(policy.get("@odata.type", "")).rpartition(".")[2].lower()
    carried: dict[str, Value] = {}
    # Rules for a password that is not asked for bind nobody.
    unasked = False in (policy.get("passwordRequired"), policy.get("passcodeRequired"))
    for name, value in policy.items():
        known = _TYPED.get((kind, name))
        if known is None or value is None or (unasked and name.startswith("pass")):
            continue
        carried[known[0]] = known[1](value)
    if (kind, policy.get("storageBlockRemovableStorage")) in _BLOCKS_MEDIA:
        carried["media"], carried["media-unowned"] = "blocked", True
    if kind == "windows10endpointprotectionconfiguration":
        mode = str(policy.get("appLockerApplicationControl") or "notConfigured").lower()
        if mode in _APPLOCKER:
            carried["applocker"] = _APPLOCKER[mode]
        elif mode != "notconfigured":
            carried["applocker"] = Unreadable(f"unknown mode {mode}")
    elif kind == "windows10customconfiguration":
        _custom(policy, carried)
    elif kind == "windowsupdateforbusinessconfiguration":
        carried["update-days"] = _update_days(policy)
    elif kind == "iosgeneraldeviceconfiguration":
        if policy.get("appsVisibilityListType") == "appsInListCompliant":
            carried["app-list"] = True
        elif policy.get("compliantAppListType") == "appsInListCompliant":
            carried["app-list"] = False
    elif policy.get("playStoreMode") == "allowList":
        carried["app-list"] = True
    return carried


def _update_days(policy: Mapping[str, Any]) -> Value:
    """Days until a quality update is on the device at the latest; None: no deadline."""
    if policy.get("qualityUpdatesPaused") is True:
        return None
    parts = [
        policy.get(name)
        for name in (
            "qualityUpdatesDeferralPeriodInDays",
            "deadlineForQualityUpdatesInDays",
            "deadlineGracePeriodInDays",
        )
    ]
    if parts[1] is None:
        return None
    return sum(part for part in parts if isinstance(part, int))


_URIS = {
    "policy/config/cryptography/allowfipsalgorithmpolicy": "fips",
    "policy/config/storage/removablediskdenywriteaccess": "media",
    "policy/config/localpoliciessecurityoptions/interactivelogon_machineinactivitylimit": "lock",
}


def _custom(policy: Mapping[str, Any], carried: dict[str, Value]) -> None:
    for setting in policy.get("omaSettings") or ():
        uri = str(setting.get("omaUri", "")).lower().removeprefix("./").removeprefix("device/")
        uri = uri.removeprefix("vendor/msft/")
        value = setting.get("value")
        hidden = setting.get("isEncrypted") is True or setting.get("secretReferenceValueId")
        if uri.startswith("applicationcontrol/policies/"):
            carried["app-control"] = Unreadable("a compiled policy, which is not decoded")
        elif uri.startswith("applocker/applicationlaunchrestrictions/"):
            carried["applocker"] = _applocker_xml(value, bool(hidden))
        elif uri in _URIS:
            carried.update(_custom_value(_URIS[uri], value, bool(hidden)))


def _applocker_xml(value: object, hidden: bool) -> Value:
    if hidden or not isinstance(value, str):
        return Unreadable("its value comes encrypted")
    try:
        return applocker_enforced(value)
    except Unreadable as error:
        return error


def _custom_value(what: str, value: object, hidden: bool) -> dict[str, Value]:
    if hidden or not isinstance(value, int):
        return {what if what != "lock" else "lock-minutes": Unreadable("its value is hidden")}
    if what == "fips":
        return {"fips": value == 1}
    if what == "media":
        return {"media": "read-only" if value == 1 else "allowed", "media-unowned": False}
    return {"lock-minutes": minutes(value)}
