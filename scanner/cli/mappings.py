"""`cmmc-scan mappings`: look up practices, objectives and ISO controls; renew the register."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from scanner.cli import OK
from scanner.cli.options import day
from scanner.cli.say import say, say_all
from scanner.cli.steps import REGISTER
from scanner.collect.registry import providers
from scanner.frameworks.cmvp import update_cmvp
from scanner.frameworks.show import describe
from scanner.output import private_folder, user_data


@click.group()
def command() -> None:
    """Look up practices, objectives and ISO controls, in both directions."""


@command.command(
    epilog="""\b
Examples:
  cmmc-scan mappings show SC.L2-3.13.11
  cmmc-scan mappings show A.8.24
  cmmc-scan mappings show '3.5.3[c]'
  cmmc-scan mappings show CM.2.061"""
)
@click.argument("names", nargs=-1, required=True, metavar="ID...")
def show(names: tuple[str, ...]) -> int:
    """Show a practice, objective, control or domain by any of its ids."""
    for number, name in enumerate(names):
        if number:
            say()
        say_all(describe(name, providers()))
    return OK


@command.command(name="update-cmvp")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as-of", metavar="YYYY-MM-DD", help="The export's date, where it carries none.")
def update(file: Path, as_of: str | None) -> int:
    """Take a newer register of FIPS certificates from FILE (our YAML, or a JSON export)."""
    path = private_folder(user_data()) / REGISTER
    today = datetime.datetime.now(datetime.UTC).date()
    dated = datetime.date.fromisoformat(day(as_of, "")) if as_of else None
    register = update_cmvp(file, path, today, dated)
    say(f"{path}: {len(register.modules)} certificates as of {register.as_of}")
    return OK
