"""What may stand on a POA&M, which status follows, and when it has to be closed: 32 CFR 170.21."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec

from scanner.assess.catalogue import (
    FIPS,
    NEVER_ON_POAM_L2,
    NEVER_ON_POAM_L3,
    SSP,
    Practice,
)
from scanner.assess.result import PracticeResult, Status
from scanner.assess.score import Value

MIN_SCORE = 88
"""0.8 of 110: 170.21(a)(2)(i)."""
MIN_MET_LEVEL_3 = 20
"""0.8 of 24 is 19.2: 170.21(a)(3)(i)."""
CLOSE_OUT_DAYS = 180


class Eligibility(msgspec.Struct, frozen=True):
    """Whether a NOT MET requirement may stand on a POA&M; null while its value is open."""

    allowed: bool | None
    reason: str


def eligibility(practice: Practice, value: Value | None) -> Eligibility:
    """Item by item, by 32 CFR 170.21(a)."""
    if practice.level == 1:
        return Eligibility(False, "Level 1 knows no POA&M (32 CFR 170.21(a)(1))")
    if practice.level == 3:
        if practice.id in NEVER_ON_POAM_L3:
            return Eligibility(False, "excluded by name (32 CFR 170.21(a)(3)(ii))")
        return Eligibility(True, "Level 3, not excluded by name (32 CFR 170.21(a)(3))")
    if practice.id in NEVER_ON_POAM_L2:
        return Eligibility(False, "excluded by name (32 CFR 170.21(a)(2)(iii))")
    if practice.id == FIPS and value is not None:
        if value.most <= 3:
            return Eligibility(
                True,
                "the one exception above 1 point: encryption is employed but not FIPS-validated, "
                "value 3 (32 CFR 170.21(a)(2)(ii))",
            )
        if value.least > 3:
            return Eligibility(
                False,
                "value 5, encryption is not employed; only at value 3 may it stand on a POA&M "
                "(32 CFR 170.21(a)(2)(ii))",
            )
        return Eligibility(
            None,
            "allowed only at value 3 (32 CFR 170.21(a)(2)(ii)); " + value.why,
        )
    points = value.least if value is not None else practice.value
    if points is not None and points > 1:
        return Eligibility(False, f"value {points} is greater than 1 (32 CFR 170.21(a)(2)(ii))")
    return Eligibility(True, "value 1, not excluded by name (32 CFR 170.21(a)(2))")


def blockers(
    practices: Mapping[str, Practice],
    results: Sequence[PracticeResult],
    values: Mapping[str, Value],
) -> dict[str, str]:
    """Open practices that may not stand on a POA&M, with the reason."""
    found: dict[str, str] = {}
    for result in results:
        if result.determination in ("NOT MET", "NOT ASSESSED"):
            judged = eligibility(practices[result.id], values.get(result.id))
            if judged.allowed is not True:
                found[result.id] = judged.reason
    return found


def close_out(status_date: str) -> str:
    """The last day of the 180 days after a Conditional CMMC Status Date (170.21(b))."""
    return (date.fromisoformat(status_date) + timedelta(days=CLOSE_OUT_DAYS)).isoformat()


def status(
    level: int,
    results: Sequence[PracticeResult],
    practices: Mapping[str, Practice],
    values: Mapping[str, Value],
    prerequisite: str | None = None,
) -> Status:
    """The status that follows, and the two that follow if everything open turns out one way.

    `prerequisite`: why Level 3 cannot begin.
    """
    judged = [r for r in results if r.level == level]
    still_open = [r.id for r in judged if r.determination == "NOT ASSESSED"]
    failed = [r.id for r in judged if r.determination == "NOT MET"]
    best, best_why = _outcome(level, failed, practices, values, prerequisite, best=True)
    worst, worst_why = _outcome(
        level, failed + still_open, practices, values, prerequisite, best=False
    )
    if best == worst and (best == NONE or not still_open):
        return Status(status=best, why=tuple(worst_why), if_open_met=best, if_open_not_met=worst)
    if still_open:
        word = f"open: {len(still_open)} of {len(judged)} requirements are not assessed"
    else:
        word = "open: a point value is not decided yet"
    why = list(dict.fromkeys([word, *best_why]))
    return Status(status="open", why=tuple(why), if_open_met=best, if_open_not_met=worst)


NONE = "no CMMC status"


def _outcome(
    level: int,
    failed: Sequence[str],
    practices: Mapping[str, Practice],
    values: Mapping[str, Value],
    prerequisite: str | None,
    *,
    best: bool,
) -> tuple[str, list[str]]:
    if prerequisite is not None and level == 3:
        return NONE, [prerequisite]
    if not failed:
        return f"Final Level {level}", ["every requirement is MET"]
    if level == 1:
        return NONE, [
            f"{len(failed)} of 15 requirements are not MET; Level 1 asks for all of them and "
            "knows no POA&M (32 CFR 170.24(c)(1), 170.21(a)(1))"
        ]
    why: list[str] = []
    if level == 2:
        if SSP in failed:
            why.append("there is no SSP, hence no score (32 CFR 170.24(c)(2)(i)(B)(5))")
        points = _points(failed, values, best=best)
        if points < MIN_SCORE:
            why.append(f"{points} of 110 is below {MIN_SCORE} (32 CFR 170.21(a)(2)(i))")
    else:
        met = 24 - len(failed)
        if met < MIN_MET_LEVEL_3:
            why.append(f"{met} of 24 MET is below {MIN_MET_LEVEL_3} (32 CFR 170.21(a)(3)(i))")
    for name in failed:
        judged = eligibility(practices[name], values.get(name))
        if judged.allowed is False or (judged.allowed is None and not best):
            why.append(f"{name} may not stand on a POA&M: {judged.reason}")
    if why:
        return NONE, why
    return f"Conditional Level {level}", [
        f"{len(failed)} requirement(s) on a POA&M, to be closed within {CLOSE_OUT_DAYS} days of "
        "the Conditional CMMC Status Date (32 CFR 170.21(b))"
    ]


def _points(failed: Sequence[str], values: Mapping[str, Value], *, best: bool) -> int:
    taken = (values[name] for name in failed if name in values)
    return 110 - sum(v.least if best else v.most for v in taken)
