"""Markdown for a pull request's comment or a workflow's step summary: the answer first.

Names come from scanned systems, and GitHub renders the text: what holds a name stands in a code
span; in other texts markup, mentions, issue references and links are made plain. So no name of a
resource notifies or leads anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scanner.assess.result import Assessment
from scanner.assess.score import Rank, points
from scanner.assess.summary import score_words
from scanner.facts.ledger import NO_SOURCE
from scanner.findings import Finding
from scanner.output import whole_file
from scanner.reports.redact import redacted_assessment, redactor
from scanner.reports.sarif import Findings
from scanner.reports.sarif_inputs import PlainRule, Scan, described, natural
from scanner.reports.sarif_messages import REASONS
from scanner.reports.sarif_text import harmless, shorten, visible
from scanner.reports.table import SEVERITIES

STEP_SUMMARY_BYTES = 1_000_000
"""GitHub takes 1 MiB a step, and shows nothing of a summary that is longer."""
COMMENT_CHARACTERS = 65_536
"""What a comment on GitHub may hold; a `limit` of 60,000 bytes stays below."""
SHOWN = 10
"""Subjects of a rule that are named; the rest are counted."""
NAME_LIMIT = 200
MESSAGE_LIMIT = 500


@dataclass
class _Failing:
    """What a rule's failures have in common, and the first few of them."""

    severity: str
    practice: str
    count: int = 0
    messages: list[str] = field(default_factory=list)


@dataclass
class _Seen:
    verdicts: dict[str, int] = field(default_factory=dict)
    failing: dict[str, _Failing] = field(default_factory=dict)
    blind: dict[tuple[str, str], int] = field(default_factory=dict)
    """(what was read, why it gave nothing) -> verdicts that it left unknown."""
    suppressed: int = 0
    nobody: int = 0


def write_markdown(
    path: Path,
    findings: Findings,
    scan: Scan,
    *,
    assessment: Assessment | None = None,
    ranks: Sequence[Rank] = (),
    redact: bool = False,
    names: bool = True,
    limit: int = STEP_SUMMARY_BYTES,
) -> bool:
    """Write the page, at most `limit` bytes of it; false if it had to be cut. Raises InputError.

    `assessment`, `ranks`: of the same scan, where there is an assessment. `names`: resources are
    named, and not only counted: a workflow's summary is read by whoever can read the repository.
    """
    text, whole = page(
        findings, scan, assessment=assessment, ranks=ranks, redact=redact, names=names, limit=limit
    )
    with whole_file(path) as out:
        out.write(text.encode())
    return whole


def page(
    findings: Findings,
    scan: Scan,
    *,
    assessment: Assessment | None = None,
    ranks: Sequence[Rank] = (),
    redact: bool = False,
    names: bool = True,
    limit: int = STEP_SUMMARY_BYTES,
) -> tuple[str, bool]:
    """(the page, whether all of it fits in `limit` bytes)."""
    changed = redactor(scan.rules)
    if redact and assessment is not None:
        assessment = redacted_assessment(assessment, findings(), changed)
    rules = {rule.id: rule for rule in described(scan)}
    seen = _look(map(changed, findings()) if redact else findings())
    lines = [*_answer(seen, assessment), *_first(ranks), *_failures(seen, rules, names)]
    lines += [*_gaps(seen), *_footer(scan)]
    return _cut(lines, limit)


def _look(findings: Iterable[Finding]) -> _Seen:
    seen = _Seen()
    for finding in findings:
        if finding.reason == NO_SOURCE:
            seen.nobody += 1
            continue
        if finding.suppressed is not None and finding.verdict in ("fail", "unknown"):
            seen.suppressed += 1
            continue
        seen.verdicts[finding.verdict] = seen.verdicts.get(finding.verdict, 0) + 1
        if finding.verdict == "fail":
            row = seen.failing.setdefault(
                finding.rule, _Failing(finding.severity, finding.practice)
            )
            row.count += 1
            if len(row.messages) < SHOWN:
                row.messages.append(finding.message)
        elif finding.verdict == "unknown":
            key = _blind(finding)
            seen.blind[key] = seen.blind.get(key, 0) + (finding.count or 1)
    return seen


def _blind(finding: Finding) -> tuple[str, str]:
    gap = finding.gap
    why = REASONS.get(finding.reason or "", finding.reason or "not known why")
    if gap is not None and gap.permission:
        return gap.operation or finding.source or finding.rule, f"{why}; it takes {gap.permission}"
    if gap is not None and gap.detail and finding.reason == "not-declared":
        return gap.detail, why
    operation = (gap.operation if gap is not None else None) or finding.source or finding.rule
    return operation, why


def _answer(seen: _Seen, assessment: Assessment | None) -> Iterator[str]:
    count = {v: seen.verdicts.get(v, 0) for v in ("fail", "unknown", "pass", "not-applicable")}
    if assessment is None:
        yield f"## cmmc-scan: {count['fail']} fail, {count['unknown']} could not be told"
    else:
        yield (
            f"## CMMC Level {assessment.level}: "
            f"{plain(_score_title(assessment))}, {plain(assessment.status.status)}"
        )
    yield ""
    yield "| fail | could not tell | pass | not applicable | set aside |"
    yield "| ---: | ---: | ---: | ---: | ---: |"
    yield (
        f"| **{count['fail']}** | **{count['unknown']}** | {count['pass']} | "
        f"{count['not-applicable']} | {seen.suppressed} |"
    )
    yield ""
    if assessment is None:
        return
    covered = assessment.coverage
    yield (
        f"As of {assessment.as_of}, {covered.practices_decided} of {covered.practices} practices "
        f"and {covered.objectives_decided} of {covered.objectives} objectives are decided. "
        "Only an assessment confers a status."
    )
    yield ""
    if assessment.score is None:
        yield f"- {plain(score_words(assessment))}"
    for why in assessment.status.why[:SHOWN]:
        yield f"- {plain(why)}"
    if len(assessment.status.why) > SHOWN:
        yield f"- and {len(assessment.status.why) - SHOWN} more reasons"
    yield ""


def _score_title(assessment: Assessment) -> str:
    if assessment.score is None:
        return "no score yet"
    return f"score {score_words(assessment)}"


def _first(ranks: Sequence[Rank]) -> Iterator[str]:
    if not ranks:
        return
    yield "### What to do first"
    yield ""
    yield "| Practice | | Regains | Now | |"
    yield "| --- | --- | ---: | --- | --- |"
    for rank in ranks[:SHOWN]:
        yield (
            f"| {rank.practice} | {plain(rank.title)} | {points(rank.regains)} | "
            f"{rank.determination} | {'blocks every status' if rank.blocks else ''} |"
        )
    yield ""
    if len(ranks) > SHOWN:
        yield f"{len(ranks) - SHOWN} more practices are open."
        yield ""


def _failures(seen: _Seen, rules: dict[str, PlainRule], names: bool) -> Iterator[str]:
    if not seen.failing:
        return
    yield "### What fails"
    yield ""
    rows = sorted(
        seen.failing.items(),
        key=lambda pair: (_rank(pair[1].severity), -pair[1].count, natural(pair[0])),
    )
    yield "| Severity | Resources | Rule | Practice | ISO 27001 |"
    yield "| --- | ---: | --- | --- | --- |"
    for name, row in rows:
        rule = rules.get(name)
        iso = ", ".join(rule.iso[:3]) + ("…" if len(rule.iso) > 3 else "") if rule else ""
        title = rule.title if rule else name
        yield f"| {row.severity} | {row.count} | {plain(title)} | {row.practice} | {iso} |"
    yield ""
    for name, row in rows:
        yield from _details(name, row, rules.get(name), names)


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _details(name: str, row: _Failing, rule: PlainRule | None, names: bool) -> Iterator[str]:
    if not names and not (rule is not None and rule.fix):
        return
    resources = "resource" if row.count == 1 else "resources"
    yield (
        f"<details><summary>{row.severity}: {plain(rule.title if rule else name)} "
        f"({row.count} {resources})</summary>"
    )
    yield ""
    for message in row.messages if names else ():
        yield f"- {code(message)}"
    if names and row.count > len(row.messages):
        yield f"- and {row.count - len(row.messages)} more; findings.jsonl has all of them"
    if rule is not None:
        for provider, fix in sorted(rule.fix.items()):
            yield f"- Fix, {plain(provider)}: {plain(' '.join(fix.split()), 1000)}"
    yield ""
    yield "</details>"
    yield ""


def _gaps(seen: _Seen) -> Iterator[str]:
    if seen.blind:
        yield "### What could not be told"
        yield ""
        yield "| Read | Why | Verdicts left open |"
        yield "| --- | --- | ---: |"
        rows = sorted(seen.blind.items(), key=lambda pair: (-pair[1], pair[0]))
        for (what, why), count in rows[:50]:
            yield f"| {plain(what)} | {plain(why)} | {count} |"
        yield ""
        if len(rows) > 50:
            yield f"{len(rows) - 50} more reads gave nothing."
            yield ""
    if seen.nobody:
        yield f"{seen.nobody} rules concern systems that no target of this scan leads to."
        yield ""


def _footer(scan: Scan) -> Iterator[str]:
    yield f"cmmc-scan {plain(scan.version)}, configuration read until {plain(scan.ended)}."


def _cut(lines: Sequence[str], limit: int) -> tuple[str, bool]:
    """As many whole lines as fit, and a word where some do not; an open fold is closed."""
    text = "\n".join(lines) + "\n"
    if len(text.encode()) <= limit:
        return text, True
    word = "\n**Cut here: longer than GitHub shows.** findings.jsonl has the rest.\n"
    close = "\n</details>\n"
    room = limit - len(word.encode()) - len(close)
    kept: list[str] = []
    size = 0
    folded = False
    for line in lines:
        size += len(line.encode()) + 1
        if size > room:
            break
        kept.append(line)
        folded = (folded or line.startswith("<details>")) and line != "</details>"
    return "\n".join(kept) + (close if folded else "") + word, False


def code(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """A text with names in it as a code span, in which GitHub looks for nothing at all."""
    shown = shorten(visible(text), limit)
    runs = [len(run) for run in re.findall(r"`+", shown)]
    fence = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{pad}{shown or '-'}{pad}{fence}"


def plain(text: str, limit: int = NAME_LIMIT) -> str:
    """A text that anybody may have chosen, as GitHub's Markdown shows it literally on one line."""
    shown = harmless(visible(text), "markdown", limit).replace("&", "&amp;")
    for live, dead in _LIVE:
        shown = shown.replace(live, dead)
    return shown


_LIVE = (
    ("#", "#<!-- -->"),
    ("@", "@<!-- -->"),
    ("://", ":<!-- -->//"),
    ("www.", "www.<!-- -->"),
    ("\\<", "&lt;"),
    ("\\>", "&gt;"),
    ("\\|", "&#124;"),
)
"""Mentions, references and bare links, broken by an empty comment: GitHub looks for mentions in the
finished text, where an entity would be one again. `<`, `>` and `|` stand as entities, since they
occur in table cells and summaries."""
