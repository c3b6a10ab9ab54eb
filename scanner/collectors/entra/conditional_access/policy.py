"""One policy, compiled: which sign-ins it applies to and which it refuses.

Everything is kept twice: `must`, what is certain, and `may`, what is possible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scanner.collectors.entra.conditional_access.cells import (
    CLIENT,
    DEVICE,
    FLOW,
    INSIDER,
    PLATFORM,
    SIGN_IN_RISK,
    USER_RISK,
    Box,
    meet,
    widest_first,
)
from scanner.collectors.entra.conditional_access.conditions import CONDITIONS, Boxes
from scanner.collectors.entra.conditional_access.controls import controls, interval_minutes
from scanner.collectors.entra.conditional_access.requirements import LEGACY, Requirement
from scanner.collectors.entra.conditional_access.space import Space
from scanner.collectors.microsoft.values import part, words


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
            found = [box for region in regions for box in region]
        else:
            found = [space.everything]
            for region in regions:
                found = [m for one in found for other in region if (m := meet(one, other))]
        return widest_first(m for one in found if (m := meet(one, box)))


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


def compile_policy(
    policy: Mapping[str, Any],
    space: Space,
    strengths: Mapping[str, Mapping[str, Any]] | None,
    locations: Sequence[Mapping[str, Any]] | None,
) -> Compiled:
    """The policy over this space.

    strengths: authentication strengths by id, for those that the policy only names; None: not read.
    """
    builder = Boxes(space)
    conditions = part(policy, "conditions")
    for key, value in conditions.items():
        if key not in CONDITIONS and "@odata" not in key and value not in (None, "", [], {}):
            builder.doubt(f"condition {key}")
    builder.resources(part(conditions, "applications"))
    builder.clients(conditions.get("clientAppTypes"))
    builder.platforms(part(conditions, "platforms"))
    builder.locations(part(conditions, "locations"), locations)
    builder.devices(part(conditions, "devices"), conditions.get("deviceStates"))
    builder.levels(USER_RISK, conditions.get("userRiskLevels"), "user risk")
    builder.levels(SIGN_IN_RISK, conditions.get("signInRiskLevels"), "sign-in risk")
    builder.levels(INSIDER, conditions.get("insiderRiskLevels"), "insider risk")
    if words(conditions.get("servicePrincipalRiskLevels")):
        builder.doubt("risk of service principals")
    builder.flows(conditions.get("authenticationFlows"))
    grant = part(policy, "grantControls")
    session = part(policy, "sessionControls")
    return Compiled(
        id=str(policy.get("id", "")),
        name=str(policy.get("displayName") or policy.get("id", "")),
        must=builder.box(certain=True),
        may=builder.box(certain=False),
        members=tuple(controls(grant, strengths)),
        all_of=str(grant.get("operator") or "OR").upper() == "AND",
        interval_minutes=interval_minutes(part(session, "signInFrequency")),
        doubts=tuple(builder.doubts),
    )
