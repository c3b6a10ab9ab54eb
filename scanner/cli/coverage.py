"""`cmmc-scan coverage`: how each assessment objective is decided."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from scanner.assess.catalogue import load_catalogue
from scanner.assess.coverage import coverage, lines
from scanner.cli import OK, steps
from scanner.cli import options as opt
from scanner.cli.say import say_all


@click.command()
@click.option("--level", type=click.IntRange(1, 3), default=2, show_default=True)
@opt.rules_dir_option
def command(level: int, rule_folders: tuple[Path, ...]) -> int:
    """Show for every objective whether rules decide or inform it, or what has to be attested."""
    from scanner.collect import collectors
    from scanner.evaluate.answers import answering

    known = collectors()
    rules = [
        msgspec.structs.replace(rule, providers=answering(rule, known) or rule.providers)
        for rule in steps.all_rules(rule_folders)
    ]
    say_all(lines(coverage(rules, load_catalogue(), level)))
    return OK
