"""`cmmc-scan review`: which of a change's own lines made what fails."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click

from scanner import findings
from scanner.cli import FAILED, OK, repository, steps
from scanner.cli import options as opt
from scanner.cli.say import say_all
from scanner.errors import InputError

_FORMATS = ("text", "markdown", "github")


@click.command(
    epilog="""\b
Examples:
  git diff main... | cmmc-scan review out/ --patch -
  cmmc-scan review out/ --patch change.diff --format markdown --no-names
  git diff HEAD^1 | cmmc-scan review out/ --patch - --format github"""
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--patch",
    required=True,
    metavar="FILE",
    type=click.File("r", encoding="utf-8", errors="surrogateescape"),
    help="The change as a unified diff from the repository's root; - for standard input.",
)
@click.option(
    "-f", "--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True
)
@click.option("--names/--no-names", default=True, help="Name resources, or count them.")
@click.option("--exit-code", is_flag=True, help="Exit 1 if such a line was found.")
@opt.both(opt.rules_dir_option)
def command(
    folder: Path,
    patch: TextIO,
    form: str,
    names: bool,
    exit_code: bool,
    rule_folders: tuple[Path, ...],
) -> int:
    """Show what fails in FOLDER's scan and was made by the lines that a change touches.

    The scan has to know where resources were made (`--origins`, or tags). The files are read as
    they stand in the work tree, so that it has to hold the change.
    """
    from scanner.origin.change import spans, touched
    from scanner.reports.touched import markdown, text, workflow_commands

    path = folder / "findings.jsonl" if folder.is_dir() else folder
    if not path.is_file():
        raise InputError(f"{folder}: no scan's folder and no findings.jsonl")
    change = spans(patch.read(), patch.name)
    found = list(touched(findings.read(path), change, repository.lines))
    titles = {rule.id: rule.title for rule in steps.all_rules(rule_folders)}
    make = {"text": text, "markdown": markdown, "github": workflow_commands}[form]
    say_all(make(found, titles, names=names))
    return FAILED if exit_code and found else OK
