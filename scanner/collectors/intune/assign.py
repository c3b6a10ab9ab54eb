"""Which devices an assignment reaches: groups, exclusions and filters, as Intune resolves them.

Source: Intune "Assign policies", "Filters": exclusion acts like on like (users on users, devices on
devices) and wins; a filter narrows its own target only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.collectors.base import Refused
from scanner.collectors.microsoft.filter_rule import Comparison, Unreadable, holds, parsed
from scanner.collectors.microsoft.graph import Members

_ZEROS = "00000000-0000-0000-0000-000000000000"

_PROPERTIES = {
    "devicename": "deviceName",
    "manufacturer": "manufacturer",
    "model": "model",
    "osversion": "osVersion",
    "deviceownership": "managedDeviceOwnerType",
    "devicecategory": "deviceCategoryDisplayName",
}
_OWNERS = {"corporate": "company", "personal": "personal"}


@dataclass(frozen=True)
class Reach:
    """Ids of managed devices that a policy certainly, and possibly, reaches."""

    certain: frozenset[str]
    possible: frozenset[str]
    doubt: Refused | None = None
    """What would have to be read to tell the two apart."""


@dataclass
class Fleet:
    """The managed devices, groups and filters that assignments speak of."""

    devices: Sequence[Mapping[str, Any]]
    groups: Mapping[str, Members | Refused]
    filters: Mapping[str, Mapping[str, Any]] | Refused
    _every: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._every = frozenset(str(device["id"]) for device in self.devices)

    def reach(self, assignments: Iterable[Mapping[str, Any]]) -> Reach:
        """What a policy with these assignments reaches."""
        nobody: frozenset[str] = frozenset()
        device_in, user_in = (nobody, nobody), (nobody, nobody)
        device_out, user_out = (nobody, nobody), (nobody, nobody)
        doubt: Refused | None = None
        for assignment in assignments:
            target = assignment.get("target")
            target = target if isinstance(target, Mapping) else {}
            kind = str(target.get("@odata.type", "")).rpartition(".")[2]
            by_device, by_user, why = self._target(kind, target)
            doubt = doubt or why
            if kind == "exclusionGroupAssignmentTarget":
                device_out, user_out = _or(device_out, by_device), _or(user_out, by_user)
            else:
                by_device, why_d = self._filtered(target, by_device)
                by_user, why_u = self._filtered(target, by_user)
                doubt = doubt or why_d or why_u
                device_in, user_in = _or(device_in, by_device), _or(user_in, by_user)
        certain = (device_in[0] - device_out[1]) | (user_in[0] - user_out[1])
        possible = (device_in[1] - device_out[0]) | (user_in[1] - user_out[0])
        # A device that one kind of target takes out is out: exclusion wins.
        certain -= (device_out[1] & device_in[1]) | (user_out[1] & user_in[1])
        return Reach(certain, possible, None if certain == possible else doubt)

    def _target(
        self, kind: str, target: Mapping[str, Any]
    ) -> tuple[_Bounds, _Bounds, Refused | None]:
        nobody: frozenset[str] = frozenset()
        none = (nobody, nobody)
        if kind == "allDevicesAssignmentTarget":
            return (self._every, self._every), none, None
        if kind == "allLicensedUsersAssignmentTarget":
            owned = frozenset(str(d["id"]) for d in self.devices if d.get("userId"))
            return none, (owned, owned), None
        if kind in ("groupAssignmentTarget", "exclusionGroupAssignmentTarget"):
            return self._group(str(target.get("groupId", "")).lower())
        why = Refused("not-supported", "assignments", f"a target of kind {kind or 'unknown'}")
        return (nobody, self._every), (nobody, self._every), why

    def _group(self, group: str) -> tuple[_Bounds, _Bounds, Refused | None]:
        nobody: frozenset[str] = frozenset()
        found = self.groups.get(group)
        if found is None or isinstance(found, Refused):
            why = found or Refused("broken", "assignments", f"group {group} was not read")
            return (nobody, self._every), (nobody, self._every), why
        users = frozenset(
            str(d["id"]) for d in self.devices if str(d.get("userId") or "").lower() in found.users
        )
        if isinstance(found.devices, Refused):
            return (nobody, self._every), (users, users), found.devices
        ids = found.devices
        devices = frozenset(
            str(d["id"])
            for d in self.devices
            if (one := str(d.get("azureADDeviceId") or "").lower()) in ids and one != _ZEROS
        )
        return (devices, devices), (users, users), None

    def _filtered(
        self, target: Mapping[str, Any], bounds: _Bounds
    ) -> tuple[_Bounds, Refused | None]:
        how = str(target.get("deviceAndAppManagementAssignmentFilterType") or "none").lower()
        name = str(target.get("deviceAndAppManagementAssignmentFilterId") or "").lower()
        if how == "none" or not name or name == _ZEROS:
            return bounds, None
        if isinstance(self.filters, Refused):
            return (frozenset(), bounds[1]), self.filters
        rule = str(self.filters.get(name, {}).get("rule") or "")
        if how not in ("include", "exclude") or not rule:
            why = Refused("broken", "assignments", f"filter {name} was not read")
            return (frozenset(), bounds[1]), why
        by_id = {str(device["id"]): device for device in self.devices}
        certain, possible, doubt = set(), set(), False
        for one in bounds[1]:
            matched = _matches(rule, by_id[one])
            doubt = doubt or matched is None
            kept = matched if how == "include" or matched is None else not matched
            if kept is not False:
                possible.add(one)
            if kept is True and one in bounds[0]:
                certain.add(one)
        unclear = Refused("not-supported", "assignments", f"filter rule {rule}") if doubt else None
        return (frozenset(certain), frozenset(possible)), unclear


_Bounds = tuple[frozenset[str], frozenset[str]]


def _or(one: _Bounds, other: _Bounds) -> _Bounds:
    return one[0] | other[0], one[1] | other[1]


def _matches(rule: str, device: Mapping[str, Any]) -> bool | None:
    try:
        return holds(parsed(rule), lambda c: _compare(c, device))
    except Unreadable:
        return None


def _compare(comparison: Comparison, device: Mapping[str, Any]) -> bool | None:
    key = _PROPERTIES.get(comparison.attribute)
    found = device.get(key) if key else None
    if not isinstance(found, str):
        return None
    low = found.lower()
    values = comparison.values
    if comparison.attribute == "deviceownership":
        values = tuple(_OWNERS.get(value, value) for value in values)
    matched = {
        "eq": low == values[0],
        "startswith": low.startswith(values[0]),
        "endswith": low.endswith(values[0]),
        "contains": values[0] in low,
        "in": low in values,
    }[comparison.operator]
    return matched is not comparison.negated
