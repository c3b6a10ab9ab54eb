"""Which software may run on a device: App Control, AppLocker, lists of mobile apps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.intune.appcontrol import AppControl, Unreadable
from scanner.collectors.intune.devices import COMPUTERS, HANDHELD, id_of, name_of, on, platform_of
from scanner.collectors.intune.in_force import SETTINGS_READ, candidates, in_force
from scanner.collectors.intune.policies import PushedPolicy
from scanner.collectors.intune.reported import reported
from scanner.collectors.intune.stores import CATALOG
from scanner.collectors.microsoft.place import Place
from scanner.facts import Fact
from scanner.facts.software import Policy as SoftwarePolicy

_CONTROL = ("mode", "enforced", "default_deny", "rules_hash", "user_install")


@source(SoftwarePolicy, fields=("system", *_CONTROL), calls=SETTINGS_READ)
def application_control(place: Place) -> Iterator[Fact | Partial]:
    """Which software may run on each device: App Control, AppLocker, and lists of mobile apps."""
    for device in on(place, *COMPUTERS, *HANDHELD):
        yield _controlled(place, device)


def _controlled(place: Place, device: Mapping[str, Any]) -> Fact | Partial:
    windows = platform_of(device) == "windows"
    try:
        values = _windows_control(place, device) if windows else _listed_apps(place, device)
    except Refused as refused:
        fact = SoftwarePolicy(
            subject=f"{id_of(device)}/application-control",
            name=name_of(device),
            system="app-control" if windows else "app-list",
            **place.here(refused.operation),
        )
        return Partial(fact, dict.fromkeys(_CONTROL, refused))
    operation = values.pop("operation", CATALOG)
    return SoftwarePolicy(
        subject=f"{id_of(device)}/application-control",
        name=name_of(device),
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
