"""`cmmc-scan collect`: read the targets into a snapshot."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from scanner.cli import INCOMPLETE, OK, steps
from scanner.cli import options as opt
from scanner.cli.say import many, say
from scanner.collect import collector_for
from scanner.collectors.base import Target
from scanner.config import Config
from scanner.errors import InputError, Interrupted
from scanner.snapshot.archive import pack
from scanner.snapshot.manifest import NAME
from scanner.snapshot.read import Snapshot, open_snapshot
from scanner.snapshot.write import WORK


@click.command(
    epilog="""\b
Examples:
  cmmc-scan collect -c cmmc-scan.yaml -o snapshot/
  cmmc-scan collect -o snapshot/ --shard 3/10 --resume
  ssh host cmmc-scan collect --provider linux -q -o - > host.tar"""
)
@opt.both(
    opt.targets_config_option,
    click.option(
        "-o",
        "--out",
        type=click.Path(path_type=Path),
        default=Path("snapshot"),
        show_default=True,
        help="Folder of the snapshot; - prints it as a tar.",
    ),
    click.option("--provider", help="Without a configuration: one target of this provider."),
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
    provider: str | None,
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
    _see_where(out)
    config = _config(config_path, provider)
    config = opt.narrowed(config, target_ids, opt.read_shard(shard))
    rules = None
    if not everything:
        rules = steps.chosen_rules(steps.all_rules(rule_folders), terms)

    def collected(folder: Path) -> Snapshot:
        steps.collected(
            config, rules, folder, deadline_seconds=deadline, resume=resume, quiet=quiet
        )
        return open_snapshot(folder)

    if str(out) == "-":
        with TemporaryDirectory(prefix="cmmc-scan-") as name:
            try:
                snapshot = collected(Path(name) / "snapshot")
            except Interrupted:
                raise KeyboardInterrupt from None  # there is nothing left to resume
            pack(Path(name) / "snapshot", sys.stdout.buffer)
    else:
        snapshot = collected(out)
    if not quiet:
        facts = sum(item.facts for _, item in snapshot.files)
        say(
            f"{out}: {many(facts, 'fact')} of {many(len(snapshot.kinds()), 'kind')} from"
            f" {many(len(snapshot.targets), 'target')}, {many(len(snapshot.gaps), 'gap')}",
            err=str(out) == "-",
        )
    day = snapshot.finished_at[:10]
    open_gaps = steps.unaccepted(snapshot, config.gaps, day)
    return INCOMPLETE if open_gaps or not snapshot.complete else OK


def _see_where(out: Path) -> None:
    """Raises InputError where a snapshot would do harm."""
    if str(out) == "-" and sys.stdout.isatty():
        raise InputError("-o -: prints a tar, and here is a terminal; send it on: > host.tar")
    inside = out / "snapshot"
    if (inside / NAME).exists() or (inside / WORK).exists():
        raise InputError(
            f"{out}: a scan's folder, whose snapshot lies in {inside}/; collect into that one, or"
            " into another folder"
        )


def _config(path: Path | None, provider: str | None) -> Config:
    if provider is None:
        return opt.read_config(path)
    if path is not None:
        raise InputError("--provider stands in for a configuration; give one of the two")
    collector_for(provider)
    return Config(None, "", 2, (Target(id=f"this-{provider}", provider=provider, options={}),))
