"""The closing table: what is wrong, how sure we are, and what to do first, in a few lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from scanner.facts.ledger import NO_SOURCE, NOT_DECLARED
from scanner.findings import Finding

SEVERITIES = ("critical", "high", "medium", "low", "info")
_ROWS = 8


class RuleText(msgspec.Struct, frozen=True):
    """What the table says of a rule."""

    title: str
    fix: Mapping[str, str]


@dataclass
class _Row:
    severity: str
    practice: str
    iso: tuple[str, ...]
    subjects: int = 0
    first: str = ""
    provider: str | None = None


@dataclass
class Summary:
    """Findings counted as the table needs them; made in one pass."""

    verdicts: dict[str, int] = field(default_factory=dict)
    failing: dict[str, _Row] = field(default_factory=dict)
    blind: dict[tuple[str, str], int] = field(default_factory=dict)
    """(operation, what it takes) -> verdicts that it left unknown."""
    undeclared: dict[str, int] = field(default_factory=dict)
    nobody: int = 0
    """Rules that no target of the scan can tell about."""

    def worst(self) -> str | None:
        """The highest severity among the failures."""
        found = {row.severity for row in self.failing.values()}
        return next((level for level in SEVERITIES if level in found), None)

    def judged(self) -> int:
        """Verdicts that say something: passes and failures."""
        return self.verdicts.get("pass", 0) + self.verdicts.get("fail", 0)


def summarise(findings: Iterable[Finding]) -> Summary:
    """Count findings for the closing table."""
    summary = Summary()
    for finding in findings:
        if finding.reason == NO_SOURCE:
            summary.nobody += 1
            continue
        verdicts = summary.verdicts
        verdicts[finding.verdict] = verdicts.get(finding.verdict, 0) + 1
        if finding.verdict == "fail" and finding.suppressed is None:
            row = summary.failing.setdefault(
                finding.rule, _Row(finding.severity, finding.practice, finding.iso)
            )
            row.subjects += 1
            if not row.first:
                row.first, row.provider = finding.message, finding.provider
        elif finding.verdict == "unknown":
            _blind(summary, finding)
    return summary


def _blind(summary: Summary, finding: Finding) -> None:
    gap = finding.gap
    if finding.reason == NOT_DECLARED:
        key = gap.detail if gap else "a value"
        summary.undeclared[key] = summary.undeclared.get(key, 0) + (finding.count or 1)
        return
    operation = (gap.operation if gap else None) or finding.source or finding.rule
    what = (gap.permission if gap else None) or (gap.detail if gap else "") or ""
    if gap is not None and gap.permission:
        what = f"needs {gap.permission}"
    key2 = (operation, f"{finding.reason}: {what}" if what else str(finding.reason))
    summary.blind[key2] = summary.blind.get(key2, 0) + 1


def table(summary: Summary, rules: Mapping[str, RuleText], width: int = 100) -> list[str]:
    """The closing lines, most severe first; no colour."""
    count = summary.verdicts
    lines = [
        f"{count.get('fail', 0)} fail, {count.get('unknown', 0)} unknown,"
        f" {count.get('pass', 0)} pass, {count.get('not-applicable', 0)} not applicable"
    ]
    failing = sorted(
        summary.failing.items(),
        key=lambda item: (SEVERITIES.index(item[1].severity), -item[1].subjects, item[0]),
    )
    if failing:
        lines += ["", "What fails"]
    for rule, row in failing[:_ROWS]:
        iso = f", ISO {' '.join(row.iso[:2])}" if row.iso else ""
        head = f"  {row.severity:<8} {row.subjects:>4}  {rule}  ({row.practice}{iso})"
        lines.append(head)
        lines.append(f"                 {_cut(row.first, width - 17)}")
    if len(failing) > _ROWS:
        lines.append(f"  and {len(failing) - _ROWS} more rules")
    if summary.blind:
        lines += ["", "What could not be read"]
        blind = sorted(summary.blind.items(), key=lambda item: (-item[1], item[0]))
        for (operation, why), number in blind[:_ROWS]:
            verdicts = "verdict" if number == 1 else "verdicts"
            lines.append(
                "  " + _cut(f"{operation}: {why} ({number} {verdicts} unknown)", width - 2)
            )
        if len(blind) > _ROWS:
            lines.append(f"  and {len(blind) - _ROWS} more reads")
    if summary.undeclared:
        lines += ["", "What the organisation has to state"]
        waiting = sorted(summary.undeclared.items(), key=lambda item: (-item[1], item[0]))
        for what, number in waiting[:_ROWS]:
            lines.append("  " + _cut(f"{what} ({number} wait for it)", width - 2))
        if len(waiting) > _ROWS:
            lines.append(f"  and {len(waiting) - _ROWS} more")
    if failing:
        rule, row = failing[0]
        fix = rules[rule].fix if rule in rules else {}
        first = fix.get(row.provider or "", next(iter(fix.values()), ""))
        if first:
            lines += ["", "Do first", "  " + _cut(" ".join(first.split()), 3 * width)]
    if summary.nobody:
        lines += ["", f"{summary.nobody} rules concern systems that no target leads to"]
    return lines


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
