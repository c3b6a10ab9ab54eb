"""One Conditional Access policy, compiled: which sign-ins it applies to and which it refuses.

Everything is kept twice: `must`, what is certain, and `may`, what is possible. What is not
understood, and what could not be read, widens `may` and narrows `must`; it is never ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.collectors.entra.ca_cells import (
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
    meet,
    widest_first,
)
from scanner.collectors.entra.ca_device import Devices
from scanner.collectors.microsoft.filter_rule import Unreadable

MODERN = ("browser", "mobileAppsAndDesktopClients")
LEGACY = ("exchangeActiveSync", "other")
_PLATFORMS = ("android", "iOS", "windows", "windowsPhone", "macOS", "linux", "unrecognised")
_FLOWS = ("ordinary", "deviceCodeFlow", "authenticationTransfer")
_RISKS = ("none", "low", "medium", "high")
_INSIDER = ("none", "minor", "moderate", "elevated")

OFFICE_365 = "Office365"
_IN_OFFICE = frozenset(
    {"00000002-0000-0ff1-ce00-000000000000", "00000003-0000-0ff1-ce00-000000000000"}
)
"""Exchange Online and SharePoint Online: certainly in the suite, whose full list is Microsoft's."""
_OTHER_RESOURCE = "any other resource"
TRUSTED_ADDRESSES = "MFA trusted addresses"
_ELSEWHERE = "any other location"
_UNLISTED = "trusted locations that could not be read"

_CONDITIONS = frozenset(
    {
        "users", "applications", "clientAppTypes", "platforms", "locations", "devices",
        "userRiskLevels", "signInRiskLevels", "servicePrincipalRiskLevels", "insiderRiskLevels",
        "authenticationFlows", "clientApplications", "deviceStates",
    }
)  # fmt: skip
_PHISHING_RESISTANT = frozenset({"windowshelloforbusiness", "fido2", "x509certificatemultifactor"})
_SINGLE_FACTOR = frozenset(
    {"password", "sms", "federatedsinglefactor", "x509certificatesinglefactor", "qrcodepin"}
)


@dataclass(frozen=True)
class Requirement:
    """Something that sign-ins may be made to meet, and over which sign-ins it is asked."""

    name: str
    controls: frozenset[str]
    """Grant controls that imply it; `strength:mfa` and `strength:phishing-resistant` are kinds of
    authentication strength. A block implies everything."""
    clients: tuple[str, ...] = (*MODERN, *LEGACY)
    unmanaged_devices_only: bool = False
    user_risk: tuple[str, ...] = _RISKS
    sign_in_risk: tuple[str, ...] = _RISKS


MFA = Requirement("mfa", frozenset({"mfa", "strength:mfa", "strength:phishing-resistant"}))
PHISHING_RESISTANT = Requirement("phishing-resistant", frozenset({"strength:phishing-resistant"}))
LEGACY_BLOCKED = Requirement("legacy", frozenset(), clients=LEGACY)
MANAGED_DEVICE = Requirement(
    "device", frozenset({"compliantdevice", "domainjoineddevice"}), unmanaged_devices_only=True
)
COMPLIANT_DEVICE = Requirement(
    "compliant", frozenset({"compliantdevice"}), unmanaged_devices_only=True
)
TERMS = Requirement("terms", frozenset({"termsofuse"}), clients=MODERN)
RISKY_USER = Requirement(
    "user-risk", frozenset({"passwordchange", "riskremediation"}), user_risk=("high",)
)
RISKY_SIGN_IN = Requirement("sign-in-risk", MFA.controls, sign_in_risk=("high",))
BLOCKED = Requirement("blocked", frozenset())


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


@dataclass(frozen=True)
class Compiled:
    """A policy as boxes of sign-ins, certain and possible."""

    id: str
    name: str
    must: Box | None
    may: Box | None
    members: tuple[str, ...]
    all_of: bool
    interval_minutes: int | None
    """Sign-in frequency in minutes; None: none is set."""
    doubts: tuple[str, ...]
    """What keeps `must` from being `may`."""

    def refused(
        self, requirement: Requirement, space: Space, *, certain: bool, strengths: bool = True
    ) -> list[Box]:
        """The sign-ins that it refuses to whoever does not meet the requirement.

        strengths: whether authentication strengths bind this kind of account.
        """
        box = self.must if certain else self.may
        if box is None or not self.members:
            return []
        regions = [
            _unmet(member, requirement, space, certain=certain, strengths=strengths)
            for member in self.members
        ]
        found: list[Box]
        if self.all_of:
            found = [part for region in regions for part in region]
        else:
            found = [space.everything]
            for region in regions:
                found = [m for one in found for other in region if (m := meet(one, other))]
        return widest_first(m for part in found if (m := meet(part, box)))


def _unmet(
    member: str, requirement: Requirement, space: Space, *, certain: bool, strengths: bool
) -> list[Box]:
    """The sign-ins in which a control cannot be met by one who does not meet the requirement."""
    everything = [space.everything]
    if member == "block" or member in requirement.controls:
        if member.startswith("strength:") and not strengths and certain:
            return []
        return everything
    if member == "retired" or member.startswith("unknown:"):
        return [] if certain else everything
    legacy = space.atoms[CLIENT].mask(LEGACY)
    if member == "strength:unknown" and not certain:
        return everything
    if certain and member in ("compliantdevice", "domainjoineddevice", "compliantapplication"):
        # Exchange ActiveSync had device checks of its own.
        legacy = space.atoms[CLIENT].mask(["other"])
    boxes = [_only(space, CLIENT, legacy)]
    if member == "compliantdevice":
        boxes.append(_only(space, DEVICE, space.devices.where(lambda d: not d.compliant)))
        boxes.append(_only(space, FLOW, space.atoms[FLOW].mask(["deviceCodeFlow"])))
    if member == "domainjoineddevice":
        boxes.append(_only(space, DEVICE, space.devices.where(lambda d: d.join != "hybrid")))
        other = space.atoms[PLATFORM].all & ~space.atoms[PLATFORM].mask(["windows"])
        boxes.append(_only(space, PLATFORM, other))
    return boxes


def _only(space: Space, dimension: int, mask: int) -> Box:
    box = list(space.everything)
    box[dimension] = mask
    return tuple(box)


def space_of(
    policies: Sequence[Mapping[str, Any]], locations: Sequence[Mapping[str, Any]] | None
) -> Space:
    """The space that these policies divide. locations: the named ones, or None: not read."""
    atoms = [Atoms() for _ in range(DIMENSIONS)]
    for n, names in (
        (CLIENT, (*MODERN, *LEGACY)),
        (PLATFORM, _PLATFORMS),
        (FLOW, _FLOWS),
        (USER_RISK, _RISKS),
        (SIGN_IN_RISK, _RISKS),
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
        apps = _part(_part(policy, "conditions"), "applications")
        for key in ("includeApplications", "excludeApplications"):
            for app in _words(apps.get(key)):
                if app.lower() not in ("all", "none"):
                    atoms.add(_app(app))
        for action in _words(apps.get("includeUserActions")):
            actions |= atoms.add(action.lower())
        for context in _words(apps.get("includeAuthenticationContextClassReferences")):
            actions |= atoms.add(f"authentication context {context}")
        rule = _part(apps, "applicationFilter").get("rule")
        if rule:
            atoms.add(f"apps tagged {rule}", maybe=True)
    return actions


def _app(app: str) -> str:
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
        part = _part(_part(policy, "conditions"), "locations")
        for key in ("includeLocations", "excludeLocations"):
            for location in _words(part.get(key)):
                used = used or location == "AllTrusted"
                if location not in ("All", "AllTrusted"):
                    mentioned.add(location.lower())
    trusted = maybe = 0
    for location in sorted(mentioned):
        place = names.get(location)
        mask = atoms.add(_location_name(location, place))
        if locations is None:
            maybe |= mask
        elif place is not None and place.get("isTrusted") is True:
            trusted |= mask
    if used:
        for location, place in sorted(names.items()):
            if place.get("isTrusted") is True:
                trusted |= atoms.add(_location_name(location, place))
        trusted |= atoms.add(TRUSTED_ADDRESSES, maybe=True)
        if locations is None:
            trusted |= atoms.add(_UNLISTED, maybe=True)
    return trusted, maybe


def _location_name(location: str, place: Mapping[str, Any] | None) -> str:
    shown = place.get("displayName") if place else None
    return f"location {shown or location} ({location[:8]})"


def _filter_rules(policies: Iterable[Mapping[str, Any]]) -> list[str]:
    found = []
    for policy in policies:
        devices = _part(_part(policy, "conditions"), "devices")
        rule = _part(devices, "deviceFilter").get("rule")
        if isinstance(rule, str):
            found.append(rule)
    return found


def compile_policy(
    policy: Mapping[str, Any],
    space: Space,
    strengths: Mapping[str, Mapping[str, Any]] | None,
    locations: Sequence[Mapping[str, Any]] | None,
) -> Compiled:
    """The policy over this space.

    strengths: authentication strengths by id, for those that the policy only names; None: not read.
    """
    builder = _Boxes(space)
    conditions = _part(policy, "conditions")
    for key, value in conditions.items():
        if key not in _CONDITIONS and "@odata" not in key and value not in (None, "", [], {}):
            builder.doubt(f"condition {key}")
    builder.resources(_part(conditions, "applications"))
    builder.clients(conditions.get("clientAppTypes"))
    builder.platforms(_part(conditions, "platforms"))
    builder.locations(_part(conditions, "locations"), locations)
    builder.devices(_part(conditions, "devices"), conditions.get("deviceStates"))
    builder.levels(USER_RISK, conditions.get("userRiskLevels"), "user risk")
    builder.levels(SIGN_IN_RISK, conditions.get("signInRiskLevels"), "sign-in risk")
    builder.levels(INSIDER, conditions.get("insiderRiskLevels"), "insider risk")
    builder.flows(conditions.get("authenticationFlows"))
    grant = _part(policy, "grantControls")
    session = _part(policy, "sessionControls")
    return Compiled(
        id=str(policy.get("id", "")),
        name=str(policy.get("displayName") or policy.get("id", "")),
        must=builder.box(certain=True),
        may=builder.box(certain=False),
        members=tuple(_controls(grant, strengths)),
        all_of=str(grant.get("operator") or "OR").upper() == "AND",
        interval_minutes=_interval(_part(session, "signInFrequency")),
        doubts=tuple(builder.doubts),
    )


@dataclass
class _Boxes:
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
        include = _words(apps.get("includeApplications"))
        exclude = _words(apps.get("excludeApplications"))
        plain = atoms.all & ~self.space.actions
        must, may = self._apps(include, plain)
        out_must, out_may = self._apps(exclude, plain)
        filter_ = _part(apps, "applicationFilter")
        if filter_.get("rule"):
            tagged = atoms.mask([f"apps tagged {filter_['rule']}"])
            if str(filter_.get("mode")).lower() == "exclude":
                out_must, out_may = out_must | tagged, out_may | tagged
            else:
                must, may = must | tagged, may | tagged
        must, may = must & ~out_may, may & ~out_must
        for action in _words(apps.get("includeUserActions")):
            must, may = must | atoms.mask([action.lower()]), may | atoms.mask([action.lower()])
        for context in _words(apps.get("includeAuthenticationContextClassReferences")):
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
            mask = atoms.mask([_app(app)])
            must, may = must | mask, may | mask
            if _app(app) == OFFICE_365:
                must |= atoms.mask(_IN_OFFICE)
                ids = [a for a in atoms.names if a.count("-") == 4 and " " not in a]
                may |= atoms.mask(ids) | atoms.mask(_IN_OFFICE)
            elif "-" not in low and _app(app) != "MicrosoftAdminPortals":
                self.doubt(f"application keyword {app}")
        return must, may

    def clients(self, value: Any) -> None:
        atoms = self.space.atoms[CLIENT]
        names = _words(value)
        if not names or "unknownFutureValue" in names:
            self.doubt("client app types")
            return
        if "all" in names:
            return
        names = ["exchangeActiveSync" if n == "easSupported" else n for n in names]
        if any(atoms.mask([n]) == 0 for n in names):
            self.doubt("client app types")
        self._set(CLIENT, atoms.mask(names), atoms.mask(names))

    def platforms(self, part: Mapping[str, Any]) -> None:
        if not part:
            return
        atoms = self.space.atoms[PLATFORM]
        include = self._named(part.get("includePlatforms"), atoms, "platform")
        exclude = self._named(part.get("excludePlatforms"), atoms, "platform")
        self._set(PLATFORM, include & ~exclude, include & ~exclude)

    def _named(self, value: Any, atoms: Atoms, what: str) -> int:
        mask = 0
        by_low = {name.lower(): name for name in atoms.names}
        for name in _words(value):
            if name.lower() == "all":
                mask |= atoms.all
            elif name.lower() in by_low:
                mask |= atoms.mask([by_low[name.lower()]])
            else:
                self.doubt(f"{what} {name}")
        return mask

    def locations(
        self, part: Mapping[str, Any], locations: Sequence[Mapping[str, Any]] | None
    ) -> None:
        if not part:
            return
        names = {str(p.get("id", "")).lower(): p for p in locations or ()}
        include = self._places(part.get("includeLocations"), names)
        exclude = self._places(part.get("excludeLocations"), names)
        self._set(LOCATION, include[0] & ~exclude[1], include[1] & ~exclude[0])

    def _places(self, value: Any, names: Mapping[str, Mapping[str, Any]]) -> tuple[int, int]:
        atoms = self.space.atoms[LOCATION]
        must = may = 0
        for location in _words(value):
            if location == "All":
                must, may = must | atoms.all, may | atoms.all
            elif location == "AllTrusted":
                must |= self.space.trusted
                may |= self.space.trusted | self.space.maybe_trusted
            else:
                mask = atoms.mask([_location_name(location.lower(), names.get(location.lower()))])
                must, may = must | mask, may | mask
        return must, may

    def devices(self, part: Mapping[str, Any], states: Any) -> None:
        space = self.space
        mask = space.atoms[DEVICE].all
        named = {
            "compliant": space.devices.where(lambda d: d.compliant),
            "domainjoined": space.devices.where(lambda d: d.join == "hybrid"),
            "all": mask,
        }
        old = states if isinstance(states, Mapping) else {}
        include = _words(part.get("includeDevices")) + _words(old.get("includeStates"))
        exclude = _words(part.get("excludeDevices")) + _words(old.get("excludeStates"))
        if any(name.lower() not in named for name in (*include, *exclude)):
            self.doubt("device states")
        if include:
            mask = 0
            for name in include:
                mask |= named.get(name.lower(), 0)
        for name in exclude:
            mask &= ~named.get(name.lower(), 0)
        filter_ = _part(part, "deviceFilter")
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
        names = _words(value)
        if not names:
            return
        atoms = self.space.atoms[dimension]
        if any(atoms.mask([name]) == 0 for name in names):
            self.doubt(what)
        self._set(dimension, atoms.mask(names), atoms.mask(names))

    def flows(self, value: Any) -> None:
        methods = value.get("transferMethods") if isinstance(value, Mapping) else None
        names = [n for n in _words(methods) if n.lower() != "none"]
        if not names:
            return
        mask = self._named(names, self.space.atoms[FLOW], "authentication flow")
        self._set(FLOW, mask, mask)


def _controls(
    grant: Mapping[str, Any], strengths: Mapping[str, Mapping[str, Any]] | None
) -> Iterable[str]:
    if not grant:
        return
    builtin = [name.lower() for name in _words(grant.get("builtInControls"))]
    others = bool(
        grant.get("authenticationStrength")
        or grant.get("customAuthenticationFactors")
        or grant.get("termsOfUse")
    )
    alone = len(builtin) == 1 and not others
    either = str(grant.get("operator") or "OR").upper() != "AND"
    if "block" in builtin:
        yield "block"
        return
    for name in builtin:
        if name == "approvedapplication":
            # No longer enforced, as if it were not selected: alone it asks for nothing.
            if either and not alone:
                yield "retired"
        elif name in (
            "mfa", "compliantdevice", "domainjoineddevice", "compliantapplication",
            "passwordchange", "riskremediation",
        ):  # fmt: skip
            yield name
        else:
            yield f"unknown:{name}"
    for _ in _words(grant.get("customAuthenticationFactors")):
        yield "custom"
    if _words(grant.get("termsOfUse")):
        yield "termsofuse"
    strength = grant.get("authenticationStrength")
    if isinstance(strength, Mapping) and strength:
        yield f"strength:{_grade(strength, strengths)}"


def _grade(strength: Mapping[str, Any], strengths: Mapping[str, Mapping[str, Any]] | None) -> str:
    whole: Mapping[str, Any] = strength
    if not whole.get("allowedCombinations"):
        whole = (strengths or {}).get(str(strength.get("id", "")).lower(), {})
    combinations = [c.lower() for c in _combinations(whole.get("allowedCombinations"))]
    if not combinations:
        builtin = str(strength.get("id", "")).lower()
        if strengths is None and builtin == "00000000-0000-0000-0000-000000000004":
            return "phishing-resistant"
        return "unknown"
    parts = [{part.strip() for part in c.split(",")} for c in combinations]
    if all(found & _PHISHING_RESISTANT for found in parts):
        return "phishing-resistant"
    single = any(c in _SINGLE_FACTOR for c in combinations)
    says = str(whole.get("requirementsSatisfied", "")).lower()
    if says == "mfa" and not single:
        return "mfa"
    if says == "none" and single:
        return "single-factor"
    return "unknown"


def _combinations(value: Any) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else []


def _interval(control: Mapping[str, Any]) -> int | None:
    if control.get("isEnabled") is not True:
        return None
    if control.get("frequencyInterval") == "everyTime":
        return 5
    value, unit = control.get("value"), control.get("type")
    if not isinstance(value, int) or unit not in ("hours", "days"):
        return None
    return value * (60 if unit == "hours" else 1440)


def _part(whole: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = whole.get(key)
    return found if isinstance(found, Mapping) else {}


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(v) for v in value if isinstance(v, str)] if isinstance(value, list) else []
