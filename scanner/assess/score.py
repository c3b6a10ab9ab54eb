"""The score of 32 CFR 170.24 and the interval in which it lies while objectives are open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from scanner.assess.catalogue import FIPS, MFA, SSP, worth
from scanner.assess.evidence import Evidence
from scanner.assess.partial import both
from scanner.assess.result import Determination, PracticeResult, Score
from scanner.errors import Defect
from scanner.frameworks import Practice

MAX_LEVEL_2 = 110
MAX_LEVEL_3 = 24

NO_SSP = (
    "no score: an assessment cannot be completed without an up-to-date System Security Plan "
    "(CA.L2-3.12.4, 32 CFR 170.24(c)(2)(i)(B)(5), 48 CFR 252.204-7012); attest it with the plan"
)


class Value(msgspec.Struct, frozen=True):
    """The points that a practice costs when NOT MET: an interval until evidence decides it."""

    least: int
    most: int
    why: str = ""


def value_of(result: PracticeResult) -> Value | None:
    """The value that an assessment gave a practice, or null where it has none."""
    if result.points is None or result.points_least is None:
        return None
    return Value(result.points_least, result.points, result.points_why)


class Judged(Protocol):
    """A practice's id and determination."""

    @property
    def id(self) -> str: ...
    @property
    def determination(self) -> Determination: ...


def score(results: Sequence[Judged], values: Mapping[str, Value]) -> Score:
    """Level 2: 110 minus the value of each requirement that is NOT MET.

    What is not assessed yet spans the interval: MET for the high end, NOT MET for the low one.
    The gate CA.L2-3.12.4 has no value; whether there is a score at all says `why_no_score`.
    """
    least = most = 0
    for result in results:
        value = values.get(result.id)
        if value is None:
            continue
        low, high = lost(result.determination, value)
        least += low
        most += high
    return Score(low=MAX_LEVEL_2 - most, high=MAX_LEVEL_2 - least)


def score_level_3(results: Sequence[Judged]) -> Score:
    """Level 3: one point for each of the 24 requirements that is MET (170.24(c)(3))."""
    met = sum(r.determination in ("MET", "NOT APPLICABLE") for r in results)
    still_open = sum(r.determination == "NOT ASSESSED" for r in results)
    return Score(low=met, high=met + still_open)


def lost(determination: Determination, value: Value) -> tuple[int, int]:
    """Points that are surely lost, and that are lost at worst."""
    if determination == "NOT MET":
        return value.least, value.most
    if determination == "NOT ASSESSED":
        return 0, value.most
    return 0, 0


def why_no_score(results: Sequence[Judged]) -> str | None:
    """Why there is no score, or null: the SSP is a gate, MET or nothing."""
    ssp = next((r for r in results if r.id == SSP), None)
    if ssp is not None and ssp.determination == "MET":
        return None
    return NO_SSP


def values(
    practices: Sequence[Practice],
    objectives: Mapping[str, Determination],
    evidence: Evidence,
    items: frozenset[str] = frozenset(),
) -> dict[str, Value]:
    """The value of each practice that has one.

    `objectives`: what is determined so far. `items`: attested duties outside the practices;
    `mfa-for-remote-users` and `encryption-employed` speak of the two partial values.
    """
    found: dict[str, Value] = {}
    for practice in practices:
        full = worth(practice)
        if full is None:
            continue
        if practice.id in (MFA, FIPS):
            weights = both(practice)
            if weights is None:
                raise Defect(f"{practice.id} has no partial value in the catalogue")
            decide = evidence.partial.mfa if practice.id == MFA else evidence.partial.fips
            found[practice.id] = Value(*decide(weights, objectives, items))
        else:
            found[practice.id] = Value(full, full)
    return found


def points(count: int) -> str:
    """`1 point`, `5 points`."""
    return "1 point" if count == 1 else f"{count} points"


class Rank(msgspec.Struct, frozen=True, kw_only=True):
    """One open practice and what closing it would bring."""

    practice: str
    title: str
    determination: Determination
    blocks: bool
    """It may not stand on a POA&M, so that no status is reached while it is open."""
    regains: int
    """Points at most."""
    reason: str


def ranking(results: Sequence[PracticeResult], blockers: Mapping[str, str]) -> tuple[Rank, ...]:
    """Open practices: POA&M blockers first, then NOT MET before unassessed, then by points.

    `blockers`: practice id -> why it may not stand on a POA&M (`poam.blockers`).
    """
    still_open = [r for r in results if r.determination in ("NOT MET", "NOT ASSESSED")]
    ranks = [
        Rank(
            practice=r.id,
            title=r.title,
            determination=r.determination,
            blocks=r.id in blockers,
            regains=r.lost_most,
            reason=blockers.get(r.id, ""),
        )
        for r in still_open
    ]
    order = {r.id: n for n, r in enumerate(results)}
    return tuple(
        sorted(
            ranks,
            key=lambda r: (
                not r.blocks,
                r.determination != "NOT MET",
                -r.regains,
                order[r.practice],
            ),
        )
    )
