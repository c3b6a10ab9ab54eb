"""Which value of a setting is in force on a device, and which policies set it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scanner.collectors.base import Refused
from scanner.collectors.intune.appcontrol import Unreadable
from scanner.collectors.intune.carried import Value
from scanner.collectors.intune.devices import staleness
from scanner.collectors.intune.policies import PushedPolicy
from scanner.collectors.intune.reported import REPORTED_READ, reported
from scanner.collectors.intune.stores import CATALOG, STORES_READ, settings
from scanner.collectors.microsoft.place import Place

SETTINGS_READ = {**STORES_READ, **REPORTED_READ}
"""Everything that telling a setting on a device takes."""


@dataclass(frozen=True)
class InForce:
    """A setting on one device: the value that is in force, and the policies that carry it."""

    value: Value
    """None both where it is set to nothing and where it is not set: see `set`."""
    set: bool
    policies: tuple[str, ...]
    operation: str


def in_force(place: Place, device: Mapping[str, Any], key: str) -> InForce | Refused:
    """The value of `key` on a device, or why it is not known.

    Two configuration policies with different values are a conflict, which leaves neither in force
    for certain; where a compliance policy speaks too, its value rules.
    """
    found = candidates(place, device, key)
    if isinstance(found, Refused):
        return found
    if not found:
        return InForce(None, False, (), CATALOG)
    rules = [policy for policy in found if policy.store == "compliance"] or found
    values = {repr(policy.carries[key]): policy.carries[key] for policy in rules}
    names = tuple(sorted({policy.name for policy in found}))
    if len(values) > 1:
        detail = f"policies set different values: {', '.join(names)}"
        return Refused("broken", rules[0].operation, detail)
    value = next(iter(values.values()))
    if isinstance(value, Unreadable):
        return Refused("not-supported", rules[0].operation, f"{names[0]}: {value}")
    applied = _applied(place, rules, device)
    if isinstance(applied, Refused):
        return applied
    if not applied:
        return InForce(None, False, names, rules[0].operation)
    return InForce(value, True, names, rules[0].operation)


def _applied(
    place: Place, policies: list[PushedPolicy], device: Mapping[str, Any]
) -> bool | Refused:
    """Whether the device reports one of them as applied."""
    answers = [reported(place, policy, device) for policy in policies]
    if "applied" in answers:
        return True
    for answer in answers:
        if isinstance(answer, Refused):
            return answer
    return False


def candidates(place: Place, device: Mapping[str, Any], key: str) -> list[PushedPolicy] | Refused:
    """The policies that carry `key` and reach the device, or why that is not known."""
    stale = staleness(place, device)
    if stale is not None:
        return stale
    known = settings(place)
    found = []
    for policy in known.by_key.get(key, ()):
        covers = policy.covers(device)
        if covers is None:
            return policy.reach.doubt or Refused("broken", policy.operation, "its reach is unclear")
        if covers:
            found.append(policy)
    if not found:
        for policy in known.opaque:
            if policy.covers(device) is not False:
                detail = f"{policy.name} reaches it too, and its settings are not read"
                return Refused("not-supported", policy.operation, detail)
    return found
