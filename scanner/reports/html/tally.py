"""One pass over the findings: what the page says of all of them, in memory that rules bound."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from scanner.facts.ledger import NO_SOURCE, NOT_COLLECTED, NOT_DECLARED
from scanner.findings import Finding
from scanner.reports.table import SEVERITIES

CLASSES = ("fail", "blind", "undeclared", "no-target", "set-aside", "pass", "none")
"""Every finding is in one, the ones to read first in front.

blind: it could not be looked at. undeclared: it waits for a statement of the organisation.
no-target: no target of the scan can tell. set-aside: an exception or baseline covers it. none:
nothing there that the rule concerns.
"""

ROW_LIMIT = 100_000
BYTE_LIMIT = 48 * 1024 * 1024
"""What one page may embed; beyond it findings are counted by rule and target, and the page says
so."""

_PER_ROW = 150
"""Bytes of a row besides its texts, roughly."""


def class_of(finding: Finding) -> str:
    """The finding's class, one of CLASSES."""
    if finding.verdict == "not-applicable":
        return "none"
    if finding.verdict == "pass":
        return "pass"
    if finding.suppressed is not None:
        return "set-aside"
    if finding.verdict == "fail":
        return "fail"
    if finding.reason == NOT_DECLARED:
        return "undeclared"
    return "no-target" if finding.reason == NO_SOURCE else "blind"


def size_of(finding: Finding) -> int:
    """About how many bytes the finding takes in the page."""
    texts = len(finding.message) + len(finding.name) + len(finding.subject or "")
    return _PER_ROW + texts + sum(len(k) + len(str(v)) for k, v in finding.evidence.items())


@dataclass
class Failing:
    """A rule that fails."""

    practice: str
    severity: str
    provider: str | None
    count: int = 0
    first: str = ""


@dataclass
class Waiting:
    """A read or statement that is missing, with what it leaves open."""

    verdicts: int = 0
    facts: int = 0
    rules: set[str] = field(default_factory=set)
    practices: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)

    def note(self, finding: Finding) -> None:
        self.verdicts += 1
        self.facts += finding.count or 1
        self.rules.add(finding.rule)
        self.practices.add(finding.practice)
        if finding.target is not None:
            self.targets.add(finding.target)


Group = tuple[str, str, str]
"""class, rule, target"""


@dataclass
class Tally:
    """Counts of one scan."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CLASSES, 0))
    failing: dict[str, Failing] = field(default_factory=dict)
    by_gap: dict[str, Waiting] = field(default_factory=dict)
    """Gap id -> what it leaves unknown."""
    not_asked: dict[tuple[str, str], Waiting] = field(default_factory=dict)
    """(reason, detail) of unknowns without a gap in the snapshot."""
    undeclared: dict[str, Waiting] = field(default_factory=dict)
    no_target: dict[str, str] = field(default_factory=dict)
    """Rule -> practice, of rules that no target can tell about."""
    groups: dict[Group, tuple[int, int]] = field(default_factory=dict)
    """(findings, bytes) of each group."""

    @property
    def total(self) -> int:
        """Findings in all."""
        return sum(self.counts.values())

    def worst_first(self) -> list[tuple[str, Failing]]:
        """Failing rules, most severe first, then those with most resources."""
        return sorted(
            self.failing.items(),
            key=lambda item: (SEVERITIES.index(item[1].severity), -item[1].count, item[0]),
        )


def tally(findings: Iterable[Finding]) -> Tally:
    """Count findings in one pass."""
    found = Tally()
    for finding in findings:
        kind = class_of(finding)
        found.counts[kind] += 1
        group = (kind, finding.rule, finding.target or "")
        rows, size = found.groups.get(group, (0, 0))
        found.groups[group] = (rows + 1, size + size_of(finding))
        if kind == "fail":
            _failing(found, finding)
        elif kind == "blind":
            _blind(found, finding)
        elif kind == "undeclared":
            detail = finding.gap.detail if finding.gap is not None else "a value"
            found.undeclared.setdefault(detail, Waiting()).note(finding)
        elif kind == "no-target":
            found.no_target[finding.rule] = finding.practice
    return found


def _failing(found: Tally, finding: Finding) -> None:
    row = found.failing.get(finding.rule)
    if row is None:
        row = Failing(finding.practice, finding.severity, finding.provider, first=finding.message)
        found.failing[finding.rule] = row
    row.count += 1


def _blind(found: Tally, finding: Finding) -> None:
    gap = finding.gap
    if gap is not None and gap.id is not None:
        found.by_gap.setdefault(gap.id, Waiting()).note(finding)
        return
    reason = finding.reason or NOT_COLLECTED
    detail = (gap.operation or gap.detail) if gap is not None else ""
    found.not_asked.setdefault((reason, detail or finding.source or ""), Waiting()).note(finding)


def shares(
    found: Tally, row_limit: int = ROW_LIMIT, byte_limit: int = BYTE_LIMIT
) -> dict[Group, int]:
    """How many findings of each group are embedded: all, while they fit; classes in their order.

    A class that does not fit gives each of its groups the same share, and what comes after it
    gets nothing.
    """
    chosen: dict[Group, int] = {}
    rows_left, bytes_left = row_limit, byte_limit
    for kind in CLASSES:
        groups = {g: n for g, n in found.groups.items() if g[0] == kind}
        rows = sum(n for n, _ in groups.values())
        size = sum(s for _, s in groups.values())
        if rows <= rows_left and size <= bytes_left:
            chosen.update((g, n) for g, (n, _) in groups.items())
            rows_left -= rows
            bytes_left -= size
        elif groups:
            fitting = min(rows_left, bytes_left * rows // max(size, 1))
            each = fitting // len(groups)
            chosen.update((g, min(each, n)) for g, (n, _) in groups.items())
            rows_left = bytes_left = 0
    return chosen
