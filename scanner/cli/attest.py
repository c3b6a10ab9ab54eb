"""`cmmc-scan attest`: what still needs a statement, and the stubs for it."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.assess.attest import lines, stubs, write_stubs
from scanner.cli import OK, steps
from scanner.cli import options as opt
from scanner.cli.assessing import assessed
from scanner.cli.say import say, say_all


@click.command(
    epilog="""\b
Examples:
  cmmc-scan attest out/ -c cmmc-scan.yaml
  cmmc-scan attest out/ -c cmmc-scan.yaml --write attestations/"""
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--write",
    "into",
    type=click.Path(path_type=Path),
    help="Write a stub for each document into this folder; no file is replaced.",
)
@opt.both(opt.config_option, opt.rules_dir_option, opt.as_of_option)
def command(
    folder: Path,
    into: Path | None,
    config_path: Path | None,
    rule_folders: tuple[Path, ...],
    as_of: str | None,
) -> int:
    """List what FOLDER's assessment still needs in documents, grouped by the document."""
    config = opt.read_config(config_path)
    found = assessed(folder, config, steps.all_rules(rule_folders), as_of)
    wanted = found.outcome.wants
    say_all(lines(wanted))
    if into is not None:
        for path in write_stubs(into, stubs(wanted, found.as_of)):
            say(f"written: {path}")
    return OK
