"""`cmmc-scan scan`: collect, judge and report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from scanner.cli import options as opt
from scanner.cli import steps
from scanner.cli.assessing import assessed, redact_findings, stated, write_assessment
from scanner.cli.ending import close
from scanner.cli.files import write_reports
from scanner.cli.forms import FORMS, possible, write_forms
from scanner.cli.judging import judged
from scanner.cli.lifecycle import (
    NOTHING,
    Policy,
    lifecycle_options,
    past,
    policy,
    remember_score,
    tell,
)
from scanner.cli.origins import origins_option, placed, read_origins
from scanner.cli.sealing import sealed
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
    lifecycle_options,
    origins_option,
    click.option(
        "-f",
        "--format",
        "forms",
        type=click.Choice(tuple(FORMS)),
        multiple=True,
        default=("html",),
        show_default=True,
        help="Reports besides SARIF and assessment.json; may be repeated.",
    ),
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
        whole=not terms and shard is None and len(narrowed.targets) == len(config.targets),
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
    whole: bool = True,
    asked: Policy = NOTHING,
    origins: Sequence[Path] = (),
    forms: Sequence[str] = ("html",),
    redact: bool = False,
) -> int:
    """A scan with everything settled; returns the exit code.

    only: the targets to scan; the others stay unassessed. whole: nothing was left out.
    """
    known = steps.all_rules(rule_folders)
    rules = steps.chosen_rules(known, terms)
    opt.day(as_of, "")
    targets = config.targets if only is None else tuple(only)
    possible(forms, [target.provider for target in targets])
    steps.settled(config, known, rules)
    said = stated(config)
    code_lines = read_origins(origins)
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
        snapshot = steps.open_folders([out])
        day = opt.day(as_of, snapshot.finished_at)
        path = judged(snapshot, config, known, rules, said, day, out)
        placed(path, snapshot, code_lines)
        seen = {target.id for target in snapshot.targets if not target.parts}
        scanned = replace(config, targets=tuple(t for t in config.targets if t.id in seen))
        before = past(asked, path, scanned, rules, snapshot.finished_at, whole=whole)
        written = write_reports(
            snapshot, path, config, rules, out, whole=whole, before=before, redact=redact
        )
        days = before.earlier.first_seen if before is not None else None
        found = assessed(out, config, known, day, snapshot=snapshot, said=said, first_seen=days)
        write_assessment(found, out, redact=redact)
        remember_score(asked, before, found.outcome.assessment)
        written.append(f"{out}/assessment.json")
        written += write_forms(forms, found, config, out, redact=redact, history=asked.history)
        gaps = steps.unaccepted(snapshot, config.gaps, day)
        tell(asked, before, path, config, found.outcome.assessment, snapshot.finished_at, gaps)
        if redact:
            redact_findings(found)
        written.append(sealed(out, snapshot, config, rules, day, written))
    return close(
        path,
        rules,
        fail_on=fail_on,
        gaps=gaps,
        complete=snapshot.complete,
        quiet=quiet,
        written=written,
        assessment=found.outcome.assessment,
        asked=asked,
        before=before,
    )
