"""A scan and the time before it: history or baseline, new failures, the webhook, the policy."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scanner import findings
from scanner.assess.result import Assessment
from scanner.assess.scope_findings import WHY as SCOPE_RULES
from scanner.assess.summary import score_words
from scanner.cli import options as opt
from scanner.cli.say import say
from scanner.config import Config
from scanner.errors import InputError
from scanner.history.ask import not_older
from scanner.history.compare import renames
from scanner.history.earlier import Earlier, from_findings, from_history
from scanner.history.record import Recorded, RuleName, record, scored
from scanner.history.store import begun, reading, recordable
from scanner.rules.model import Rule

if TYPE_CHECKING:
    from scanner.code_scanning import Repository

GITHUB = "github"
"""The value of --baseline that means no file; ./github is one."""

_history_option = click.option(
    "--history",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that keeps what became of every finding; made if it is missing.",
)
_FILE = "Where there is no history: an earlier findings.jsonl to compare with"
past_options = opt.both(
    _history_option,
    click.option(
        "--baseline",
        metavar="FILE|github",
        help=f"{_FILE}, or github for"
        " the last analyses in code scanning (it asks with GITHUB_TOKEN for the repository, ref and"
        " API that GitHub's own variables name).",
    ),
)
file_options = opt.both(
    _history_option, click.option("--baseline", metavar="FILE", help=f"{_FILE}.")
)
"""The same for who cannot take GitHub for a memory."""

policy_options = opt.both(
    click.option(
        "--new-only", is_flag=True, help="Only failures that were not open before make exit 1."
    ),
    click.option(
        "--min-score",
        type=click.IntRange(-203, 110),
        metavar="N",
        help="Exit 1 if the score may be below N, or if there is none.",
    ),
    click.option(
        "--notify",
        "webhook",
        metavar="VARIABLE",
        help="Tell the webhook whose https URL this environment variable holds what is new.",
    ),
)


@dataclass(frozen=True)
class Policy:
    """What a verb was asked to do with the time before it. Made by `policy`."""

    history: Path | None = None
    before: Sequence[findings.Finding] | None = None
    """The findings of the baseline file."""
    github: Repository | None = None
    """Where the last analyses are, if GitHub is the memory."""
    new_only: bool = False
    min_score: int | None = None
    webhook: str | None = None
    """A checked URL."""
    variable: str = ""


NOTHING = Policy()


def policy(
    history: Path | None,
    baseline: str | None,
    new_only: bool = False,
    min_score: int | None = None,
    webhook: str | None = None,
    *,
    carried_home: bool = False,
    records: bool = True,
) -> Policy:
    """The options, checked before anything is read. Raises InputError.

    carried_home: it is about snapshots, of which some may be missing. records: a run comes into
    the history.
    """
    if carried_home and baseline == GITHUB:
        raise InputError(
            "--baseline github goes with scan and report: GitHub keeps no account, tenant or host"
            " of an alert, so that one whose snapshot is not here could not be told from one that"
            " was mended; take --history, or an earlier findings.jsonl"
        )
    if history is not None and baseline is not None:
        raise InputError("--baseline goes without --history, which knows more than one file does")
    if history is None and baseline is None and (new_only or webhook):
        what = "--new-only" if new_only else "--notify"
        raise InputError(f"{what} needs --history or --baseline to tell what is new")
    if history is not None and begun(history):
        with reading(history):
            pass  # it is a history, and of this version
    if history is not None and records:
        recordable(history)
    url = None
    if webhook is not None:
        from scanner.notify import address

        url = address(os.environ.get(webhook), webhook)
    before, github = None, None
    if baseline == GITHUB:
        from scanner.code_scanning import repository

        github = repository(os.environ)
    elif baseline is not None:
        before = list(findings.read(Path(baseline)))
    return Policy(history, before, github, new_only, min_score, url, webhook or "")


@dataclass(frozen=True)
class Past:
    """The time before one scan."""

    earlier: Earlier
    recorded: Recorded | None = None


def past(
    asked: Policy,
    path: Path,
    config: Config,
    rules: Sequence[Rule],
    when: str,
    *,
    whole: bool,
    scopes: Mapping[str, Collection[str]] | None = None,
) -> Past | None:
    """Record a scan's findings.jsonl in the history and tell what was before; null without one.

    scopes: by target, all places that were looked at; null: each target tells which it has.
    """
    targets = [target.id for target in config.targets]
    if asked.history is not None:
        names = [RuleName(rule.id, tuple(rule.deprecated_ids)) for rule in rules]
        if whole:
            names += [RuleName(name) for name in SCOPE_RULES]
        done = record(
            asked.history,
            findings.read(path),
            when,
            rules=names,
            targets=targets,
            whole=whole,
            scopes=scopes,
        )
        return Past(from_history(asked.history, targets), done)
    if asked.github is not None:
        from scanner.cli.github_baseline import from_github

        earlier, words = from_github(asked.github, path, config, rules, when, whole=whole)
        for line in words:
            say(f"--baseline github: {line}", err=True)
        return Past(earlier)
    if asked.before is not None:
        renamed = renames((rule.id, rule.deprecated_ids) for rule in rules)
        now = findings.read(path)
        return Past(from_findings(asked.before, now, targets, renamed, scopes))
    return None


def recalled(
    asked: Policy,
    path: Path,
    config: Config,
    rules: Sequence[Rule],
    when: str,
    *,
    whole: bool,
) -> Past | None:
    """The time before a scan that is reported once more; null where nothing was asked for.

    A scan that the history does not know yet, since it was made in steps, is recorded in it. One
    after which others came is refused: their changes would be told as its own. Raises InputError.
    """
    last = not_older(asked.history, when, "report the scan of that run")
    if asked.history is not None and last == when:
        return Past(from_history(asked.history, [target.id for target in config.targets]))
    return past(asked, path, config, rules, when, whole=whole)


def remember_score(asked: Policy, found: Past | None, assessment: Assessment) -> None:
    """Put the score that was concluded beside the run."""
    if found is None or found.recorded is None or asked.history is None:
        return
    if assessment.score is not None:
        scored(asked.history, found.recorded.run, assessment.score.low, assessment.score.high)


def tell(
    asked: Policy,
    found: Past | None,
    path: Path,
    config: Config,
    assessment: Assessment,
    when: str,
    gaps: int,
) -> None:
    """Tell the webhook. One that does not answer is a word on stderr and changes no exit code."""
    if asked.webhook is None or found is None:
        return
    from scanner import notify

    counted = [f for f in findings.read(path) if f.verdict == "fail" and f.suppressed is None]
    new = [f for f in counted if f.fingerprint in found.earlier.opened]
    fixed = found.recorded.fixed if found.recorded is not None else len(found.earlier.absent)
    content = notify.message(
        new,
        fixed=fixed,
        open_=len(counted),
        unread=gaps,
        score=score_words(assessment),
        organization=config.organization,
        at=when,
        full=config.github_subjects == "full",
    )
    fault = notify.send(asked.webhook, content)
    if fault is not None:
        say(f"--notify {asked.variable}: the webhook was not told: {fault}", err=True)


def below(asked: Policy, assessment: Assessment | None) -> str | None:
    """Why the score does not reach the floor that was asked for, or null."""
    if asked.min_score is None:
        return None
    score = assessment.score if assessment is not None else None
    if assessment is None or score is None:
        why = score_words(assessment) if assessment is not None else "nothing was assessed"
        return f"--min-score {asked.min_score}: {why}"
    if score.low < asked.min_score:
        return f"--min-score {asked.min_score}: the score is {score_words(assessment)}"
    return None


def counted(asked: Policy, found: Past | None) -> Collection[str] | None:
    """The failures that may make exit 1, by fingerprint; null: all."""
    return found.earlier.opened if asked.new_only and found is not None else None


def since_words(found: Past | None) -> str | None:
    """One line for the end of a scan: what changed since the last one."""
    if found is None:
        return None
    new = len(found.earlier.opened)
    if found.recorded is not None:
        return f"Since the last run: {new} new, {found.recorded.fixed} fixed"
    return f"Against the baseline: {new} new, {len(found.earlier.absent)} gone"


def github_arguments(found: Past | None, configured: Sequence[str]) -> dict[str, Any]:
    """What write_github is told of the time before."""
    if found is None:
        return {"targets": configured}
    return {
        "targets": [*configured, *found.earlier.removed],
        "carried": found.earlier.carried,
        "known": found.earlier.known,
        "untold": found.earlier.untold,
    }
