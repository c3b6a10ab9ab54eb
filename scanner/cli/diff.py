"""`cmmc-scan diff`: what changed between two scans."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from scanner import findings
from scanner.assess.summary import score_words
from scanner.cli import FAILED, OK, steps
from scanner.cli import options as opt
from scanner.cli.assessing import kept_assessment
from scanner.cli.say import hand_out, hand_out_json, say, say_all
from scanner.errors import InputError
from scanner.history.compare import Standings, diff, of_findings, of_run, renames, run_of
from scanner.reports import changes
from scanner.reports.changes import Scores
from scanner.rules.load import Rules

_FORMATS = ("text", "markdown", "json")


@click.command(
    epilog="""\b
Examples:
  cmmc-scan diff monday/ tuesday/
  cmmc-scan diff before/findings.jsonl after/findings.jsonl --format markdown
  cmmc-scan diff 2026-11-01 2026-11-24 --history history.sqlite"""
)
@click.argument("before")
@click.argument("after")
@click.option(
    "--history",
    type=click.Path(path_type=Path, dir_okay=False),
    help="BEFORE and AFTER are runs of this history: a number, or a day: the last that"
    " had ended by then.",
)
@click.option(
    "-f", "--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True
)
@click.option(
    "--names/--no-names", default=True, help="Name resources, or tell findings by fingerprint."
)
@click.option("--exit-code", is_flag=True, help="Exit 1 if there is a new failure.")
@opt.both(opt.rules_dir_option)
def command(
    before: str,
    after: str,
    history: Path | None,
    form: str,
    names: bool,
    exit_code: bool,
    rule_folders: tuple[Path, ...],
) -> int:
    """Show what is new, fixed or no longer known from BEFORE to AFTER.

    Each is a scan's folder or a findings.jsonl. Where a listing could not be read, what is missing
    counts as unknown and not as fixed.
    """
    if history is not None:
        old, new = run_of(history, before), run_of(history, after)
        same = ", the same one" if old == new else ""
        say(f"run {old.number} of {old.at} against run {new.number} of {new.at}{same}", err=True)
        found = diff(of_run(history, before), of_run(history, after))
        scores = Scores()
    else:
        rules = steps.all_rules(rule_folders)
        found = diff(_standings(before, rules), _standings(after, rules))
        scores = Scores(before=_score(before), after=_score(after))
    if form == "json":
        content = {**msgspec.to_builtins(found), "score": msgspec.to_builtins(scores)}
        hand_out_json({"schema": 1, **content})
    elif form == "markdown":
        hand_out("\n".join(changes.markdown(found, scores, names=names)))
    else:
        say_all(changes.text(found, scores, names=names))
    return FAILED if exit_code and found.opened else OK


def _standings(name: str, rules: Rules) -> Standings:
    path = Path(name)
    if path.is_dir():
        path /= "findings.jsonl"
    if not path.is_file():
        raise InputError(f"{name}: no scan's folder and no findings.jsonl")
    return of_findings(
        findings.read(path), renames((rule.id, rule.deprecated_ids) for rule in rules)
    )


def _score(name: str) -> str | None:
    """The score in words, where an assessment lies beside the findings."""
    path = Path(name)
    found = kept_assessment(path if path.is_dir() else path.parent)
    return score_words(found) if found is not None else None
