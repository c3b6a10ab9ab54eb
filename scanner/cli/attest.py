"""`cmmc-scan attest`: what still needs a statement, and the stubs for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from scanner.assess.attest import Wants, lines, stubs, unspoken, write_stubs
from scanner.assess.load import attestations
from scanner.assess.statements import Attestation
from scanner.cli import OK, steps
from scanner.cli import options as opt
from scanner.cli.assessing import assessed
from scanner.cli.say import say, say_all
from scanner.config import Config


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
        _write(into, unspoken(wanted, _there(into), found.catalogue), found.as_of, config)
    return OK


def _there(folder: Path) -> Sequence[Attestation]:
    """The statements in the folder that is written to, whether the configuration names it or not.

    Raises InputError.
    """
    # where their documents lie is for the configuration to say
    return attestations(folder, Path(folder.resolve().anchor)) if folder.is_dir() else ()


def _write(folder: Path, wanted: Wants, as_of: str, config: Config) -> None:
    if not wanted.groups:
        say(f"nothing to write: {folder} speaks of every open objective")
    for path in write_stubs(folder, stubs(wanted, as_of)):
        say(f"written: {path}")
    named = config.files.get("attestations")
    if named is None or named.resolve() != folder.resolve():
        say("they count once `attestations:` of the configuration names this folder")
