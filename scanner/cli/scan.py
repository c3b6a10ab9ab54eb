"""`cmmc-scan scan`: collect, judge and report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from scanner.cli import options as opt
from scanner.cli import steps
from scanner.cli.assessing import stated
from scanner.cli.finishing import (
    OTHER_RULES,
    OTHER_TARGETS,
    SARIF,
    Order,
    ended,
    finished,
    formats,
)
from scanner.cli.forms import possible
from scanner.cli.lifecycle import NOTHING, Policy, past_options, policy, policy_options
from scanner.cli.origins import origins_option, read_origins
from scanner.collectors.base import Target
from scanner.config import Config
from scanner.errors import InputError
from scanner.output import alone, private_folder
from scanner.snapshot.manifest import NAME


@click.command(
    epilog="""\b
Examples:
  cmmc-scan scan
  cmmc-scan scan -c cmmc-scan.yaml -o out/ --fail-on critical
  cmmc-scan scan --rules IA --rules SC.L2-3.13.11 --targets prod
  cmmc-scan scan -c cmmc-scan.yaml --history history.sqlite --new-only --origins infra/"""
)
@opt.both(
    opt.targets_config_option,
    opt.out_option,
    opt.rules_option,
    opt.rules_dir_option,
    opt.targets_option,
    opt.shard_option,
    opt.resume_option,
    opt.deadline_option,
    opt.as_of_option,
    opt.fail_on_option,
    past_options,
    policy_options,
    origins_option,
    formats(default=("html",), about="Reports besides SARIF and assessment.json; may be repeated."),
    opt.redact_option,
    opt.quiet_option,
)
def command(
    config_path: Path | None,
    out: Path,
    terms: tuple[str, ...],
    rule_folders: tuple[Path, ...],
    target_ids: tuple[str, ...],
    shard: str | None,
    resume: bool,
    deadline: float,
    as_of: str | None,
    fail_on: str,
    history: Path | None,
    baseline: str | None,
    new_only: bool,
    min_score: int | None,
    webhook: str | None,
    origins: tuple[Path, ...],
    forms: tuple[str, ...],
    redact: bool,
    quiet: bool,
) -> int:
    """Collect, judge and report in one go.

    Without a configuration it scans this host. Only what the rules look at is read.
    """
    config = opt.read_config(config_path)
    narrowed = opt.narrowed(config, target_ids, opt.read_shard(shard))
    part = OTHER_RULES if terms else None
    if shard is not None or len(narrowed.targets) != len(config.targets):
        part = OTHER_TARGETS
    return run(
        config,
        out,
        only=narrowed.targets,
        terms=terms,
        rule_folders=rule_folders,
        resume=resume,
        deadline=deadline,
        as_of=as_of,
        fail_on=fail_on,
        quiet=quiet,
        part=part,
        asked=policy(history, baseline, new_only, min_score, webhook),
        origins=origins,
        forms=forms,
        redact=redact,
    )


def run(
    config: Config,
    out: Path,
    *,
    only: Sequence[Target] | None = None,
    terms: tuple[str, ...] = (),
    rule_folders: tuple[Path, ...] = (),
    resume: bool = False,
    deadline: float = 3600,
    as_of: str | None = None,
    fail_on: str = "high",
    quiet: bool = False,
    part: str | None = None,
    asked: Policy = NOTHING,
    origins: Sequence[Path] = (),
    forms: Sequence[str] = ("html",),
    redact: bool = False,
) -> int:
    """A scan with everything settled; returns the exit code.

    only: the targets to scan; the others stay unassessed. part: why it is not a whole scan.
    """
    known = steps.all_rules(rule_folders)
    rules = steps.chosen_rules(known, terms)
    opt.day(as_of, "")
    targets = config.targets if only is None else tuple(only)
    possible(forms, [target.provider for target in targets])
    steps.settled(config, known, rules)
    order = Order(
        config=config,
        known=known,
        rules=rules,
        said=stated(config),
        out=out,
        as_of=as_of,
        fail_on=fail_on,
        quiet=quiet,
        asked=asked,
        code_lines=read_origins(origins),
        forms=(SARIF, *forms),
        redact=redact,
    )
    if (out / NAME).exists():
        raise InputError(f"{out}: a snapshot, and no folder of a scan; choose another with -o")
    with alone(private_folder(out)):
        steps.collected(
            replace(config, targets=targets),
            rules,
            out / "snapshot",
            deadline_seconds=deadline,
            resume=resume,
            quiet=quiet,
        )
        done = finished(order, steps.open_folders([out]), part)
    return ended(order, done)
