"""`cmmc-scan plan`: what is open, in the order in which to do it."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.assess import plan as program
from scanner.assess import plan_figures
from scanner.assess.duties import duty_lines
from scanner.cli import OK, steps
from scanner.cli import options as opt
from scanner.cli.assessing import assessed
from scanner.cli.say import say_all


@click.command(
    epilog="""\b
Example:
  cmmc-scan plan out/ -c cmmc-scan.yaml --own plan.yaml"""
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--own",
    type=click.Path(path_type=Path),
    help="Your own efforts, costs, owners and dates by task.",
)
@opt.both(opt.config_option, opt.rules_dir_option, opt.as_of_option)
def command(
    folder: Path,
    own: Path | None,
    config_path: Path | None,
    rule_folders: tuple[Path, ...],
    as_of: str | None,
) -> int:
    """Order what FOLDER's assessment leaves open into three phases with their dependencies.

    Figures that are not your own are estimates of the source article, and say so.
    """
    config = opt.read_config(config_path)
    found = assessed(folder, config, steps.all_rules(rule_folders), as_of)
    outcome = found.outcome
    tasks = program.tasks(
        outcome.assessment,
        outcome.ranks,
        outcome.wants,
        outcome.gaps,
        outcome.duties,
        scoped=outcome.claims is not None,
    )
    figures = plan_figures.load(own, [task.id for task in tasks]) if own is not None else None
    lines = ["DoD incident reporting (DFARS 252.204-7012)", *duty_lines(outcome.duties), ""]
    say_all(lines + plan_figures.lines(plan_figures.phases(tasks, figures)))
    return OK
