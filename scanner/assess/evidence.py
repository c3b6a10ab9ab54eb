"""Findings sorted by the objectives that they bear on, one pass, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from scanner.assess.partial import Partial
from scanner.assess.statements import Exemption, Statements, matches
from scanner.findings import Finding

KEPT = 20
"""Findings kept by name for each objective, rule and target; the rest are counted."""


class Placer(Protocol):
    """Tells the scoping category of a finding (scope.py)."""

    def category(self, finding: Finding) -> str | None:
        """The category, or null where nothing claims it."""
        ...


class Tally:
    """What one rule found at one target about one objective."""

    __slots__ = (
        "covered",
        "fails",
        "hints",
        "not_applicable",
        "passes",
        "product",
        "supports",
        "unknowns",
    )

    def __init__(self) -> None:
        self.passes = 0
        """Passes that settle the target's part."""
        self.supports = 0
        """Passes that do not."""
        self.not_applicable = 0
        self.fails = Pile()
        """Failures that refute."""
        self.hints = Pile()
        """Failures that do not refute."""
        self.unknowns = Pile()
        self.covered: dict[str, int] = {}
        """Findings that an exception covers, by its id."""
        self.product: str | None = None
        """The job for which no declared product is the one that this rule reads."""


class Pile:
    """Findings, the first few by name."""

    __slots__ = ("count", "reasons", "shown")

    def __init__(self) -> None:
        self.count = 0
        self.reasons: set[str] = set()
        self.shown: list[Finding] = []

    def add(self, finding: Finding) -> None:
        """Count one, and keep it while there is room."""
        self.count += 1
        if finding.reason is not None:
            self.reasons.add(finding.reason)
        if len(self.shown) < KEPT:
            self.shown.append(finding)


Tallies = dict[str, dict[tuple[str, str], Tally]]
"""Objective id -> (rule id, target id) -> tally. Target "" stands for no single target."""


class Evidence:
    """All findings, sorted: those that bear on an objective, and those that only inform it."""

    def __init__(self) -> None:
        self.bearing: Tallies = {}
        self.informing: Tallies = {}
        self.set_aside: dict[str, int] = {}
        self.targets_of_rule: dict[str, set[str]] = {}
        """Where each rule was judged at all, whatever came out."""
        self.partial = Partial()


_LEVEL_2 = frozenset({"out-of-scope", "specialized-asset", "contractor-risk-managed-asset"})
ASIDE: Mapping[int, frozenset[str]] = {
    1: _LEVEL_2 | {"security-protection-asset"},
    2: _LEVEL_2,
    3: frozenset({"out-of-scope"}),
}
"""Categories that a level does not assess. Level 1 knows what processes, stores or transmits FCI
and nothing else (32 CFR 170.19(b)); Levels 2 and 3: Tables 3 and 5 of 170.19(c)(1), (d)(1)."""


def sort(
    findings: Iterable[Finding],
    statements: Statements,
    exemptions: Mapping[str, list[Exemption]],
    placer: Placer | None,
    level: int,
    owners: Mapping[str, str],
    decided: Mapping[str, Sequence[str]],
) -> Evidence:
    """Sort findings by objective.

    `exemptions`: those that count today, by objective. `owners`: scope -> the target that answers
    for it. `decided`: rule -> the objectives that it decides for some provider.
    """
    evidence = Evidence()
    aside = ASIDE[level]
    for finding in findings:
        target = owners.get(finding.scope, finding.target or "") if finding.target else ""
        evidence.targets_of_rule.setdefault(finding.rule, set()).add(target)
        if placer is not None:
            category = placer.category(finding)
            if category in aside:
                evidence.set_aside[category] = evidence.set_aside.get(category, 0) + 1
                continue
        bears = bearing(finding, decided.get(finding.rule, ()))
        if finding.refutes == "if-declared" and _another_product(finding, statements):
            bears = ()
        refutes, declared = _standing(finding, statements)
        covered: dict[str, Exemption] = {}
        for objective in finding.objectives if finding.verdict in ("fail", "unknown") else ():
            exemption = covering(finding, exemptions.get(objective, ()))
            if exemption is not None:
                covered[objective] = exemption
        evidence.partial.see(finding, covered, refutes=refutes)
        for objective in finding.objectives:
            side = evidence.bearing if objective in bears else evidence.informing
            tally = side.setdefault(objective, {}).setdefault((finding.rule, target), Tally())
            if not declared:
                tally.product = finding.product or ""
            decides = objective in finding.settles
            _count(tally, finding, covered.get(objective), refutes, decides and declared)
    return evidence


def _standing(finding: Finding, statements: Statements) -> tuple[bool, bool]:
    """(its failure refutes, its product is the declared one where that matters)."""
    if finding.refutes != "if-declared":
        return finding.refutes == "always", True
    product = statements.declarations.product_for(
        finding.product or "", finding.provider, finding.target, finding.rule
    )
    return product is not None, product is not None


def bearing(finding: Finding, decided: Sequence[str] = ()) -> Sequence[str]:
    """The objectives that a finding can decide or refute.

    Those that it decides. Where its rule decides for other providers and only informs for this
    one (`decided`), a failure refutes those; a rule that only informs refutes what it informs.
    """
    if finding.decides or finding.refutes == "never":
        return finding.decides
    return [o for o in decided if o in finding.objectives] or finding.objectives


def _another_product(finding: Finding, statements: Statements) -> bool:
    """The organisation named products for this job, and the one that the rule reads is none."""
    job = finding.product or ""
    declared = statements.declarations
    return bool(declared.products(job)) and (
        declared.product_for(job, finding.provider, finding.target, finding.rule) is None
    )


def _count(
    tally: Tally, finding: Finding, exemption: Exemption | None, refutes: bool, decides: bool
) -> None:
    verdict = finding.verdict
    if verdict == "pass":
        if decides:
            tally.passes += finding.count or 1
        else:
            tally.supports += finding.count or 1
        return
    if verdict == "not-applicable":
        tally.not_applicable += 1 if decides else 0
        return
    if exemption is not None:
        tally.covered[exemption.id] = tally.covered.get(exemption.id, 0) + 1
    elif verdict == "fail":
        (tally.fails if refutes else tally.hints).add(finding)
    elif finding.reason != "no-source":
        tally.unknowns.add(finding)


def covering(finding: Finding, exemptions: Iterable[Exemption]) -> Exemption | None:
    """The exception that covers a failing or unknown finding, or null."""
    for exemption in exemptions:
        if exemption.kind == "not-applicable":
            # evidence against it beats the statement; only what nobody could read is covered
            if finding.verdict == "unknown":
                return exemption
            continue
        if exemption.partial and not exemption.selective:
            continue  # assets in words choose no finding
        if (
            matches(exemption.rules, finding.rule)
            and matches(exemption.targets, finding.target)
            and matches(exemption.subjects, finding.subject, finding.name)
            and (not exemption.fingerprints or finding.fingerprint in exemption.fingerprints)
        ):
            return exemption
    return None
