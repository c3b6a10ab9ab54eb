"""`cmmc-scan poam`: bring poam.yaml up to date without losing anybody's words."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.assess.poam_file import load_plan, merged
from scanner.assess.poam_items import close_out_words
from scanner.cli import OK, steps
from scanner.cli import options as opt
from scanner.cli.assessing import assessed
from scanner.cli.days import first_days, history_option
from scanner.cli.say import say
from scanner.output import whole_file


@click.command(
    epilog="""\b
Example:
  cmmc-scan poam out/ -c cmmc-scan.yaml"""
)
@click.argument("folder", type=click.Path(path_type=Path))
@opt.both(opt.config_option, opt.rules_dir_option, opt.as_of_option, history_option)
def command(
    folder: Path,
    config_path: Path | None,
    rule_folders: tuple[Path, ...],
    as_of: str | None,
    history: Path | None,
) -> int:
    """Add what FOLDER's assessment found NOT MET to poam.yaml, and update what is there.

    The file is the one that the configuration names, else poam.yaml here. Comments and everything
    that people wrote stay.
    """
    config = opt.read_config(config_path)
    days = first_days(history)
    found = assessed(folder, config, steps.all_rules(rule_folders), as_of, first_seen=days)
    path = config.files.get("poam", Path("poam.yaml"))
    plan = load_plan(path)
    old = path.read_bytes().decode() if path.exists() else None
    new = merged(old, plan, found.outcome.assessment, days, str(path))
    if new == old:
        say(f"{path}: nothing to change")
        return OK
    with whole_file(path) as out:
        out.write(new.encode())
    added = len(load_plan(path).items) - len(plan.items)
    items = "item" if added == 1 else "items"
    say(f"{path}: {added} {items} added, the others brought up to date")
    words = close_out_words(load_plan(path), found.outcome.items, found.as_of)
    if words is not None:
        say(words)
    return OK
