"""`cmmc-scan evaluate`: judge one or several snapshots by the rules."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.cli import options as opt
from scanner.cli import steps
from scanner.cli.assessing import assessed, stated, write_assessment
from scanner.cli.ending import close
from scanner.cli.judging import judged
from scanner.cli.origins import origins_option, placed, read_origins
from scanner.cli.sealing import sealed
from scanner.output import alone, private_folder


@click.command(
    epilog="""\b
Examples:
  cmmc-scan evaluate snapshot/ -o out/
  cmmc-scan evaluate east/ west/ -c cmmc-scan.yaml --as-of 2026-12-01"""
)
@click.argument("snapshots", nargs=-1, required=True, type=click.Path(path_type=Path))
@opt.both(
    opt.config_option,
    opt.out_option,
    opt.rules_option,
    opt.rules_dir_option,
    opt.as_of_option,
    opt.fail_on_option,
    origins_option,
    opt.quiet_option,
)
def command(
    snapshots: tuple[Path, ...],
    config_path: Path | None,
    out: Path,
    terms: tuple[str, ...],
    rule_folders: tuple[Path, ...],
    as_of: str | None,
    fail_on: str,
    origins: tuple[Path, ...],
    quiet: bool,
) -> int:
    """Judge SNAPSHOTS as one: findings.jsonl and assessment.json; opens no connection."""
    config = opt.read_config(config_path)
    known = steps.all_rules(rule_folders)
    rules = steps.chosen_rules(known, terms)
    snapshot = steps.open_folders(snapshots)
    day = opt.day(as_of, snapshot.finished_at)
    said = stated(config)
    code_lines = read_origins(origins)
    with alone(private_folder(out)):
        path = judged(snapshot, config, known, rules, said, day, out)
        placed(path, snapshot, code_lines)
        found = assessed(out, config, known, day, snapshot=snapshot, said=said)
        write_assessment(found, out)
        written = [str(path), f"{out}/assessment.json"]
        written.append(sealed(out, snapshot, config, rules, day, written))
    return close(
        path,
        rules,
        fail_on=fail_on,
        gaps=steps.unaccepted(snapshot, config.gaps, day),
        complete=snapshot.complete,
        quiet=quiet,
        written=written,
        assessment=found.outcome.assessment,
    )
