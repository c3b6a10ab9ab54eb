"""Conditions of a policy: which sign-ins they select, certain and possible.

What is not understood, and what could not be read, widens `may` and narrows `must`; it is never
ignored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.collectors.entra.conditional_access.cells import (
    CLIENT,
    DEVICE,
    FLOW,
    LOCATION,
    PLATFORM,
    RESOURCE,
    Atoms,
    Box,
)
from scanner.collectors.entra.conditional_access.space import (
    OFFICE_365,
    Space,
    app_name,
    location_name,
)
from scanner.collectors.microsoft.filter_rule import Unreadable
from scanner.collectors.microsoft.values import part, words

_IN_OFFICE = frozenset(
    {"00000002-0000-0ff1-ce00-000000000000", "00000003-0000-0ff1-ce00-000000000000"}
)
"""Exchange Online and SharePoint Online: certainly in the suite, whose full list is Microsoft's."""

CONDITIONS = frozenset(
    {
        "users", "applications", "clientAppTypes", "platforms", "locations", "devices",
        "userRiskLevels", "signInRiskLevels", "servicePrincipalRiskLevels", "insiderRiskLevels",
        "authenticationFlows", "clientApplications", "deviceStates",
    }
)  # fmt: skip


@dataclass
class Boxes:
    """The sign-ins that a policy's conditions select, certain and possible."""

    space: Space
    must: list[int] = field(init=False)
    may: list[int] = field(init=False)
    doubts: list[str] = field(default_factory=list)
    _in_doubt: bool = False

    def __post_init__(self) -> None:
        self.must, self.may = list(self.space.everything), list(self.space.everything)
        # A resource policy says nothing on actions and contexts.
        for masks in (self.must, self.may):
            masks[RESOURCE] &= ~self.space.actions

    def doubt(self, what: str) -> None:
        """Something of the policy is not understood: it may apply, or not."""
        self.doubts.append(what)
        self._in_doubt = True

    def box(self, *, certain: bool) -> Box | None:
        if certain and self._in_doubt:
            return None
        masks = self.must if certain else self.may
        return None if 0 in masks else tuple(masks)

    def _set(self, dimension: int, must: int, may: int) -> None:
        self.must[dimension] = must
        self.may[dimension] = may

    def resources(self, apps: Mapping[str, Any]) -> None:
        atoms = self.space.atoms[RESOURCE]
        for key, value in apps.items():
            known = key in (
                "includeApplications", "excludeApplications", "includeUserActions",
                "includeAuthenticationContextClassReferences", "applicationFilter",
            )  # fmt: skip
            if not known and "@odata" not in key and value not in (None, "", [], {}):
                self.doubt(f"applications.{key}")
        include = words(apps.get("includeApplications"))
        exclude = words(apps.get("excludeApplications"))
        plain = atoms.all & ~self.space.actions
        must, may = self._apps(include, plain)
        out_must, out_may = self._apps(exclude, plain)
        filter_ = part(apps, "applicationFilter")
        if filter_.get("rule"):
            tagged = atoms.mask([f"apps tagged {filter_['rule']}"])
            if str(filter_.get("mode")).lower() == "exclude":
                out_must, out_may = out_must | tagged, out_may | tagged
            else:
                must, may = must | tagged, may | tagged
        must, may = must & ~out_may, may & ~out_must
        for action in words(apps.get("includeUserActions")):
            must, may = must | atoms.mask([action.lower()]), may | atoms.mask([action.lower()])
        for context in words(apps.get("includeAuthenticationContextClassReferences")):
            mask = atoms.mask([f"authentication context {context}"])
            must, may = must | mask, may | mask
        self._set(RESOURCE, must, may)

    def _apps(self, apps: list[str], plain: int) -> tuple[int, int]:
        atoms = self.space.atoms[RESOURCE]
        must = may = 0
        for app in apps:
            low = app.lower()
            if low == "none":
                continue
            if low == "all":
                must, may = must | plain, may | plain
                continue
            mask = atoms.mask([app_name(app)])
            must, may = must | mask, may | mask
            if app_name(app) == OFFICE_365:
                must |= atoms.mask(_IN_OFFICE)
                ids = [a for a in atoms.names if a.count("-") == 4 and " " not in a]
                may |= atoms.mask(ids) | atoms.mask(_IN_OFFICE)
            elif "-" not in low and app_name(app) != "MicrosoftAdminPortals":
                self.doubt(f"application keyword {app}")
        return must, may

    def clients(self, value: Any) -> None:
        atoms = self.space.atoms[CLIENT]
        names = words(value)
        if not names or "unknownFutureValue" in names:
            self.doubt("client app types")
            return
        if "all" in names:
            return
        names = ["exchangeActiveSync" if n == "easSupported" else n for n in names]
        if any(atoms.mask([n]) == 0 for n in names):
            self.doubt("client app types")
        self._set(CLIENT, atoms.mask(names), atoms.mask(names))

    def platforms(self, given: Mapping[str, Any]) -> None:
        if not given:
            return
        atoms = self.space.atoms[PLATFORM]
        include = self._named(given.get("includePlatforms"), atoms, "platform")
        exclude = self._named(given.get("excludePlatforms"), atoms, "platform")
        self._set(PLATFORM, include & ~exclude, include & ~exclude)

    def _named(self, value: Any, atoms: Atoms, what: str) -> int:
        mask = 0
        by_low = {name.lower(): name for name in atoms.names}
        for name in words(value):
            if name.lower() == "all":
                mask |= atoms.all
            elif name.lower() in by_low:
                mask |= atoms.mask([by_low[name.lower()]])
            else:
                self.doubt(f"{what} {name}")
        return mask

    def locations(
        self, given: Mapping[str, Any], locations: Sequence[Mapping[str, Any]] | None
    ) -> None:
        if not given:
            return
        names = {str(p.get("id", "")).lower(): p for p in locations or ()}
        include = self._places(given.get("includeLocations"), names)
        exclude = self._places(given.get("excludeLocations"), names)
        self._set(LOCATION, include[0] & ~exclude[1], include[1] & ~exclude[0])

    def _places(self, value: Any, names: Mapping[str, Mapping[str, Any]]) -> tuple[int, int]:
        atoms = self.space.atoms[LOCATION]
        must = may = 0
        for location in words(value):
            if location == "All":
                must, may = must | atoms.all, may | atoms.all
            elif location == "AllTrusted":
                must |= self.space.trusted
                may |= self.space.trusted | self.space.maybe_trusted
            else:
                mask = atoms.mask([location_name(location.lower(), names.get(location.lower()))])
                must, may = must | mask, may | mask
        return must, may

    def devices(self, given: Mapping[str, Any], states: Any) -> None:
        space = self.space
        mask = space.atoms[DEVICE].all
        named = {
            "compliant": space.devices.where(lambda d: d.compliant),
            "domainjoined": space.devices.where(lambda d: d.join == "hybrid"),
            "all": mask,
        }
        old = states if isinstance(states, Mapping) else {}
        include = words(given.get("includeDevices")) + words(old.get("includeStates"))
        exclude = words(given.get("excludeDevices")) + words(old.get("excludeStates"))
        if any(name.lower() not in named for name in (*include, *exclude)):
            self.doubt("device states")
        if include:
            mask = 0
            for name in include:
                mask |= named.get(name.lower(), 0)
        for name in exclude:
            mask &= ~named.get(name.lower(), 0)
        filter_ = part(given, "deviceFilter")
        if filter_.get("rule"):
            try:
                matching = space.devices.matching(str(filter_["rule"]))
            except Unreadable as error:
                self.doubt(f"device filter: {error}")
            else:
                exclude_mode = str(filter_.get("mode")).lower() == "exclude"
                mask &= ~matching if exclude_mode else matching
        self._set(DEVICE, mask, mask)

    def levels(self, dimension: int, value: Any, what: str) -> None:
        names = words(value)
        if not names:
            return
        atoms = self.space.atoms[dimension]
        if any(atoms.mask([name]) == 0 for name in names):
            self.doubt(what)
        self._set(dimension, atoms.mask(names), atoms.mask(names))

    def flows(self, value: Any) -> None:
        methods = value.get("transferMethods") if isinstance(value, Mapping) else None
        names = [n for n in words(methods) if n.lower() != "none"]
        if not names:
            return
        mask = self._named(names, self.space.atoms[FLOW], "authentication flow")
        self._set(FLOW, mask, mask)
