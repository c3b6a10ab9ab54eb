"""`cmmc-scan permissions`: the least privilege that a scan needs, from what the sources declare."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.cli import OK, steps
from scanner.cli import options as opt
from scanner.cli.say import hand_out, say
from scanner.collect import collector_for, plan
from scanner.collect.plan import calls
from scanner.errors import InputError
from scanner.evaluate.answers import concerned
from scanner.evaluate.wants import wants


@click.command(
    epilog="""\b
Examples:
  cmmc-scan permissions aws > policy.json
  cmmc-scan permissions aws --rules IA --format terraform
  cmmc-scan permissions linux"""
)
@click.argument("provider")
@opt.both(opt.rules_option, opt.rules_dir_option)
@click.option(
    "-f", "--format", "form", help="How it is written; each provider has its own, and `table`."
)
def command(
    provider: str, terms: tuple[str, ...], rule_folders: tuple[Path, ...], form: str | None
) -> int:
    """Print what a scan of PROVIDER needs to be allowed, for all rules or the chosen ones."""
    collector = collector_for(provider)
    rules = steps.chosen_rules(steps.all_rules(rule_folders), terms)
    planned = plan(collector, wants(rules))
    if not any(concerned(rule, collector) for rule in rules):
        raise InputError(
            f"none of these rules concerns {provider}: a scan by them asks it for nothing"
        )
    forms = {**collector.grants, "table": None}
    form = form or next(iter(forms))
    if form not in forms:
        raise InputError(f"--format {form}: for {provider} there is {', '.join(forms)}")
    write = forms[form]
    if write is not None:
        hand_out(write([(each.source, each.wanted) for each in planned]))
        return OK
    needed = calls(planned)
    width = max(map(len, needed), default=0)
    for operation, permission in needed.items():
        say(f"{operation:<{width}}  {permission or 'anybody'}")
    return OK
