"""The space of sign-ins that the policies of one tenant divide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scanner.collectors.entra.conditional_access.cells import (
    CLIENT,
    DEVICE,
    DIMENSIONS,
    FLOW,
    INSIDER,
    LOCATION,
    PLATFORM,
    RESOURCE,
    SIGN_IN_RISK,
    USER_RISK,
    Atoms,
    Box,
)
from scanner.collectors.entra.conditional_access.devices import Devices
from scanner.collectors.entra.conditional_access.requirements import (
    COMPLIANT_DEVICE,
    LEGACY,
    MODERN,
    RISKS,
    Requirement,
)
from scanner.collectors.microsoft.values import part, words

_PLATFORMS = ("android", "iOS", "windows", "windowsPhone", "macOS", "linux", "unrecognised")
_FLOWS = ("ordinary", "deviceCodeFlow", "authenticationTransfer")
_INSIDER = ("none", "minor", "moderate", "elevated")
OFFICE_365 = "Office365"
_OTHER_RESOURCE = "any other resource"
TRUSTED_ADDRESSES = "MFA trusted addresses"
_ELSEWHERE = "any other location"
_UNLISTED = "trusted locations that could not be read"


@dataclass
class Space:
    """The dimensions with the atoms that one tenant's policies tell apart."""

    atoms: list[Atoms]
    devices: Devices
    actions: int
    """Resource atoms that are actions or contexts: no part of ordinary access."""
    trusted: int
    """Locations that are certainly trusted."""
    maybe_trusted: int
    locations_read: bool

    @property
    def everything(self) -> Box:
        return tuple(a.all for a in self.atoms)

    def target(self, requirement: Requirement, *, certain: bool) -> Box:
        """The sign-ins over which the requirement is asked.

        certain: only those that surely exist; else every one that may.
        """
        box = list(self.everything)
        box[RESOURCE] &= ~self.actions
        box[CLIENT] = self.atoms[CLIENT].mask(requirement.clients)
        box[USER_RISK] = self.atoms[USER_RISK].mask(requirement.user_risk)
        box[SIGN_IN_RISK] = self.atoms[SIGN_IN_RISK].mask(requirement.sign_in_risk)
        if requirement.unmanaged_devices_only:
            managed = self.devices.where(lambda d: d.compliant or d.join == "hybrid")
            if requirement is COMPLIANT_DEVICE:
                managed = self.devices.where(lambda d: d.compliant)
            box[DEVICE] &= ~managed
        if certain:
            for n, atoms in enumerate(self.atoms):
                box[n] &= ~atoms.mask(atoms.maybe)
        return tuple(box)

    def ordinary(self, target: Box) -> Box:
        """The everyday sign-ins of a target: modern clients, no risk, no special flow."""
        box = list(target)
        modern = self.atoms[CLIENT].mask(MODERN)
        box[CLIENT] = box[CLIENT] & modern or box[CLIENT]
        risks = (USER_RISK, SIGN_IN_RISK, INSIDER)
        calm = {n: box[n] & self.atoms[n].mask(["none"]) for n in risks}
        if all(calm.values()):
            for n in risks:
                box[n] = calm[n]
        box[FLOW] &= self.atoms[FLOW].mask(["ordinary"])
        return tuple(box)

    def words(self, box: Box, target: Box) -> str:
        """The box for a person: the dimensions in which it is narrower than the target."""
        parts = []
        for n, atoms in enumerate(self.atoms):
            if box[n] & target[n] == target[n]:
                continue
            parts.append(_dimension_words(n, box[n], atoms, self))
        return ", ".join(parts) or "every sign-in"


def _dimension_words(n: int, mask: int, atoms: Atoms, space: Space) -> str:
    names = atoms.named(mask)
    if n == CLIENT and set(names) == set(LEGACY):
        return "legacy clients"
    if n == DEVICE:
        compliant = space.devices.where(lambda d: d.compliant)
        hybrid = space.devices.where(lambda d: d.join == "hybrid")
        for word, found in (
            ("compliant devices", compliant),
            ("hybrid joined devices", hybrid),
            ("devices that are not managed", atoms.all & ~(compliant | hybrid)),
            ("devices that are not compliant", atoms.all & ~compliant),
        ):
            if mask == found:
                return word
    if n == LOCATION and mask & ~(space.trusted | space.maybe_trusted) == 0:
        return "trusted networks"
    label = ("", "", "platform ", "", "", "", "user risk ", "sign-in risk ", "insider risk ")[n]
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return label + shown


def space_of(
    policies: Sequence[Mapping[str, Any]], locations: Sequence[Mapping[str, Any]] | None
) -> Space:
    """The space that these policies divide. locations: the named ones, or None: not read."""
    atoms = [Atoms() for _ in range(DIMENSIONS)]
    for n, names in (
        (CLIENT, (*MODERN, *LEGACY)),
        (PLATFORM, _PLATFORMS),
        (FLOW, _FLOWS),
        (USER_RISK, RISKS),
        (SIGN_IN_RISK, RISKS),
        (INSIDER, _INSIDER),
    ):
        for name in names:
            atoms[n].add(name)
    actions = _add_resources(atoms[RESOURCE], policies)
    trusted, maybe_trusted = _add_locations(atoms[LOCATION], policies, locations)
    devices = Devices.of(_filter_rules(policies))
    for device in devices.atoms:
        atoms[DEVICE].add(device.name)
    return Space(atoms, devices, actions, trusted, maybe_trusted, locations is not None)


def _add_resources(atoms: Atoms, policies: Iterable[Mapping[str, Any]]) -> int:
    atoms.add(_OTHER_RESOURCE)
    actions = 0
    for policy in policies:
        apps = part(part(policy, "conditions"), "applications")
        for key in ("includeApplications", "excludeApplications"):
            for app in words(apps.get(key)):
                if app.lower() not in ("all", "none"):
                    atoms.add(app_name(app))
        for action in words(apps.get("includeUserActions")):
            actions |= atoms.add(action.lower())
        for context in words(apps.get("includeAuthenticationContextClassReferences")):
            actions |= atoms.add(f"authentication context {context}")
        rule = part(apps, "applicationFilter").get("rule")
        if rule:
            atoms.add(f"apps tagged {rule}", maybe=True)
    return actions


def app_name(app: str) -> str:
    """The atom of an application: its id in lower case, or the name of a suite."""
    known = {"office365": OFFICE_365, "microsoftadminportals": "MicrosoftAdminPortals"}
    return known.get(app.lower(), app.lower())


def _add_locations(
    atoms: Atoms,
    policies: Iterable[Mapping[str, Any]],
    locations: Sequence[Mapping[str, Any]] | None,
) -> tuple[int, int]:
    atoms.add(_ELSEWHERE)
    names = {str(place.get("id", "")).lower(): place for place in locations or ()}
    used = False
    mentioned: set[str] = set()
    for policy in policies:
        named = part(part(policy, "conditions"), "locations")
        for key in ("includeLocations", "excludeLocations"):
            for location in words(named.get(key)):
                used = used or location == "AllTrusted"
                if location not in ("All", "AllTrusted"):
                    mentioned.add(location.lower())
    trusted = maybe = 0
    for location in sorted(mentioned):
        place = names.get(location)
        mask = atoms.add(location_name(location, place), maybe=location == _MFA_TRUSTED)
        if location == _MFA_TRUSTED:
            trusted |= mask
        elif locations is None:
            maybe |= mask
        elif place is not None and place.get("isTrusted") is True:
            trusted |= mask
    if used:
        for location, place in sorted(names.items()):
            if place.get("isTrusted") is True:
                trusted |= atoms.add(location_name(location, place))
        trusted |= atoms.add(TRUSTED_ADDRESSES, maybe=True)
        if locations is None:
            trusted |= atoms.add(_UNLISTED, maybe=True)
    return trusted, maybe


_MFA_TRUSTED = "00000000-0000-0000-0000-000000000000"
"""How a policy names the trusted addresses of the old multifactor settings."""


def location_name(location: str, place: Mapping[str, Any] | None) -> str:
    """The atom of a location, by its id in lower case and what was read of it."""
    if location == _MFA_TRUSTED:
        return TRUSTED_ADDRESSES
    shown = place.get("displayName") if place else None
    return f"location {shown or location} ({location[:8]})"


def _filter_rules(policies: Iterable[Mapping[str, Any]]) -> list[str]:
    found = []
    for policy in policies:
        devices = part(part(policy, "conditions"), "devices")
        rule = part(devices, "deviceFilter").get("rule")
        if isinstance(rule, str):
            found.append(rule)
    return found
