"""The closing table: what is wrong, how sure we are, and what to do first, in a screenful.

A terminal shows the end of what was printed: what matters most stands last.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from scanner.facts.ledger import NO_SOURCE, NOT_DECLARED
from scanner.findings import Finding
from scanner.reports.sarif_text import visible

SEVERITIES = ("critical", "high", "medium", "low", "info")
WIDTH = 100
"""Columns where nobody says how many there are."""
_FAILING, _BLIND, _UNDECLARED, _ADVICE = 5, 4, 3, 2
"""Entries shown of each kind; lines of advice."""
_INDENT = 8
"""Columns of the count that every entry begins with."""
_NARROW = 50
"""Columns below which a message stands closer to the left."""


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
class _Unread:
    verdicts: int = 0
    operations: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)


@dataclass
class Summary:
    """Findings counted as the table needs them; made in one pass."""

    verdicts: dict[str, int] = field(default_factory=dict)
    failing: dict[str, _Row] = field(default_factory=dict)
    blind: dict[tuple[str, str], _Unread] = field(default_factory=dict)
    """(reason, what it takes or what was said) -> the verdicts that it left unknown."""
    undeclared: dict[str, int] = field(default_factory=dict)
    refusing: set[str] = field(default_factory=set)
    """The providers of which a read failed for want of a permission."""
    set_aside: int = 0
    """Failures and unknowns that an exception sets aside."""
    failures_aside: int = 0
    """Those of them that failed."""
    stated: int = 0
    """Unknown verdicts that wait for a statement of the organisation."""
    nobody: int = 0
    """Rules that no target of the scan can tell about."""

    def worst(self) -> str | None:
        """The highest severity among the failures."""
        found = {row.severity for row in self.failing.values()}
        return next((level for level in SEVERITIES if level in found), None)

    def judged(self) -> int:
        """Verdicts that say something: passes and failures, set aside or not."""
        return self.verdicts.get("pass", 0) + self.verdicts.get("fail", 0) + self.failures_aside


def summarise(findings: Iterable[Finding]) -> Summary:
    """Count findings for the closing table."""
    summary = Summary()
    for finding in findings:
        if finding.suppressed is not None and finding.verdict in ("fail", "unknown"):
            summary.set_aside += 1
            summary.failures_aside += finding.verdict == "fail"
            continue
        if finding.reason == NO_SOURCE:
            summary.nobody += 1
            continue
        if finding.reason == NOT_DECLARED:
            summary.stated += 1
        else:
            verdicts = summary.verdicts
            verdicts[finding.verdict] = verdicts.get(finding.verdict, 0) + 1
        if finding.verdict == "fail":
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
    permission = gap.permission if gap else None
    what = f"needs {permission}" if permission else (gap.detail if gap else None) or ""
    unread = summary.blind.setdefault((str(finding.reason), what), _Unread())
    unread.verdicts += finding.count or 1
    unread.operations.add(operation)
    if finding.target is not None:
        unread.targets.add(finding.target)
    if finding.provider is not None and permission:
        summary.refusing.add(finding.provider)


def table(summary: Summary, rules: Mapping[str, RuleText], width: int = WIDTH) -> list[str]:
    """The closing lines, none wider than `width`; no colour. What to state, what could not be
    read, what fails (most severe first), what to do first, and the counts."""
    failing = sorted(
        summary.failing.items(),
        key=lambda item: (SEVERITIES.index(item[1].severity), -item[1].subjects, item[0]),
    )
    lines = [
        *_undeclared(summary.undeclared, width),
        *_unread(summary, width),
        *_fails(failing, width),
        *_first(failing, rules, width),
        *_wrapped(_counts(summary), width),
    ]
    if summary.nobody:
        rule = "rule concerns" if summary.nobody == 1 else "rules concern"
        lines += _wrapped(f"{summary.nobody} {rule} systems that no target leads to", width)
    return lines


def _counts(summary: Summary) -> str:
    """The same counts as the report's: each finding stands in one of them."""
    count = summary.verdicts.get
    parts = [
        f"{count('fail', 0)} fail",
        *([f"{summary.set_aside} set aside"] if summary.set_aside else []),
        f"{count('unknown', 0)} unknown",
        *([f"{summary.stated} not stated"] if summary.stated else []),
        f"{count('pass', 0)} pass",
        f"{count('not-applicable', 0)} not applicable",
    ]
    return ", ".join(parts)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False)


def _undeclared(waiting: Mapping[str, int], width: int) -> list[str]:
    found = sorted(waiting.items(), key=lambda item: (-item[1], item[0]))
    lines = [_entry(number, what, width) for what, number in found[:_UNDECLARED]]
    return _block("What the organisation has to state", lines, len(found), width=width)


def _unread(summary: Summary, width: int) -> list[str]:
    found = sorted(summary.blind.items(), key=lambda item: (-item[1].verdicts, item[0]))
    lines = []
    for (reason, what), unread in found[:_BLIND]:
        words = f"{reason}: {what}" if what else reason
        where = _some(unread.targets)
        # who lacks a permission looks for its name; else the read tells more than the reason
        if not what.startswith("needs ") or len(unread.operations) > 1:
            where = ": ".join(filter(None, (where, _some(unread.operations))))
        lines.append(_entry(unread.verdicts, f"{words} ({where})" if where else words, width))
    block = _block("What could not be read", lines, len(found), width=width)
    return [*block[:-1], *_granting(summary.refusing, width), *block[-1:]]


def _some(names: Iterable[str]) -> str:
    first, *others = sorted(names) or [""]
    return f"{first} and {len(others)} more" if others else first


def _granting(refusing: Iterable[str], width: int) -> list[str]:
    """The next step of who lacks a permission, a line for each provider."""
    lines = []
    for provider in sorted(refusing):
        lines += textwrap.wrap(
            f"cmmc-scan permissions {provider} prints what grants these",
            width,
            initial_indent=" " * _INDENT,
            subsequent_indent=" " * (_INDENT + 2),
            break_on_hyphens=False,
        )
    return lines


def _fails(failing: Sequence[tuple[str, _Row]], width: int) -> list[str]:
    lines = []
    for rule, row in failing[:_FAILING]:
        iso = f", ISO {' '.join(row.iso[:2])}" if row.iso else ""
        lines.append(
            _entry(row.subjects, f"{row.severity:<8}  {rule}  ({row.practice}{iso})", width)
        )
        indent = _INDENT + 10 if width >= _NARROW else _INDENT + 2
        lines.append(" " * indent + _cut(row.first, width - indent))
    return _block("What fails", lines, len(failing), each=2, what=" rules", width=width)


def _first(
    failing: Sequence[tuple[str, _Row]], rules: Mapping[str, RuleText], width: int
) -> list[str]:
    if not failing:
        return []
    rule, row = failing[0]
    fix = rules[rule].fix if rule in rules else {}
    first = fix.get(row.provider or "", next(iter(fix.values()), ""))
    if not first:
        return []
    wrapped = textwrap.wrap(
        f"Do first: {' '.join(first.split())}",
        width,
        max_lines=_ADVICE,
        placeholder=" …",
        subsequent_indent=" " * 10,
    )
    return [*wrapped, ""]


def _block(
    title: str, lines: Sequence[str], of: int, each: int = 1, what: str = "", *, width: int
) -> list[str]:
    if not lines:
        return []
    shown = len(lines) // each
    more = f" ({shown} of {of}{what})" if of > shown else ""
    return [*_wrapped(title + more, width), *lines, ""]


def _entry(count: int, words: str, width: int) -> str:
    return f"{count:>{_INDENT - 2}}  {_cut(words, width - _INDENT)}"


def _cut(text: str, width: int) -> str:
    text = visible(text)
    return text if len(text) <= width else text[: width - 1] + "…"
