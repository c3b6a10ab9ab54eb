"""How a verb ends: the closing table and the exit code."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import click

from scanner import findings
from scanner.assess.result import Assessment
from scanner.assess.summary import score_words
from scanner.cli import FAILED, INCOMPLETE, OK
from scanner.cli.lifecycle import NOTHING, Past, Policy, below, counted, since_words
from scanner.reports.table import SEVERITIES, WIDTH, RuleText, Summary, summarise, table
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
        for line in closing_lines(summary, rules, written, assessment, before, columns()):
            click.echo(_coloured(line))
    new = counted(asked, before)
    worst = summary.worst()
    if new is not None:
        worst = summarise(f for f in findings.read(path) if f.fingerprint in new).worst()
    short = below(asked, assessment)
    if short is not None:
        click.echo(short, err=True)
        return FAILED
    return code(summary, worst, fail_on=fail_on, gaps=gaps, complete=complete)


def columns() -> int:
    """How wide the terminal is; on a pipe or in a log, the table's own width."""
    if not sys.stdout.isatty():
        return WIDTH
    return max(shutil.get_terminal_size((WIDTH, 24)).columns, 50)


def closing_lines(
    summary: Summary,
    rules: Sequence[Rule],
    written: Sequence[str],
    assessment: Assessment | None,
    before: Past | None,
    width: int,
) -> list[str]:
    """The whole answer: the table, then where that leaves the organisation, then the files."""
    lines = table(summary, {rule.id: RuleText(rule.title, rule.fix) for rule in rules}, width)
    since = since_words(before)
    if since is not None:
        lines.append(since)
    if assessment is not None:
        covered = assessment.coverage
        lines += textwrap.wrap(
            f"CMMC Level {assessment.level}: {score_words(assessment)};"
            f" {assessment.status.status}; {covered.objectives_decided} of {covered.objectives}"
            " objectives decided",
            width,
            subsequent_indent="  ",
        )
    return [*lines, *_files(written, width)]


def _files(written: Sequence[str], width: int) -> list[str]:
    """Where the files are, and what they are called there."""
    if not written:
        return []
    folder = os.path.commonpath([os.path.dirname(name.rstrip("/")) for name in written])
    names = ", ".join(name.removeprefix("./")[len(folder) :].lstrip("/") for name in written)
    words = f"Written to {folder or '.'}/: {names}"
    return textwrap.wrap(
        words, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


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
    word = next(iter(line.split()[1:2]), "")
    if line.startswith(" ") and word in _COLOURS:
        return line.replace(word, click.style(word, fg=_COLOURS[word]), 1)
    if line and not line.startswith(" "):
        return click.style(line, bold=True)
    return line
