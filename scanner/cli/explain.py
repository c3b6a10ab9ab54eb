"""`cmmc-scan explain`: everything known about one id, on one page."""

from __future__ import annotations

from pathlib import Path

import click

from scanner import findings
from scanner.assess.catalogue import load_catalogue
from scanner.assess.explain import Known, explain
from scanner.cli import OK, steps
from scanner.cli import options as opt
from scanner.cli.assessing import assessed, kept_assessment
from scanner.cli.days import first_days, history_option
from scanner.cli.say import say_all


@click.command(
    epilog="""\b
Examples:
  cmmc-scan explain IA.L2-3.5.3
  cmmc-scan explain account-mfa-enforced
  cmmc-scan explain 9f3c2a17d04be581 --in out/"""
)
@click.argument("name")
@click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path),
    help="A scan's folder, for what it found (default: out/ where there is one).",
)
@opt.both(opt.config_option, opt.rules_dir_option, opt.as_of_option, history_option)
def command(
    name: str,
    folder: Path | None,
    config_path: Path | None,
    rule_folders: tuple[Path, ...],
    as_of: str | None,
    history: Path | None,
) -> int:
    """Explain a practice, rule, objective, ISO control or a finding's fingerprint."""
    rules = steps.all_rules(rule_folders)
    if folder is None and (Path("out") / "findings.jsonl").exists():
        folder = Path("out")
    config = opt.read_config(config_path)
    kept = kept_assessment(folder) if folder is not None and config.path is None else None
    if folder is None:
        known = Known(catalogue=load_catalogue(), rules=list(rules))
    elif kept is not None:  # as it was concluded, with the configuration that it had
        known = Known(
            catalogue=load_catalogue(),
            rules=list(rules),
            assessment=kept,
            findings=findings.read(folder / "findings.jsonl"),
            first_seen=first_days(history) or {},
        )
    else:
        found = assessed(folder, config, rules, as_of)
        known = Known(
            catalogue=found.catalogue,
            rules=list(rules),
            assessment=found.outcome.assessment,
            findings=found.findings(),
            first_seen=first_days(history) or {},
        )
    say_all(explain(name, known))
    return OK
