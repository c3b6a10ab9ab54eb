"""`cmmc-scan report`: write reports from a scan's folder."""

from __future__ import annotations

from pathlib import Path

import click

from scanner import findings
from scanner.cli import OK, steps
from scanner.cli import options as opt
from scanner.cli.assessing import assessed
from scanner.cli.files import write_reports
from scanner.cli.forms import FORMS, write_forms
from scanner.output import private_folder
from scanner.reports.table import RuleText, summarise, table


@click.command(
    epilog="""\b
Examples:
  cmmc-scan report out/
  cmmc-scan report out/ -c cmmc-scan.yaml --format html --format xlsx
  cmmc-scan report out/ --format oscal --redact -o for-the-assessor/"""
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "-f",
    "--format",
    "forms",
    type=click.Choice(("table", "sarif", *FORMS)),
    multiple=True,
    help="May be repeated (default: table).",
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="Where to write (default: FOLDER)."
)
@opt.redact_option
@opt.both(opt.config_option, opt.rules_dir_option, opt.as_of_option)
def command(
    folder: Path,
    forms: tuple[str, ...],
    out: Path | None,
    redact: bool,
    config_path: Path | None,
    rule_folders: tuple[Path, ...],
    as_of: str | None,
) -> int:
    """Write reports from FOLDER, where a scan left its snapshot and findings."""
    rules = steps.all_rules(rule_folders)
    path = folder / "findings.jsonl"
    if not forms or "table" in forms:
        texts = {rule.id: RuleText(rule.title, rule.fix) for rule in rules}
        for line in table(summarise(findings.read(path)), texts):
            click.echo(line)
    others = [name for name in dict.fromkeys(forms) if name != "table"]
    if not others:
        return OK
    config = opt.read_config(config_path)
    found = assessed(folder, config, rules, as_of)
    into = private_folder(out or folder)
    if "sarif" in others:
        judged = {finding.rule for finding in findings.read(path)}
        chosen = [rule for rule in rules if rule.id in judged]
        seen = {target.id for target in found.snapshot.targets}
        whole = len(chosen) == len(rules) and {t.id for t in config.targets} <= seen
        made = write_reports(found.snapshot, path, config, chosen, into, whole=whole, redact=redact)
        click.echo("\n".join(name for name in made if "sarif" in name or "github" in name))
    for name in write_forms([f for f in others if f in FORMS], found, config, into, redact=redact):
        click.echo(name)
    return OK
