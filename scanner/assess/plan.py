"""What is open, ordered into the three phases of the source article's programme.

Durations and costs stand in plan_figures.py.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Literal

import msgspec

from scanner.assess.attest import Wants
from scanner.assess.duties import DutyState
from scanner.assess.gap_report import Report
from scanner.assess.lasting import KEPT_CITE
from scanner.assess.result import Assessment
from scanner.assess.score import Rank, points

Phase = Literal[1, 2, 3]


_CARRIED = "a POA&M may carry it for 180 days where"
CARRIED = {
    2: f"{_CARRIED} the score is at least 88 and nothing on it is barred "
    "(32 CFR 170.21(a)(2), (b))",
    3: f"{_CARRIED} 20 of 24 are MET and nothing on it is barred (32 CFR 170.21(a)(3), (b))",
}
"""By level; where a requirement may not stand on one, its own reason says so instead."""


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """The organisation's own figures for one task or practice."""

    id: str
    effort_days: float | None = None
    cost_usd: float | None = None
    owner: str | None = None
    due: str | None = None
    note: str | None = None


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work."""

    id: str
    phase: Phase
    title: str
    practices: tuple[str, ...]
    after: tuple[str, ...]
    """Tasks that have to be done first."""
    why: str
    own: Own | None = None


def tasks(
    assessment: Assessment,
    ranks: Sequence[Rank],
    wanted: Wants,
    gaps: Report | None = None,
    duties: Sequence[DutyState] = (),
    *,
    scoped: bool = False,
) -> tuple[Task, ...]:
    """Every open piece of work, each after those that it depends on.

    `ranks`: open practices, POA&M blockers first (score.ranking). `wanted`: what needs a document
    (attest.wants). `gaps`: the gap report where there is a Statement of Applicability. `duties`:
    those of DFARS 252.204-7012 (duties.duties). `scoped`: there is a scope.yaml.
    """
    open_ids = {r.practice for r in ranks}
    found = [
        *_foundation(open_ids, wanted, gaps, scoped),
        *_remediation(open_ids, ranks, wanted, duties, assessment.level),
        *_assessment(assessment),
    ]
    known = {t.id for t in found}
    remediation = tuple(t.id for t in found if t.phase == 2)
    made = []
    for task in found:
        wants = remediation if task.id == "evidence" else task.after
        made.append(msgspec.structs.replace(task, after=tuple(a for a in wants if a in known)))
    return tuple(made)


def _task(
    phase: Phase,
    name: str,
    title: str,
    why: str,
    practices: Sequence[str] = (),
    after: Sequence[str] = (),
) -> Task:
    return Task(
        id=name, phase=phase, title=title, practices=tuple(practices), after=tuple(after), why=why
    )


def _of(open_ids: Set[str], *names: str) -> list[str]:
    return [n for n in names if n in open_ids]


def _foundation(open_ids: Set[str], wanted: Wants, gaps: Report | None, scoped: bool) -> list[Task]:
    found = []
    boundary = _of(open_ids, "CA.L2-3.12.4", "AC.L2-3.1.3")
    if boundary or not scoped:
        found.append(
            _task(
                1,
                "cui-boundary",
                "Bound where CUI flows"
                if scoped
                else "State where CUI is: scope.yaml, and the SSP",
                "the boundary sizes every later task (32 CFR 170.19)",
                boundary,
            )
        )
    risk = _of(open_ids, "RA.L2-3.11.1")
    if risk:
        found.append(
            _task(
                1,
                "risk-assessment",
                "Assess risk with threats to CUI in view",
                "ISO/IEC 27001 6.1.2 and RA.L2-3.11.1 share it",
                risk,
                ["cui-boundary"],
            )
        )
    missing = sorted({c for g in gaps.gaps for c in g.missing}) if gaps is not None else []
    if missing or gaps is None:
        more = " ..." if len(missing) > 12 else ""
        shown = f"not fully in place: {', '.join(missing[:12])}{more}"
        found.append(
            _task(
                1,
                "annex-a",
                "Put the Annex A controls in place that practices lean on",
                shown if missing else "no Statement of Applicability was given",
                after=["risk-assessment"],
            )
        )
    for group in wanted.groups:
        if group.document != "ssp":
            found.append(
                _task(
                    1,
                    f"document-{group.document}",
                    f"Write or find: {group.about}",
                    f"settles {len(group.objectives)} objectives",
                    list(dict.fromkeys(w.practice for w in group.objectives)),
                    ["cui-boundary"],
                )
            )
    return found


def _remediation(
    open_ids: Set[str],
    ranks: Sequence[Rank],
    wanted: Wants,
    duties: Sequence[DutyState],
    level: int,
) -> list[Task]:
    found = []
    if "CA.L2-3.12.4" in open_ids:
        found.append(
            _task(
                2,
                "ssp",
                "Bring the System Security Plan up to date",
                "without it there is no score (32 CFR 170.24(c)(2)(i)(B)(5))",
                ["CA.L2-3.12.4"],
                ["cui-boundary", "risk-assessment"],
            )
        )
    if wanted.observe:
        found.append(
            _task(
                2,
                "scan-gaps",
                "Close the gaps of the scan: permissions, targets, declarations",
                f"{len(wanted.observe)} objectives wait for it",
                after=["cui-boundary"],
            )
        )
    for rank in ranks:
        if rank.determination == "NOT MET" and rank.practice != "CA.L2-3.12.4":
            regains = f"regains {points(rank.regains)}; {CARRIED.get(level, '')}"
            found.append(
                _task(
                    2,
                    rank.practice,
                    rank.title,
                    rank.reason if rank.blocks else regains,
                    [rank.practice],
                    ["cui-boundary", "ssp"],
                )
            )
    lacking = [d.duty.title for d in duties if d.ready is not True]
    if lacking or not duties:
        found.append(
            _task(
                2,
                "dod-reporting",
                f"Make reports to DoD possible: {', '.join(lacking) or 'attest the six duties'}",
                "DFARS 252.204-7012, whatever the score",
                _of(open_ids, "IR.L2-3.6.2"),
                ["cui-boundary"],
            )
        )
    return found


def _assessment(assessment: Assessment) -> list[Task]:
    now = "; ".join(assessment.status.why[:2])
    return [
        _task(
            3,
            "evidence",
            "Bundle the evidence with its hashes; keep it six years",
            KEPT_CITE[assessment.level],
        ),
        _task(
            3,
            "readiness",
            "Judge readiness: 88 of 110, only eligible items on the POA&M, an SSP",
            f"today {assessment.status.status}: {now}" if now else "32 CFR 170.21",
            after=["evidence"],
        ),
        _task(
            3,
            "assessment",
            "Level 2 assessment",
            "32 CFR 170.16, 170.17",
            after=["readiness"],
        ),
        _task(
            3,
            "affirmation",
            "Affirm in SPRS",
            "on a Conditional and on a Final status, every year after it, and after a POA&M "
            "close-out (32 CFR 170.22(a)(3))",
            after=["assessment"],
        ),
    ]
