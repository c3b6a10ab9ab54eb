"""`cmmc-scan report`: write reports from a scan's folder."""

from __future__ import annotations

from pathlib import Path

import click

from scanner import findings
from scanner.cli import OK, steps
from scanner.cli import options as opt
from scanner.cli.files import write_reports
from scanner.reports.table import RuleText, summarise, table

FORMATS = ("table", "sarif")


@click.command(
    epilog="""\b
Examples:
  cmmc-scan report out/
  cmmc-scan report out/ --format sarif"""
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "-f", "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True
)
@opt.both(opt.config_option, opt.rules_dir_option)
def command(
    folder: Path, form: str, config_path: Path | None, rule_folders: tuple[Path, ...]
) -> int:
    """Write a report from FOLDER, where a scan left its snapshot and findings."""
    rules = list(steps.all_rules(rule_folders))
    path = folder / "findings.jsonl"
    if form == "table":
        texts = {rule.id: RuleText(rule.title, rule.fix) for rule in rules}
        for line in table(summarise(findings.read(path)), texts):
            click.echo(line)
        return OK
    config = opt.read_config(config_path)
    snapshot = steps.open_folders([folder])
    judged = {finding.rule for finding in findings.read(path)}
    chosen = [rule for rule in rules if rule.id in judged]
    whole = len(chosen) == len(rules) and {t.id for t in config.targets} <= {
        t.id for t in snapshot.targets
    }
    for name in write_reports(snapshot, path, config, chosen, folder, whole=whole):
        click.echo(name)
    return OK
