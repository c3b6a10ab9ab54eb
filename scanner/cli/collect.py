"""`cmmc-scan collect`: read the targets into a snapshot."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.cli import INCOMPLETE, OK, steps
from scanner.cli import options as opt
from scanner.snapshot.read import open_snapshot


@click.command(
    epilog="""\b
Examples:
  cmmc-scan collect -c cmmc-scan.yaml -o snapshot/
  cmmc-scan collect -o snapshot/ --shard 3/10 --resume"""
)
@opt.both(
    opt.config_option,
    click.option(
        "-o",
        "--out",
        type=click.Path(path_type=Path),
        default=Path("snapshot"),
        show_default=True,
        help="Folder of the snapshot.",
    ),
    opt.rules_option,
    opt.rules_dir_option,
    click.option("--everything", is_flag=True, help="Also what no rule looks at."),
    opt.targets_option,
    opt.shard_option,
    opt.resume_option,
    opt.deadline_option,
    opt.quiet_option,
)
def command(
    config_path: Path | None,
    out: Path,
    terms: tuple[str, ...],
    rule_folders: tuple[Path, ...],
    everything: bool,
    target_ids: tuple[str, ...],
    shard: str | None,
    resume: bool,
    deadline: float,
    quiet: bool,
) -> int:
    """Read the targets into a snapshot: facts, gaps and ledger, hashed.

    Exits 3 if something could not be read.
    """
    config = opt.narrowed(opt.read_config(config_path), target_ids, opt.read_shard(shard))
    rules = None
    if not everything:
        rules = steps.chosen_rules(steps.all_rules(rule_folders), terms)
    steps.collected(config, rules, out, deadline_seconds=deadline, resume=resume, quiet=quiet)
    snapshot = open_snapshot(out)
    facts = sum(item.facts for _, item in snapshot.files)
    if not quiet:
        click.echo(
            f"{out}: {facts} facts of {len(snapshot.kinds())} kinds from"
            f" {len(snapshot.targets)} targets, {len(snapshot.gaps)} gaps"
        )
    day = snapshot.finished_at[:10]
    open_gaps = steps.unaccepted(snapshot, config.gaps, day)
    return INCOMPLETE if open_gaps or not snapshot.complete else OK
