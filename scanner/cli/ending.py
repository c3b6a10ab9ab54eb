"""How a verb ends: the closing table and the exit code."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import click

from scanner import findings
from scanner.assess.result import Assessment
from scanner.assess.summary import score_words
from scanner.cli import FAILED, INCOMPLETE, OK
from scanner.cli.lifecycle import NOTHING, Past, Policy, below, counted, since_words
from scanner.cli.say import columns, say
from scanner.reports.table import SEVERITIES, RuleText, Summary, summarise, table
from scanner.rules.model import Rule

_COLOURS = {"critical": "red", "high": "red", "medium": "yellow", "low": "cyan", "info": "blue"}
_ENTRY = re.compile(r" +\d+  (\S*)")
"""A row of the table: a count, then a severity or a reason."""


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
        lines = closing_lines(summary, rules, written, assessment, before, columns())
        for line, style in _styled(lines):
            say(line, style=style)
    new = counted(asked, before)
    worst = summary.worst()
    if new is not None:
        worst = summarise(f for f in findings.read(path) if f.fingerprint in new).worst()
    short = below(asked, assessment)
    if short is not None:
        say(short, err=True)
        return FAILED
    return code(summary, worst, fail_on=fail_on, gaps=gaps, complete=complete)


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


def _styled(lines: Iterable[str]) -> Iterator[tuple[str, Callable[[str], str] | None]]:
    """Each line with what colours it: sentences and titles are bold to their last line."""
    plain = bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty()
    bold = False
    for line in lines:
        entry = _ENTRY.match(line)
        bold = bool(line) if not line.startswith(" ") else bold and entry is None
        word = entry[1] if entry is not None else ""
        if plain:
            yield line, None
        elif word in _COLOURS:
            shown = click.style(word, fg=_COLOURS[word])
            yield line, lambda text, word=word, shown=shown: text.replace(word, shown, 1)  # type: ignore[misc]
        elif bold:
            yield line, lambda text: click.style(text, bold=True)
        else:
            yield line, None
