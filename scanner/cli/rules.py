"""`cmmc-scan rules`: list, show, test and start rules."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.cli import FAILED, OK, steps
from scanner.cli import options as opt
from scanner.cli.say import hand_out, many, say
from scanner.errors import InputError
from scanner.evaluate.cases import run_cases
from scanner.output import unwritable
from scanner.resources import rules_dir
from scanner.rules.load import free, load_rules
from scanner.rules.scaffold import new_rule, unwritten


@click.group(name="rules")
def command() -> None:
    """List, show, test and start rules."""


@command.command(name="list")
@click.argument("terms", nargs=-1)
@opt.rules_dir_option
def list_(terms: tuple[str, ...], rule_folders: tuple[Path, ...]) -> int:
    """List rules, or those that TERMS mean: an id or glob, a practice, a domain, a provider."""
    for rule in steps.chosen_rules(steps.all_rules(rule_folders), terms):
        marks = ", ".join((*rule.decides, *(f"({name})" for name in rule.informs)))
        say(f"{rule.id:<44} {rule.severity:<8} {rule.practice:<14} {marks}")
    return OK


@command.command()
@click.argument("name")
@opt.rules_dir_option
def show(name: str, rule_folders: tuple[Path, ...]) -> int:
    """Show the page of one rule: its file, with its ISO controls."""
    for rule in steps.chosen_rules(steps.all_rules(rule_folders), (name,)):
        say(f"# {rule.file}")
        say(f"# ISO 27001: {', '.join(steps.controls_of(rule)) or 'no published mapping'}")
        hand_out(Path(rule.file).read_text(encoding="utf-8"))
    return OK


@command.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def test(paths: tuple[Path, ...]) -> int:
    """Check rule files thoroughly and run the tests inside them (default: the shipped rules).

    Exits 1 if a case has another verdict than it says or a TODO is left, 2 if a file is no valid
    rule or has an id that a shipped rule has.
    """
    rules = load_rules(list(paths) or [rules_dir()], thorough=True)
    if paths:
        free(rules, steps.all_rules(()))
    cases = failed = 0
    left = [each for rule in rules for each in unwritten(rule.file)]
    for line in left:
        say(line, err=True)
    for outcome in run_cases(rules):
        cases += 1
        if outcome is not None:
            failed += 1
            say(
                f"{outcome.where}: {outcome.rule}: expected {outcome.expected},"
                f" got {outcome.got}: {outcome.message}",
                err=True,
            )
    say(f"{many(len(rules), 'rule')}, {many(cases, 'case')}, {failed} failed")
    return FAILED if failed or left else OK


@command.command(
    epilog="""\b
Example:
  cmmc-scan rules new bastion-logged --practice AC.L2-3.1.12 --fact network.remote_access"""
)
@click.argument("name")
@click.option("--practice", required=True, help="The practice, for example AC.L2-3.1.12.")
@click.option("--fact", required=True, help="The kind of fact, for example identity.account.")
@click.option(
    "-d",
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("rules"),
    show_default=True,
    help="Folder of your rules.",
)
def new(name: str, practice: str, fact: str, folder: Path) -> int:
    """Write a first version of a rule, whose own tests pass, to be edited."""
    text = new_rule(name, practice, fact)
    taken = steps.all_rules(()).find(name)
    if taken is not None:
        raise InputError(f"{name}: {taken.file} has this id already; choose another")
    path = folder / f"{name}.yaml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        with path.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise InputError(f"{path}: exists already; choose another name") from None
    except OSError as error:
        raise unwritable(path, error) from error
    say(f"{path}: edit it, then: cmmc-scan rules test {path}")
    return OK
