"""What may stand on a POA&M, which status follows, and when it has to be closed: 32 CFR 170.21."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec

from scanner.assess.catalogue import SSP, worth
from scanner.assess.result import PracticeResult, Status
from scanner.assess.score import Value, value_of
from scanner.errors import Defect
from scanner.frameworks import Practice

MIN_SCORE = 88
"""0.8 of 110: 170.21(a)(2)(i)."""
MIN_MET_LEVEL_3 = 20
"""0.8 of 24 is 19.2: 170.21(a)(3)(i)."""
CLOSE_OUT_DAYS = 180


FINAL = {
    1: "Final Level 1 (Self)",
    2: "Final Level 2 (Self) or (C3PAO)",
    3: "Final Level 3 (DIBCAC)",
}
CONDITIONAL = {2: "Conditional Level 2 (Self) or (C3PAO)", 3: "Conditional Level 3 (DIBCAC)"}
"""Statuses by the names of 170.15(a)(1), 170.16 to 170.18(a)(1)(ii), (iii); Level 2 has two, by who
assesses it."""


class Eligibility(msgspec.Struct, frozen=True):
    """Whether a NOT MET requirement may stand on a POA&M; null while its value is open."""

    allowed: bool | None
    reason: str


def eligibility(practice: Practice, value: Value | None) -> Eligibility:
    """Item by item, by 32 CFR 170.21(a). `value`: what the assessment decided it is worth."""
    rule = practice.poam
    if rule.allowed != "conditional":
        points = worth(practice)
        named = f"Worth {points}. " if points is not None else ""
        return Eligibility(rule.allowed == "yes", f"{named}{rule.say} ({rule.cite})")
    least = value.least if value is not None else worth(practice)
    most = value.most if value is not None else worth(practice)
    limit = practice.partial_weight
    if least is None or most is None or limit is None:
        raise Defect(f"{practice.id} has a condition for the POA&M and no partial value")
    why = f" {value.why}." if value is not None and value.why else ""
    if most <= limit:
        return Eligibility(True, f"Worth {most} here:{why} {rule.say} ({rule.cite})")
    if least > limit:
        return Eligibility(False, f"Worth {least} here:{why} {rule.say} ({rule.cite})")
    return Eligibility(None, f"Worth {least} or {most}:{why} {rule.say} ({rule.cite})")


def blockers(
    practices: Mapping[str, Practice], results: Sequence[PracticeResult]
) -> dict[str, str]:
    """Open practices that may not stand on a POA&M, with the reason."""
    found: dict[str, str] = {}
    for result in results:
        if result.determination in ("NOT MET", "NOT ASSESSED"):
            judged = eligibility(practices[result.id], value_of(result))
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
    barred: Sequence[str] = (),
) -> Status:
    """The status that follows, and the two that follow if everything open turns out one way.

    `barred`: what stands against any status whatever is MET: Level 3 without Level 2, a cloud that
    may not hold CUI.
    """
    judged = [r for r in results if r.level == level]
    still_open = [r.id for r in judged if r.determination == "NOT ASSESSED"]
    failed = [
        r.id
        for r in judged
        if r.determination == "NOT MET" or (r.id == SSP and r.determination == "NOT APPLICABLE")
    ]
    best, best_why = _outcome(level, failed, practices, values, barred, best=True)
    worst, _ = _outcome(level, failed + still_open, practices, values, barred, best=False)
    if best == worst and (best == NONE or not still_open):
        # what is certain however the open ones turn out
        return Status(status=best, why=tuple(best_why), if_open_met=best, if_open_not_met=worst)
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
    barred: Sequence[str],
    *,
    best: bool,
) -> tuple[str, list[str]]:
    why = [*barred]
    if not failed:
        return (NONE, why) if why else (FINAL[level], ["every requirement is MET"])
    if level == 1:
        return NONE, [
            f"{len(failed)} of 15 requirements are not MET; Level 1 asks for all of them and "
            "knows no POA&M (32 CFR 170.24(c)(1), 170.21(a)(1))"
        ]
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
            why.append(f"{name}: {judged.reason}")
    if why:
        return NONE, why
    return CONDITIONAL[level], [
        f"{len(failed)} requirement(s) on a POA&M, to be closed within {CLOSE_OUT_DAYS} days of "
        "the Conditional CMMC Status Date (32 CFR 170.21(b))"
    ]


def _points(failed: Sequence[str], values: Mapping[str, Value], *, best: bool) -> int:
    taken = (values[name] for name in failed if name in values)
    return 110 - sum(v.least if best else v.most for v in taken)
