"""The five gaps that catch ISO-certified companies off guard, decided from evidence."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from scanner import frameworks
from scanner.assess.duties import DutyState
from scanner.assess.gap_report import State
from scanner.assess.poam_items import Item
from scanner.assess.result import Assessment, PracticeResult
from scanner.assess.scope import Claims

PARTIAL = 3
"""The lower value of the two practices that know partial credit."""


class GapState(msgspec.Struct, frozen=True, kw_only=True):
    """One of the five, with why it is closed, partial or open."""

    gap: str
    title: str
    practice: str
    cite: str
    say: str
    state: State
    why: tuple[str, ...]


def five_gaps(
    assessment: Assessment,
    items: Sequence[Item],
    duties: Sequence[DutyState],
    claims: Claims | None,
) -> tuple[GapState, ...]:
    """Decide each. `assessment`: of Level 2. `claims`: null where there is no scope.yaml."""
    found = []
    for gap in frameworks.crosswalk().article.gaps:
        result = assessment.practice(gap.practice)
        base, why = _practice(result)
        if gap.gap == "fips" and result is not None and result.points_why:
            why.append(result.points_why)
        elif gap.gap == "poam":
            base, why = _poam(base, why, items)
        elif gap.gap == "boundary":
            base, why = _boundary(base, why, claims)
        elif gap.gap == "dod-reporting":
            base, why = _reporting(base, why, duties)
        found.append(
            GapState(
                gap=gap.gap,
                title=gap.title,
                practice=gap.practice,
                cite=gap.cite,
                say=gap.say,
                state=base,
                why=tuple(why),
            )
        )
    return tuple(found)


def _practice(result: PracticeResult | None) -> tuple[State, list[str]]:
    if result is None:
        return "open", ["it was not assessed"]
    words = f"{result.id} is {result.determination}"
    first = f": {result.why[0]}" if result.why else ""
    if result.determination in ("MET", "NOT APPLICABLE"):
        return "closed", [words]
    settled = [o for o in result.objectives if o.determination in ("MET", "NOT APPLICABLE")]
    if result.determination == "NOT ASSESSED" and settled:
        part = f"{len(settled)} of {len(result.objectives)} objectives settled"
        return "partial", [f"{words}, {part}"]
    if result.points_why and result.points == result.points_least == PARTIAL:
        return "partial", [words + first]
    return "open", [words + first]


def _poam(base: State, why: list[str], items: Sequence[Item]) -> tuple[State, list[str]]:
    running = [i for i in items if i.status == "Ongoing"]
    lacking = [i for i in running if i.lacks]
    if lacking:
        why.append(
            f"{len(lacking)} of {len(running)} POA&M items lack fields, first {lacking[0].id}: "
            f"{lacking[0].lacks[0]}"
        )
        return ("partial" if base == "closed" else base), why
    if running:
        why.append(f"{len(running)} POA&M items carry every field")
    return base, why


def _boundary(base: State, why: list[str], claims: Claims | None) -> tuple[State, list[str]]:
    if claims is None:
        return "open", [*why, "there is no scope.yaml, so no boundary of CUI is stated"]
    unclaimed = sum(a.category is None for a in claims.assets)
    if unclaimed:
        why.append(f"{unclaimed} of {len(claims.assets)} assets have no category")
        return ("partial" if base == "closed" else base), why
    why.append(f"all {len(claims.assets)} assets seen have a category (32 CFR 170.19)")
    return ("partial" if base == "open" else base), why


def _reporting(base: State, why: list[str], duties: Sequence[DutyState]) -> tuple[State, list[str]]:
    lacking = [d for d in duties if d.ready is not True]
    if not lacking:
        why.append("every duty of DFARS 252.204-7012 is attested")
        return base, why
    why += [f"{d.duty.title}: {d.why}" for d in lacking]
    some = len(lacking) < len(duties) or base == "closed"
    return ("partial" if some else "open"), why
