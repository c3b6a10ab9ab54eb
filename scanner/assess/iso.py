"""ISO/IEC 27001:2022 seen from the assessment: each control with what speaks for and against it.

A mapping says that two requirements touch, never that one contains the other. So evidence for a
practice supports a control and does not prove it, and a failure contradicts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from scanner import frameworks
from scanner.assess.catalogue import Catalogue
from scanner.assess.result import Assessment, Determination
from scanner.assess.statements import Exemption, Statements
from scanner.assess.validity import exception_fault

ControlState = Literal["supported", "partly supported", "contradicted", "accepted", "open", "none"]


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One practice that touches a control, with who says so and how it stands."""

    practice: str
    strength: str
    """strong: both NIST routes; fair: one; weak: neither, or in doubt."""
    provenance: tuple[str, ...]
    relationship: str
    focus: bool
    determination: Determination


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A risk that the organisation accepted, with justification, owner and end."""

    id: str
    reason: str
    owner: str
    approver: str
    until: str
    covers: tuple[str, ...]
    """The practices, objectives or controls that it names."""


class ControlView(msgspec.Struct, frozen=True, kw_only=True):
    """One control or clause."""

    id: str
    title: str
    theme: str
    state: ControlState
    why: str
    links: tuple[Link, ...]
    accepted: tuple[Accepted, ...]


def control_view(
    assessment: Assessment, catalogue: Catalogue, statements: Statements
) -> tuple[ControlView, ...]:
    """Clauses, then Annex A, each with the practices of Level 2 that touch it.

    A Level 1 assessment counts for the same practices of Level 2, as far as it goes.
    """
    known = _determinations(assessment, catalogue)
    accepted = _accepted(assessment.as_of, catalogue, statements)
    views = []
    for control in frameworks.controls().values():
        links = tuple(
            Link(
                practice=pair.practice,
                strength=pair.strength,
                provenance=pair.provenance,
                relationship=pair.relationship,
                focus=pair.focus,
                determination=known.get(pair.practice, "NOT ASSESSED"),
            )
            for pair in frameworks.practices_for(control)
            if pair.iso == control.id
        )
        risks = [(a, names) for a, names in accepted if _touches(control.id, names, links)]
        state, why = _state(control.id, links, risks)
        views.append(
            ControlView(
                id=control.id,
                title=control.title,
                theme=control.theme,
                state=state,
                why=why,
                links=links,
                accepted=tuple(a for a, _ in risks),
            )
        )
    return tuple(views)


def _determinations(assessment: Assessment, catalogue: Catalogue) -> dict[str, Determination]:
    known: dict[str, Determination] = {}
    for result in assessment.practices:
        practice = catalogue.practices[result.id]
        for name in practice.level2_ids or (result.id,):
            known[name] = result.determination
    return known


Risk = tuple[Accepted, frozenset[str]]


def _accepted(as_of: str, catalogue: Catalogue, statements: Statements) -> list[Risk]:
    """Accepted risks that count today, each with the practices and controls that it is about."""
    found: list[Risk] = []
    for exemption in statements.exceptions:
        if exemption.kind != "risk-accepted" or exception_fault(exemption, as_of) is not None:
            continue
        covers = (*exemption.practices, *exemption.objectives, *exemption.controls)
        names = {*exemption.practices, *exemption.controls}
        names |= {
            catalogue.objectives[o].practice
            for o in exemption.objectives
            if o in catalogue.objectives
        }
        found.append((_accepted_risk(exemption, covers), frozenset(names)))
    return found


def _accepted_risk(exemption: Exemption, covers: tuple[str, ...]) -> Accepted:
    return Accepted(
        id=exemption.id,
        reason=exemption.reason,
        owner=exemption.owner,
        approver=exemption.approver,
        until=exemption.expires,
        covers=covers,
    )


def _touches(control: str, names: frozenset[str], links: Sequence[Link]) -> bool:
    return control in names or any(link.practice in names for link in _own(links))


def _own(links: Sequence[Link]) -> list[Link]:
    return [link for link in links if link.focus and link.strength != "weak"]


def _state(control: str, links: Sequence[Link], risks: Sequence[Risk]) -> tuple[ControlState, str]:
    own = _own(links)
    failed = [link.practice for link in own if link.determination == "NOT MET"]
    taken = frozenset(name for _, names in risks for name in names)
    uncovered = [] if control in taken else [p for p in failed if p not in taken]
    if uncovered:
        return "contradicted", f"{', '.join(uncovered)} NOT MET"
    if failed:
        return "accepted", f"{', '.join(failed)} NOT MET, its risk accepted"
    if not own:
        return "none", "no practice touches it by a NIST mapping; show it by your own records"
    good = [link.practice for link in own if link.determination in ("MET", "NOT APPLICABLE")]
    if len(good) == len(own):
        return "supported", f"{', '.join(good)} MET"
    if good:
        still = [link.practice for link in own if link.practice not in good]
        return "partly supported", f"{', '.join(good)} MET; {', '.join(still)} not assessed"
    return "open", f"{', '.join(link.practice for link in own)} not assessed"
