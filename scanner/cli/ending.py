"""How a verb ends: the closing table and the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from scanner import findings
from scanner.assess.result import Assessment
from scanner.assess.summary import score_words
from scanner.cli import FAILED, INCOMPLETE, OK
from scanner.cli.lifecycle import NOTHING, Past, Policy, below, counted, since_words
from scanner.reports.table import SEVERITIES, RuleText, Summary, summarise, table
from scanner.rules.model import Rule

_COLOURS = {"critical": "red", "high": "red", "medium": "yellow", "low": "cyan", "info": "blue"}


def close(
    path: Path,
    rules: Sequence[Rule],
    *,
    fail_on: str,
    gaps: int,
    complete: bool,
    quiet: bool,
    written: Sequence[str] = (),
    assessment: Assessment | None = None,
    asked: Policy = NOTHING,
    before: Past | None = None,
) -> int:
    """Print the table of a findings.jsonl and return the exit code."""
    summary = summarise(findings.read(path))
    if not quiet:
        texts = {rule.id: RuleText(rule.title, rule.fix) for rule in rules}
        for line in table(summary, texts):
            click.echo(_coloured(line))
        if assessment is not None:
            click.echo(f"\nCMMC Level {assessment.level}: {score_words(assessment)}")
            covered = assessment.coverage
            click.echo(
                f"{covered.objectives_decided} of {covered.objectives} objectives decided;"
                f" {assessment.status.status}"
            )
        since = since_words(before)
        if since is not None:
            click.echo(since)
        if written:
            click.echo(f"\nWritten: {', '.join(written)}")
    new = counted(asked, before)
    worst = summary.worst()
    if new is not None:
        worst = summarise(f for f in findings.read(path) if f.fingerprint in new).worst()
    short = below(asked, assessment)
    if short is not None:
        click.echo(short, err=True)
        return FAILED
    return code(summary, worst, fail_on=fail_on, gaps=gaps, complete=complete)


def code(summary: Summary, worst: str | None, *, fail_on: str, gaps: int, complete: bool) -> int:
    """The exit code: a failure that matters (worst: the severest) beats an incomplete scan."""
    floor = -1 if fail_on == "never" else SEVERITIES.index(fail_on)
    if worst is not None and SEVERITIES.index(worst) <= floor:
        return FAILED
    if gaps or not complete or not summary.judged():
        return INCOMPLETE
    return OK


def _coloured(line: str) -> str:
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return line
    word = line.split(maxsplit=1)[0] if line.strip() else ""
    if line.startswith("  ") and word in _COLOURS:
        return line.replace(word, click.style(word, fg=_COLOURS[word]), 1)
    if line and not line.startswith(" "):
        return click.style(line, bold=True)
    return line
