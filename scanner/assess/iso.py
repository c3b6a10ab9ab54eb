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
    level_1: str | None = None
    """The practice of Level 1 whose determination this is: it speaks of FCI, and of no CUI."""

    @property
    def judged(self) -> str:
        """The practice that was judged, and of what, where that is not CUI."""
        return self.practice if self.level_1 is None else self.level_1


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

    Level 1 touches the same controls. Its results are given under its own practices, since it reads
    FCI for CUI (32 CFR 170.15(c)(1)(i)) and shows nothing of CUI.
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
                determination=known.get(pair.practice, (None, "NOT ASSESSED"))[1],
                level_1=known.get(pair.practice, (None, "NOT ASSESSED"))[0],
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


def _determinations(
    assessment: Assessment, catalogue: Catalogue
) -> dict[str, tuple[str | None, Determination]]:
    """Practice of Level 2 -> the one of Level 1 that was judged instead, and the determination."""
    known: dict[str, tuple[str | None, Determination]] = {}
    for result in assessment.practices:
        twins = catalogue.practices[result.id].level2_ids
        for name in twins or (result.id,):
            known[name] = (result.id if twins else None, result.determination)
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
    return control in names or any({x.practice, x.level_1} & names for x in _own(links))


def _own(links: Sequence[Link]) -> list[Link]:
    return [link for link in links if link.focus and link.strength != "weak"]


def _state(control: str, links: Sequence[Link], risks: Sequence[Risk]) -> tuple[ControlState, str]:
    own = _own(links)
    failed = [link for link in own if link.determination == "NOT MET"]
    taken = frozenset(name for _, names in risks for name in names)
    uncovered = (
        [] if control in taken else [x for x in failed if not {x.practice, x.level_1} & taken]
    )
    if uncovered:
        return "contradicted", _named(uncovered, "NOT MET")
    if failed:
        return "accepted", f"{_named(failed, 'NOT MET')}, its risk accepted"
    if not own:
        return "none", "no practice touches it by a NIST mapping; show it by your own records"
    good = [link for link in own if link.determination in ("MET", "NOT APPLICABLE")]
    if len(good) == len(own):
        return "supported", _named(good, "MET")
    if good:
        still = [link for link in own if link not in good]
        return "partly supported", f"{_named(good, 'MET')}; {_named(still, 'not assessed')}"
    return "open", _named(own, "not assessed")


def _named(links: Sequence[Link], word: str) -> str:
    """`AC.L2-3.1.1, AC.L2-3.1.2 MET`; what Level 1 judged, by its own practices and for FCI."""
    parts = []
    for told, suffix in ((False, ""), (True, " for FCI")):
        names = dict.fromkeys(x.judged for x in links if (x.level_1 is not None) is told)
        if names:
            parts.append(f"{', '.join(names)} {word}{suffix}")
    return "; ".join(parts)
