"""One objective's determination, with its reasons: 32 CFR 170.24(b)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from scanner.assess.evidence import Evidence, Tally
from scanner.assess.reasons import (
    class_missing,
    excepted,
    exception_words,
    fails,
    pile,
    rest_of,
    stated,
    undeclared,
    unread_at,
    wanted,
)
from scanner.assess.result import Because, Determination, ObjectiveResult
from scanner.assess.statements import Attestation, Exemption
from scanner.assess.targets import Target
from scanner.frameworks import Objective


class Rule(Protocol):
    """The part of a rule that the assessment needs."""

    @property
    def id(self) -> str: ...
    @property
    def practice(self) -> str: ...
    @property
    def decides(self) -> Sequence[str]: ...
    @property
    def informs(self) -> Sequence[str]: ...
    @property
    def strength(self) -> str: ...
    @property
    def providers(self) -> Sequence[str]: ...
    @property
    def informs_only(self) -> Sequence[str]: ...


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that bears on one objective."""

    objective: Objective
    evidence: Evidence
    attestations: Sequence[Attestation]
    """Those that count today and speak of it."""
    exemptions: Sequence[Exemption]
    """Those that count today for CMMC and speak of it."""
    targets: Sequence[Target]
    rules: Sequence[Rule]
    """Those that decide it."""
    without: frozenset[str] = frozenset()
    """Classes of which the organisation says that its scope has none."""
    void: Sequence[Because] = ()
    """Statements that speak of it and do not count."""


def determine(case: Case) -> ObjectiveResult:
    """The determination. A refuting finding beats every statement but an exception for it."""
    bearing = case.evidence.bearing.get(case.objective.id, {})
    notes = _notes(case, bearing)
    against = [
        because
        for (rule, target), tally in sorted(bearing.items())
        for because in fails(rule, target, tally)
    ]
    against += [
        Because(kind="attestation", ref=a.id, text=f"{a.by} states that it is not satisfied")
        for a in case.attestations
        if a.says == "not-satisfied"
    ]
    claims = [a for a in case.attestations if a.says == "satisfied"]
    if against:
        others = [a.id for a in _contradicted(case, claims, against)]
        others += [e.id for e in _of_kind(case, "not-applicable")]
        notes += [
            Because(
                kind="conflict",
                ref=name,
                text=f"{name} says otherwise; what speaks against it stands",
            )
            for name in others
        ]
        return _result(case, "NOT MET", against, notes)
    return _without_refutation(case, bearing, claims, notes)


def _contradicted(
    case: Case, claims: Sequence[Attestation], against: Sequence[Because]
) -> list[Attestation]:
    """The statements that speak of a place where something speaks against them."""
    places = {because.target or "" for because in against}
    names: set[str] = set()
    for target in case.targets:
        if target.id in places:
            names |= target.names
    return [a for a in claims if not a.targets or "" in places or names & set(a.targets)]


def _without_refutation(
    case: Case,
    bearing: Mapping[tuple[str, str], Tally],
    claims: Sequence[Attestation],
    notes: list[Because],
) -> ObjectiveResult:
    void = list(case.void)
    not_applicable = _of_kind(case, "not-applicable")
    standing = [e for e in case.exemptions if e.kind != "not-applicable"]
    if not_applicable and (claims or standing):
        texts = [
            Because(
                kind="conflict",
                ref=name,
                text=f"{name} and {not_applicable[0].id} contradict each other: it cannot be "
                "satisfied or excepted and not applicable at once; withdraw one",
            )
            for name in [a.id for a in claims] + [e.id for e in standing]
        ]
        return _result(case, "NOT ASSESSED", texts + void, notes)
    if not_applicable:
        by = [excepted(e, f"not applicable: {e.reason}") for e in not_applicable]
        return _result(case, "NOT APPLICABLE", by, notes)
    unread = [
        because
        for (rule, target), tally in sorted(bearing.items())
        for because in unread_at(rule, target, tally, _naming(case, target, claims))
    ]
    if unread:
        return _result(case, "NOT ASSESSED", unread + void, notes)
    whole = [e for e in standing if not e.partial]
    if whole:
        by = [excepted(e, exception_words(e)) for e in whole]
        return _result(case, "MET", by, notes)
    return _by_units(case, bearing, claims, standing, notes, void)


def _naming(case: Case, target: str, claims: Sequence[Attestation]) -> list[Attestation]:
    """The statements that name a target, by any of its ids."""
    names = next((t.names for t in case.targets if t.id == target), frozenset((target,)))
    return [a for a in claims if names & set(a.targets)]


def _by_units(
    case: Case,
    bearing: Mapping[tuple[str, str], Tally],
    claims: Sequence[Attestation],
    standing: Sequence[Exemption],
    notes: list[Because],
    void: list[Because],
) -> ObjectiveResult:
    """MET when every target and class that it concerns is answered for, and one of them says so."""
    own = [a for a in claims if a.inherited is None or a.inherited.responsibility == "full"]
    full = [a for a in own if not a.targets]
    by: list[Because] = []
    missing: list[Because] = []
    answered = bool(full)
    by += [stated(a) for a in full]
    observable = case.objective.method == "observe"
    targets, classes = concerned(case)
    for target in targets:
        good, lacking, idle = _at_target(case, target, bearing) if observable else ([], [], False)
        named = [a for a in own if target.names & set(a.targets)]
        if good and not lacking:
            by += good
            answered = True
        elif named:
            by += [stated(a) for a in named]
            answered = True
        elif full or (idle and not lacking):
            continue
        else:
            missing += lacking or [wanted(case.objective, target.id)]
    for name in classes:
        named = [a for a in own if name in a.targets]
        if named:
            by += [stated(a) for a in named]
            answered = True
        elif not full:
            missing.append(class_missing(case.objective, name))
    by = list(dict.fromkeys(by))
    seen = {b.ref for b in by}
    idle_exceptions = [e for e in standing if e.id not in seen]
    if answered and not missing:
        by += [stated(a) for a in claims if a not in own]
        by += [excepted(e, exception_words(e)) for e in idle_exceptions]
        return _result(case, "MET", by, notes)
    shared = [a for a in claims if a not in own]
    missing += [
        Because(
            kind="missing",
            ref=a.id,
            text=f"{a.id} covers the provider's part; the organisation's own part is not shown",
        )
        for a in shared
    ]
    if not missing:
        missing = [wanted(case.objective, "")]
    missing += [rest_of(e) for e in idle_exceptions]
    return _result(case, "NOT ASSESSED", list(dict.fromkeys(missing)) + void, notes)


def concerned(case: Case) -> tuple[list[Target], list[str]]:
    """In-scope targets that have to answer, and classes for which there is no target."""
    inside = [t for t in case.targets if t.in_scope]
    classes = [c for c in case.objective.concerns if c not in case.without]
    if case.objective.concerns:
        targets = [t for t in inside if set(t.classes) & set(classes)]
        present = {c for t in targets for c in t.classes}
        return targets, [c for c in classes if c not in present]
    spoken = {p for rule in case.rules for p in rule.providers}
    judged = {target for _, target in case.evidence.bearing.get(case.objective.id, {})}
    return [t for t in inside if t.provider in spoken or t.id in judged], []


def _at_target(
    case: Case, target: Target, bearing: Mapping[tuple[str, str], Tally]
) -> tuple[list[Because], list[Because], bool]:
    """(what settles this target's part, what is lacking there, nothing there that it concerns)."""
    good: list[Because] = []
    lacking: list[Because] = []
    idle = False
    for (rule, place), tally in sorted(bearing.items()):
        if place not in (target.id, ""):
            continue
        if tally.hints.count:
            lacking += pile("missing", rule, target.id, tally.hints, "fails, which decides nothing")
        for name, count in sorted(tally.covered.items()):
            text = f"{count} finding(s) of {rule} at {target.id} under the exception {name}"
            good.append(Because(kind="exception", ref=name, rule=rule, target=target.id, text=text))
        if tally.product is not None and (tally.supports or tally.hints.count):
            lacking.append(undeclared(tally.product, rule, target.id))
        if tally.passes:
            text = f"{rule} passes at {target.id} ({tally.passes})"
            good.append(
                Because(
                    kind="pass",
                    ref=rule,
                    rule=rule,
                    target=target.id,
                    text=text,
                    count=tally.passes,
                )
            )
        elif tally.not_applicable:
            idle = True
    for each in case.rules:
        seen = case.evidence.targets_of_rule.get(each.id, set())
        speaks = target.provider in each.providers and target.provider not in each.informs_only
        if speaks and not seen & {target.id, ""}:
            text = f"{each.id} was not judged at {target.id}"
            lacking.append(Because(kind="missing", rule=each.id, target=target.id, text=text))
    if not good and not lacking and not idle:
        lacking.append(wanted(case.objective, target.id))
    return good, lacking, idle


def _notes(case: Case, bearing: Mapping[tuple[str, str], Tally]) -> list[Because]:
    notes: list[Because] = []
    sides = (bearing, case.evidence.informing.get(case.objective.id, {}))
    for side in sides:
        for (rule, target), tally in sorted(side.items()):
            place = f" at {target}" if target else ""
            failed = tally.hints.count + (tally.fails.count if side is not bearing else 0)
            if failed:
                text = f"{rule} fails{place} ({failed}); it does not decide this"
                notes.append(Because(kind="finding", rule=rule, target=target, text=text))
                continue
            passes = tally.supports
            if side is not bearing or case.objective.method != "observe":
                passes += tally.passes
            if passes:
                text = f"{rule} passes{place} ({passes}); it informs"
                notes.append(Because(kind="pass", rule=rule, target=target, text=text))
    return notes


def _of_kind(case: Case, kind: str) -> list[Exemption]:
    return [e for e in case.exemptions if e.kind == kind]


def _result(
    case: Case,
    determination: Determination,
    by: Sequence[Because],
    notes: Sequence[Because],
) -> ObjectiveResult:
    return ObjectiveResult(
        id=case.objective.id,
        determination=determination,
        by=tuple(by),
        notes=tuple(notes),
    )
