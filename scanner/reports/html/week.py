"""What one week's work would regain: the failing rules that give most points for their effort.

The effort is our own rule of thumb and the page says so: two hours to find, try and roll out a
change for each rule, and ten minutes more for each resource, five days of eight hours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from scanner.assess.result import Assessment, PracticeResult

RULE_MINUTES = 120
RESOURCE_MINUTES = 10
WEEK_MINUTES = 5 * 8 * 60


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """One practice whose failures are all findings."""

    practice: str
    title: str
    points: int
    """Points that are surely lost today and would be surely lost no more."""
    rules: tuple[str, ...]
    resources: int
    minutes: int
    """Of the rules that no earlier repair has counted."""
    still_open: int
    """Objectives that are then still to be shown."""


def one_week(assessment: Assessment, failing: Mapping[str, int]) -> tuple[Repair, ...]:
    """Repairs that fit in a week, the most points an hour first.

    `failing`: rule -> resources that fail it. A rule that several practices share costs once.
    """
    wanted = {p.id: p for p in assessment.practices if p.level == assessment.level}
    rules = {name: refuting(practice) for name, practice in wanted.items()}
    waiting = [n for n, found in rules.items() if found and found <= failing.keys()]
    done: set[str] = set()
    left = WEEK_MINUTES
    chosen: list[Repair] = []
    while waiting:
        costs = {n: _minutes(rules[n] - done, failing) for n in waiting}
        worth = {n: wanted[n].lost_least / max(costs[n], 1) for n in waiting}
        name = min(waiting, key=_ranked(worth))
        waiting.remove(name)
        minutes = costs[name]
        if minutes > left:
            continue
        practice = wanted[name]
        chosen.append(
            Repair(
                practice=name,
                title=practice.title,
                points=practice.lost_least,
                rules=tuple(sorted(rules[name])),
                resources=sum(failing[r] for r in rules[name]),
                minutes=minutes,
                still_open=sum(o.determination == "NOT ASSESSED" for o in practice.objectives),
            )
        )
        left -= minutes
        done |= rules[name]
    return tuple(chosen)


def refuting(practice: PracticeResult) -> frozenset[str]:
    """The rules whose findings make a practice NOT MET; empty if anything else does too."""
    if practice.determination != "NOT MET":
        return frozenset()
    reasons = [b for o in practice.objectives if o.determination == "NOT MET" for b in o.by]
    if any(b.kind != "finding" or not b.rule for b in reasons):
        return frozenset()
    return frozenset(b.rule for b in reasons)


def _minutes(rules: frozenset[str], failing: Mapping[str, int]) -> int:
    return sum(RULE_MINUTES + RESOURCE_MINUTES * failing[rule] for rule in rules)


def _ranked(worth: Mapping[str, float]) -> Callable[[str], tuple[float, str]]:
    return lambda name: (-worth[name], name)
