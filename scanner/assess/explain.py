"""Everything that is known about one id: practice, rule, objective, control or finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from scanner import frameworks
from scanner.assess.catalogue import Catalogue
from scanner.assess.coverage import Report, WhyRule, attest_with, coverage
from scanner.assess.poam import eligibility
from scanner.assess.result import Assessment, ObjectiveResult, PracticeResult
from scanner.assess.score import value_of
from scanner.errors import InputError
from scanner.findings import Finding
from scanner.frameworks import Objective, Practice


class ShownRule(WhyRule, Protocol):
    """A rule with everything that a page about it shows."""

    @property
    def title(self) -> str: ...
    @property
    def practice(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def refutes(self) -> str: ...
    @property
    def product(self) -> str | None: ...
    @property
    def fact(self) -> str: ...
    @property
    def limits(self) -> str: ...
    @property
    def fix(self) -> Mapping[str, str]: ...


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to explain from. Without an assessment or findings the page is shorter."""

    catalogue: Catalogue
    rules: Sequence[ShownRule]
    assessment: Assessment | None = None
    findings: Iterable[Finding] = ()
    first_seen: Mapping[str, str] = {}


def explain(asked: str, known: Known) -> list[str]:
    """The page about an id, as lines. Raises InputError with what was probably meant.

    Looked up in this order: a rule, a finding's fingerprint, a domain, a control, an objective, a
    practice.
    """
    text = asked.strip()
    rule = next((r for r in known.rules if r.id == text), None)
    if rule is not None:
        return _rule(rule, known)
    if len(text) == 16 and all(c in "0123456789abcdef" for c in text):
        return _finding(text, known)
    domain = next((d for d in frameworks.cmmc().domains if d.code == text.upper()), None)
    if domain is not None:
        return _domain(domain.code, domain.name, known)
    if text.upper() in frameworks.controls():
        return _control(text.upper(), known)
    if f"A.{text}" in frameworks.controls():
        return _control(f"A.{text}", known)
    if "[" in text or text in known.catalogue.objectives:
        named = known.catalogue.objectives.get(text)
        return _objective(named or frameworks.objective(text), known)
    if text.upper().startswith("A.") and text.count(".") >= 2:
        return _control(frameworks.control(text).id, known)
    try:
        found = frameworks.lookup(text)
    except InputError as error:
        raise InputError(_nothing(text, known, error)) from error
    lines = _practice(known.catalogue.practices[found.practice.id], known)
    return [f"{asked}: {found.note}", "", *lines] if found.note is not None else lines


def _nothing(text: str, known: Known, error: InputError) -> str:
    from scanner.documents import nearest

    if any(finding.rule == text for finding in known.findings):
        return (
            f"{text}: a rule of that name made findings of this scan, and is not among the rules"
            " here; name its folder with --rules-dir"
        )
    near = nearest(text, [r.id for r in known.rules])
    if near is not None:
        return f"{text}: no rule, did you mean {near}?"
    hint = str(error).partition("; ")[2] or "ids look like AC.L2-3.1.1 or 3.1.1"
    return f"{text}: no rule, practice, objective, ISO control, domain or fingerprint; {hint}"


def _domain(code: str, name: str, known: Known) -> list[str]:
    lines = [f"{code}  {name}"]
    for practice in known.catalogue.practices.values():
        if practice.domain == code:
            result = _result(practice.id, known)
            word = f"  [{result.determination}]" if result is not None else ""
            lines.append(f"  {practice.id:<15} {practice.title}{word}")
    return lines


def _practice(practice: Practice, known: Known) -> list[str]:
    lines = [f"{practice.id}  {practice.title}", f"{practice.domain_name}, {practice.cite}"]
    lines += ["", practice.about]
    trap = frameworks.trap(practice)
    if trap is not None:
        lines += ["", f"Beware: {trap}"]
    lines += ["", *_value(practice, known)]
    result = _result(practice.id, known)
    if result is not None:
        lines += ["", f"Determination: {result.determination}"]
        lines += [f"  {why}" for why in result.why]
    report = coverage(known.rules, known.catalogue, practice.level)
    lines += ["", "Objectives"]
    for name in practice.objectives:
        lines += [f"  {line}" for line in _path(name, report, known)]
    pairs = frameworks.controls_for(practice)
    if pairs:
        lines += ["", "ISO/IEC 27001:2022"]
    for pair in pairs:
        control = frameworks.controls()[pair.iso]
        own = "" if pair.focus else ", of its group"
        sources = ", ".join(pair.provenance)
        lines.append(f"  {pair.iso:<8} {control.title} ({pair.strength}{own}; {sources})")
    return lines


def _value(practice: Practice, known: Known) -> list[str]:
    if practice.level == 1:
        return [f"Level 1: {practice.poam.say} ({practice.poam.cite})"]
    if practice.gate:
        lines = ["No value: without it there is no score (32 CFR 170.24(c)(2)(i)(B)(5))"]
    elif practice.level == 3:
        lines = [f"{practice.points} point of 24 ({practice.scoring_cite})"]
    else:
        lines = [f"{practice.weight} of 110 points ({practice.scoring_cite})"]
    if practice.partial_when is not None:
        lines.append(f"{practice.partial_weight} when {practice.partial_when}")
    result = _result(practice.id, known)
    judged = eligibility(practice, value_of(result) if result is not None else None)
    return [*lines, f"POA&M: {judged.reason}"]


def _objective(objective: Objective, known: Known) -> list[str]:
    report = coverage(known.rules, known.catalogue, _level(objective, known.catalogue))
    lines = [f"{objective.id}  of {objective.practice}", "", objective.about]
    lines += ["", *_path(objective.id, report, known)]
    for label, text in (
        ("has to be declared", objective.declared),
        ("document", objective.document),
        ("artifact", objective.artifact),
        ("commonly inherited", objective.inherit),
        ("note", objective.note),
    ):
        if text is not None:
            lines.append(f"  {label}: {text}")
    lines.append(f"  concerns: {', '.join(objective.concerns)}")
    result = known.assessment.objective(objective.id) if known.assessment is not None else None
    if result is not None:
        lines += ["", *_determination(result)]
    return lines


def _level(objective: Objective, catalogue: Catalogue) -> int:
    return catalogue.practices[objective.practice].level


def _determination(result: ObjectiveResult) -> list[str]:
    lines = [f"Determination: {result.determination}"]
    lines += [f"  {b.kind:<12} {b.text}" + (f" ({b.ref})" if b.ref else "") for b in result.by]
    if result.notes:
        lines += ["Seen, and not deciding", *[f"  {b.kind:<12} {b.text}" for b in result.notes]]
    return lines


def _path(name: str, report: Report, known: Known) -> list[str]:
    line = next((x for x in report.lines if x.objective == name), None)
    if line is None:
        return [name]
    result = known.assessment.objective(name) if known.assessment is not None else None
    word = f"  [{result.determination}]" if result is not None else ""
    lines = [f"{name:<12} {line.way}: {line.about}{word}"]
    lines += [f"    {rule.rule}: {rule.why}" for rule in line.rules]
    if line.way != "decided":
        lines.append(f"    {attest_with(line)}")
    return lines


def _rule(rule: ShownRule, known: Known) -> list[str]:
    lines = [f"{rule.id}  {rule.title}", f"{rule.practice}, {rule.severity}, over {rule.fact}"]
    lines += ["", f"Why: {_folded(rule.why)}", f"Cannot see: {_folded(rule.limits)}"]
    lines += ["", f"Decides: {', '.join(rule.decides) or 'nothing'} (strength {rule.strength})"]
    if rule.informs:
        lines.append(f"Informs: {', '.join(rule.informs)}")
    product = f", for the job {rule.product}" if rule.product is not None else ""
    lines.append(f"A failure refutes: {rule.refutes}{product}")
    for provider, text in sorted(rule.fix.items()):
        lines += ["", f"Fix ({provider}): {_folded(text)}"]
    found = [f for f in known.findings if f.rule == rule.id and f.verdict != "not-applicable"]
    if found:
        words = [f.verdict for f in found]
        counts = ", ".join(f"{words.count(w)} {w}" for w in ("fail", "unknown", "pass"))
        lines += ["", f"Findings: {counts}"]
        shown = [f for f in found if f.verdict in ("fail", "unknown")][:20]
        lines += [f"  {f.verdict:<8} {f.fingerprint}  {f.message}" for f in shown]
    return lines


def _finding(fingerprint: str, known: Known) -> list[str]:
    found = next((f for f in known.findings if f.fingerprint == fingerprint), None)
    if found is None:
        raise InputError(f"{fingerprint}: no finding of this scan has that fingerprint")
    lines = [
        f"{found.fingerprint}  {found.verdict}: {found.message}",
        f"rule {found.rule}, {found.severity}, {found.practice}",
        f"subject {found.subject or '(a set)'} ({found.name})",
        f"target {found.target}, scope {found.scope}, region {found.region or '-'}",
        f"observed {found.observed_at}",
    ]
    if fingerprint in known.first_seen:
        lines.append(f"first seen {known.first_seen[fingerprint]}")
    if found.reason is not None:
        detail = found.gap.permission or found.gap.operation if found.gap is not None else None
        wants = detail or ", ".join(found.unread)
        lines.append(f"unknown because {found.reason}: {wants}")
    if found.made_by is not None:
        lines.append(f"made by {found.made_by}")
    lines += [f"  {key} = {value!r}" for key, value in sorted(found.evidence.items())]
    rule = next((r for r in known.rules if r.id == found.rule), None)
    if rule is not None:
        lines += ["", f"Why: {_folded(rule.why)}"]
        fix = rule.fix.get(found.provider or "")
        if fix is not None:
            lines.append(f"Fix: {_folded(fix)}")
    objectives = ", ".join(found.objectives)
    lines += ["", f"Objectives: {objectives}", f"ISO: {', '.join(found.iso) or 'none'}"]
    return lines


def _control(control_id: str, known: Known) -> list[str]:
    control = frameworks.controls()[control_id]
    lines = [f"{control.id}  {control.title}", f"ISO/IEC 27001:2022, {control.theme}"]
    if control.from_2013:
        lines.append(f"in 2013: {', '.join(control.from_2013)}")
    pairs = frameworks.practices_for(control)
    lines += ["", "CMMC practices that touch it" if pairs else "No CMMC practice touches it"]
    for pair in pairs:
        practice = known.catalogue.practices[pair.practice]
        result = _result(practice.id, known)
        word = f"  [{result.determination}]" if result is not None else ""
        sources = ", ".join(pair.provenance)
        lines.append(f"  {practice.id:<15} {practice.title} ({pair.strength}; {sources}){word}")
    return lines


def _result(practice: str, known: Known) -> PracticeResult | None:
    return known.assessment.practice(practice) if known.assessment is not None else None


def _folded(text: str) -> str:
    return " ".join(text.split())
