"""Findings and statements to one assessment. Pure: no clock, no file, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scanner.assess import poam as poam_rules
from scanner.assess.catalogue import Catalogue
from scanner.assess.determine import Case, Rule, determine
from scanner.assess.evidence import Evidence, Placer, sort
from scanner.assess.lasting import STATUSES, held
from scanner.assess.result import (
    Assessment,
    Because,
    Coverage,
    Determination,
    Held,
    ObjectiveResult,
    PracticeResult,
)
from scanner.assess.score import Value, lost, score, score_level_3, values, why_no_score
from scanner.assess.services import Service
from scanner.assess.statements import Attestation, Exemption, Statements, objectives_of
from scanner.assess.targets import Target, distinct
from scanner.assess.validity import attestation_fault, cmmc_fault
from scanner.findings import Finding
from scanner.frameworks import Practice, cross_references


def assess(
    findings: Iterable[Finding],
    rules: Sequence[Rule],
    catalogue: Catalogue,
    statements: Statements,
    level: int,
    as_of: str,
    targets: Sequence[Target],
    *,
    placer: Placer | None = None,
    without: frozenset[str] = frozenset(),
    conditional_since: str | None = None,
) -> Assessment:
    """Judge one level on one day.

    `rules`: every rule, not only those selected for this run, so that what was not judged is
    named. `as_of`: year-month-day. `placer`: tells the scoping category of a finding (scope.py).
    `without`: classes of target of which the organisation states that its scope has none.
    `conditional_since`: the Conditional CMMC Status Date of poam.yaml.
    """
    attested, exempted, void_by, void = _standing(statements, catalogue, as_of, level)
    void += _strangers(statements, catalogue, targets)
    answering, owners = distinct(targets)
    decided = {rule.id: rule.decides for rule in rules}
    evidence = sort(findings, statements, exempted, placer, level, owners, decided)
    practices = _practices(catalogue, level)
    deciding: dict[str, list[Rule]] = {}
    for rule in rules:
        for objective in rule.decides:
            deciding.setdefault(objective, []).append(rule)
    judged: dict[str, ObjectiveResult] = {}
    for practice in practices:
        for name in practice.objectives:
            if name not in judged:
                judged[name] = determine(
                    Case(
                        objective=catalogue.objectives[name],
                        evidence=evidence,
                        attestations=attested.get(name, ()),
                        exemptions=exempted.get(name, ()),
                        targets=answering,
                        rules=deciding.get(name, ()),
                        without=without,
                        void=void_by.get(name, ()),
                    )
                )
    worth = values(
        practices,
        {name: result.determination for name, result in judged.items()},
        evidence,
        attested_items(statements, as_of),
    )
    results = [_practice(p, judged, worth) for p in practices]
    today = [a for a in statements.attestations if _counts(a, as_of, statements, level)]
    lasts = held(today, as_of, level, conditional_since)
    return _conclude(results, worth, catalogue, level, as_of, statements, void, evidence, lasts)


def _practices(catalogue: Catalogue, level: int) -> list[Practice]:
    """Level 3 stands on Level 2, so both are judged; Level 1 has its own 15."""
    levels = (2, 3) if level == 3 else (level,)
    return [p for n in levels for p in catalogue.of_level(n)]


Standing = tuple[
    dict[str, list[Attestation]],
    dict[str, list[Exemption]],
    dict[str, list[Because]],
    tuple[Because, ...],
]


def _standing(statements: Statements, catalogue: Catalogue, as_of: str, level: int = 2) -> Standing:
    """Statements that count today by objective; and those that do not, by objective and in all."""
    attested: dict[str, list[Attestation]] = {}
    exempted: dict[str, list[Exemption]] = {}
    void_by: dict[str, list[Because]] = {}
    void: list[Because] = []
    for attestation in statements.attestations:
        names = objectives_of(attestation, catalogue)
        fault = attestation_fault(attestation, as_of, statements, level)
        if fault is None:
            for name in names:
                attested.setdefault(name, []).append(attestation)
        else:
            _void(void, void_by, names, attestation.id, "attestation", fault)
    for exemption in statements.exceptions:
        names = objectives_of(exemption, catalogue)
        fault = cmmc_fault(exemption, as_of)
        if fault is None:
            for name in names:
                exempted.setdefault(name, []).append(exemption)
        else:
            _void(void, void_by, names, exemption.id, "exception", fault)
    return attested, exempted, void_by, tuple(void)


def standing_exceptions(
    statements: Statements, catalogue: Catalogue, as_of: str
) -> dict[str, list[Exemption]]:
    """The exceptions that count for CMMC on that day, by objective."""
    return _standing(statements, catalogue, as_of)[1]


def _strangers(
    statements: Statements, catalogue: Catalogue, targets: Sequence[Target]
) -> tuple[Because, ...]:
    """Targets that statements name and that nobody configured: mistyped, or gone."""
    known = {t.id for t in targets} | set(catalogue.classes)
    named = [(a.id, t) for a in statements.attestations for t in a.targets]
    named += [(e.id, t) for e in statements.exceptions for t in e.targets if "*" not in t]
    return tuple(
        Because(kind="missing", ref=name, target=t, text=f"{name} names {t}, which is no target")
        for name, t in named
        if t not in known
    )


def _void(
    void: list[Because],
    void_by: dict[str, list[Because]],
    names: Sequence[str],
    statement: str,
    kind: str,
    fault: str,
) -> None:
    text = f"the {kind} {statement} does not count: {fault}"
    because = Because(kind="missing", ref=statement, text=text)
    void.append(because)
    for name in names:
        void_by.setdefault(name, []).append(because)


def _counts(attestation: Attestation, as_of: str, statements: Statements, level: int) -> bool:
    return attestation_fault(attestation, as_of, statements, level) is None


def attested_items(statements: Statements, as_of: str) -> frozenset[str]:
    """Duties outside the practices that a statement of today says are fulfilled."""
    return frozenset(
        item
        for a in statements.attestations
        if a.says == "satisfied" and attestation_fault(a, as_of, statements) is None
        for item in a.items
    )


def _practice(
    practice: Practice,
    judged: Mapping[str, ObjectiveResult],
    worth: Mapping[str, Value],
) -> PracticeResult:
    objectives = tuple(judged[name] for name in practice.objectives)
    determination = combine([o.determination for o in objectives])
    value = worth.get(practice.id)
    least, most = lost(determination, value) if value is not None else (0, 0)
    return PracticeResult(
        id=practice.id,
        domain=practice.domain,
        title=practice.title,
        level=practice.level,
        determination=determination,
        points=value.most if value is not None else None,
        points_least=value.least if value is not None else None,
        points_why=value.why if value is not None else "",
        lost_least=least,
        lost_most=most,
        why=_why(determination, objectives),
        objectives=objectives,
        iso=tuple(pair.iso for pair in cross_references(practice)),
    )


def combine(determinations: Sequence[Determination]) -> Determination:
    """A practice from its objectives: 32 CFR 170.24(b). N/A counts the same as MET."""
    if "NOT MET" in determinations:
        return "NOT MET"
    if not determinations or "NOT ASSESSED" in determinations:
        return "NOT ASSESSED"
    if all(d == "NOT APPLICABLE" for d in determinations):
        return "NOT APPLICABLE"
    return "MET"


WHY_LINES = 8


def _why(determination: Determination, objectives: Sequence[ObjectiveResult]) -> tuple[str, ...]:
    if determination == "MET":
        stated = {"attestation", "inheritance", "exception"}
        shown = sum(any(b.kind == "pass" for b in o.by) for o in objectives)
        said = sum(any(b.kind in stated for b in o.by) for o in objectives)
        return (
            f"all {len(objectives)} objectives are satisfied: {shown} shown by evidence, "
            f"{said} stated",
        )
    wanted = [o for o in objectives if o.determination == determination]
    lines = list(dict.fromkeys(f"{o.id}: {b.text}" for o in wanted for b in o.by))
    if len(lines) > WHY_LINES:
        lines[WHY_LINES - 1 :] = [f"and {len(lines) - WHY_LINES + 1} more reasons"]
    return tuple(lines)


def _conclude(
    results: Sequence[PracticeResult],
    worth: Mapping[str, Value],
    catalogue: Catalogue,
    level: int,
    as_of: str,
    statements: Statements,
    void: tuple[Because, ...],
    evidence: Evidence,
    lasts: tuple[Held, ...],
) -> Assessment:
    own = [r for r in results if r.level == level]
    lower = [r for r in results if r.level == 2]
    points, why = None, None
    if level == 2:
        why = why_no_score(own)
        points = score(own, worth) if why is None else None
    elif level == 3:
        points = score_level_3(own)
    else:
        why = "Level 1 has no score: all 15 requirements are MET, or it is not (170.24(c)(1))"
    prerequisite = None
    if level == 3:
        prerequisite = _prerequisite(lower, attested_items(statements, as_of), lasts)
    barred = [prerequisite] if prerequisite is not None else []
    if level > 1:
        barred += [f"{s.name} {s.fault}" for s in _unsuitable(statements)]
    return Assessment(
        level=level,
        as_of=as_of,
        score=points,
        why_no_score=why,
        status=poam_rules.status(level, own, catalogue.practices, worth, barred),
        coverage=_coverage(own),
        practices=tuple(results),
        prerequisite=prerequisite,
        statements=void,
        held=lasts,
        set_aside=dict(sorted(evidence.set_aside.items())),
    )


def _unsuitable(statements: Statements) -> list[Service]:
    """Clouds that hold CUI and may not."""
    held = (statements.services[name] for name in sorted(statements.services))
    return [service for service in held if service.fault is not None]


def _prerequisite(
    lower: Sequence[PracticeResult], items: frozenset[str], lasts: Sequence[Held]
) -> str | None:
    """Final Level 2 (C3PAO) for the same scope comes first: 32 CFR 170.18(a), 170.19(e)."""
    not_met = sum(r.determination == "NOT MET" for r in lower)
    if not_met:
        return (
            f"Level 3 asks for Final Level 2 (C3PAO) first, with every POA&M item closed "
            f"(32 CFR 170.19(e)); {not_met} requirement(s) of Level 2 are NOT MET"
        )
    if "final-level-2-c3pao" not in items:
        return (
            "Level 3 asks for Final Level 2 (C3PAO) first (32 CFR 170.18(a)); attest the item "
            "final-level-2-c3pao with the certificate"
        )
    for each in lasts:
        if each.status == STATUSES["final-level-2-c3pao"].name and each.expired:
            return f"Level 3 asks for Final Level 2 (C3PAO) every three years: {each.say}"
    return None


def _coverage(results: Sequence[PracticeResult]) -> Coverage:
    objectives = [o for r in results for o in r.objectives]
    decided = [o for o in objectives if o.determination != "NOT ASSESSED"]
    shown = sum(any(b.kind in ("pass", "finding") for b in o.by) for o in decided)
    return Coverage(
        practices=len(results),
        practices_decided=sum(r.determination != "NOT ASSESSED" for r in results),
        objectives=len(objectives),
        objectives_decided=len(decided),
        by_evidence=shown,
        by_statement=len(decided) - shown,
    )
