"""JUnit XML as Jenkins, GitLab and Azure DevOps read it: a suite a rule, a case a finding.

A failure fails. A verdict that a refused or broken read left unknown is an error, never a pass or
a skip, since nobody could look. What waits for a statement of the organization, what no target can
tell, what is not applicable and what an exception sets aside is skipped, each with its word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from scanner.facts.ledger import NO_SOURCE, NOT_DECLARED
from scanner.findings import Finding
from scanner.output import whole_file
from scanner.reports.redact import redactor
from scanner.reports.sarif import Findings
from scanner.reports.sarif_inputs import PlainRule, Scan, described, stand_in
from scanner.reports.sarif_text import shorten, visible

NAME_LIMIT = 256
TEXT_LIMIT = 4096

Outcome = Literal["failure", "error", "skipped"]
Counts = dict[str, int]


def write_junit(path: Path, findings: Findings, scan: Scan, *, redact: bool = False) -> int:
    """Write the suites and return the number of cases. The findings are read twice, never held.

    Raises InputError if the file cannot be written.
    """
    changed = redactor(scan.rules)
    rules = {rule.id: rule for rule in described(scan)}
    suites = [(rule, _counts(group)) for rule, group in _by_rule(findings())]
    total = {key: sum(c[key] for _, c in suites) for key in _KEYS}
    with whole_file(path) as out:
        head = _attributes(name="cmmc-scan", **{k: total[k] for k in _KEYS if k != "skipped"})
        out.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites{head}>\n'.encode())
        for (rule_id, counts), (_, group) in zip(suites, _by_rule(findings()), strict=True):
            out.write(_suite_head(rule_id, counts, scan).encode())
            for finding in group:
                rule = rules.get(rule_id) or stand_in(finding)
                out.write(_case(changed(finding) if redact else finding, rule).encode())
            out.write(b"  </testsuite>\n")
        out.write(b"</testsuites>\n")
    return total["tests"]


_KEYS = ("tests", "failures", "errors", "skipped")
_PLURAL = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def _by_rule(findings: Iterable[Finding]) -> Iterator[tuple[str, Iterator[Finding]]]:
    return groupby(findings, key=lambda finding: finding.rule)


def _counts(findings: Iterable[Finding]) -> Counts:
    counts = dict.fromkeys(_KEYS, 0)
    for finding in findings:
        counts["tests"] += 1
        outcome = outcome_of(finding)
        if outcome is not None:
            counts[_PLURAL[outcome]] += 1
    return counts


def outcome_of(finding: Finding) -> Outcome | None:
    """How the case ends; null: it passes."""
    if finding.verdict == "pass":
        return None
    if finding.verdict == "not-applicable" or finding.suppressed is not None:
        return "skipped"
    if finding.verdict == "fail":
        return "failure"
    return "skipped" if finding.reason in (NOT_DECLARED, NO_SOURCE) else "error"


def _suite_head(rule_id: str, counts: Counts, scan: Scan) -> str:
    # JUnit has no zone in its timestamps; they are UTC
    stamp = scan.started.removesuffix("Z")
    return f"  <testsuite{_attributes(name=rule_id, **counts, timestamp=stamp)}>\n"


def _case(finding: Finding, rule: PlainRule) -> str:
    name = f"{_short(finding.name)} ({finding.fingerprint[:8]})"
    head = f"    <testcase{_attributes(name=name, classname=f'{finding.practice}.{finding.rule}')}"
    outcome = outcome_of(finding)
    if outcome is None:
        return head + "/>\n"
    message = shorten(visible(finding.message), TEXT_LIMIT)
    if finding.suppressed is not None:
        message = f"set aside by {_short(finding.suppressed)}: {message}"
    kind = finding.severity if outcome == "failure" else finding.reason or finding.verdict
    body = escape("\n".join(_lines(finding, rule))) if outcome != "skipped" else ""
    inner = f"<{outcome}{_attributes(type=kind, message=message)}>{body}</{outcome}>"
    return f"{head}>{inner}</testcase>\n"


def _lines(finding: Finding, rule: PlainRule) -> Iterator[str]:
    yield shorten(visible(finding.message), TEXT_LIMIT)
    yield f"practice: {finding.practice}; objectives: {' '.join(finding.objectives)}"
    if finding.iso:
        yield f"ISO/IEC 27001: {' '.join(finding.iso)}"
    for label, value in (
        ("subject", finding.subject),
        ("target", finding.target),
        ("scope", finding.scope),
        ("region", finding.region),
        ("made by", finding.made_by),
        ("permission", finding.gap.permission if finding.gap is not None else None),
    ):
        if value:
            yield f"{label}: {shorten(visible(value), TEXT_LIMIT)}"
    fix = rule.fix.get(finding.provider or "", "")
    if fix and finding.verdict == "fail":
        yield f"fix: {visible(' '.join(fix.split()))}"


def _short(text: str) -> str:
    return shorten(visible(text), NAME_LIMIT)


def _attributes(**values: str | int) -> str:
    return "".join(f" {key}={quoteattr(str(value))}" for key, value in values.items())
