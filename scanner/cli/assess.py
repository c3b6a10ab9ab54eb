"""`cmmc-scan assess`: determinations, score and status from a scan's folder."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.assess import gap_report
from scanner.assess.summary import lines, plan_lines
from scanner.cli import OK, steps
from scanner.cli import options as opt
from scanner.cli.assessing import assessed, write_assessment
from scanner.cli.days import first_days, history_option
from scanner.cli.say import say_all
from scanner.cli.sealing import reassessed
from scanner.errors import InputError
from scanner.output import alone


@click.command(
    epilog="""\b
Examples:
  cmmc-scan assess out/ -c cmmc-scan.yaml
  cmmc-scan assess out/ -c cmmc-scan.yaml --show poam
  cmmc-scan assess out/ -c cmmc-scan.yaml --show iso-gap"""
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--show",
    type=click.Choice(["summary", "poam", "iso-gap"]),
    default="summary",
    show_default=True,
    help="The answer; the POA&M; or what an ISO 27001 certificate leaves open (needs soa: in the"
    " configuration).",
)
@opt.both(opt.config_option, opt.rules_dir_option, opt.as_of_option, history_option)
def command(
    folder: Path,
    show: str,
    config_path: Path | None,
    rule_folders: tuple[Path, ...],
    as_of: str | None,
    history: Path | None,
) -> int:
    """Judge FOLDER's findings with what the organisation states; writes assessment.json there."""
    config = opt.read_config(config_path)
    days = first_days(history)
    found = assessed(folder, config, steps.all_rules(rule_folders), as_of, first_seen=days)
    outcome = found.outcome
    with alone(folder):
        write_assessment(found, folder)
        reassessed(folder)
    if show == "poam":
        text = plan_lines(outcome.items)
    elif show == "iso-gap":
        if outcome.gaps is None:
            raise InputError("--show iso-gap needs a Statement of Applicability at level 2: soa:")
        text = gap_report.lines(outcome.gaps)
    else:
        text = lines(outcome.assessment, outcome.ranks)
    say_all(text)
    return OK
