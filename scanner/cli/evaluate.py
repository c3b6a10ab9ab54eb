"""`cmmc-scan evaluate`: judge one or several snapshots by the rules."""

from __future__ import annotations

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
    in_none,
    looked_at,
)
from scanner.cli.forms import possible
from scanner.cli.lifecycle import file_options, policy, policy_options
from scanner.cli.origins import origins_option, read_origins
from scanner.cli.say import say
from scanner.config import Config
from scanner.errors import InputError
from scanner.history.ask import not_older
from scanner.output import alone, private_folder
from scanner.reports.asff import hub_of
from scanner.snapshot.read import Snapshot

_NO_TARGETS = "without a configuration nobody says which targets there are; name it with -c"


@click.command(
    epilog="""\b
Examples:
  cmmc-scan evaluate snapshot/ -o out/
  cmmc-scan evaluate east/ west/ -c cmmc-scan.yaml --as-of 2026-12-01
  cmmc-scan evaluate *.tar -c cmmc-scan.yaml --history history.sqlite --new-only -f sarif"""
)
@click.argument("snapshots", nargs=-1, required=True, type=click.Path(path_type=Path))
@opt.both(
    opt.config_option,
    opt.out_option,
    opt.rules_option,
    opt.rules_dir_option,
    opt.as_of_option,
    opt.fail_on_option,
    file_options,
    policy_options,
    origins_option,
    formats(
        SARIF,
        about="Reports besides assessment.json; may be repeated. sarif: findings.sarif and, of"
        " whole targets, the files for GitHub.",
    ),
    opt.redact_option,
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
    """Judge SNAPSHOTS as one: findings.jsonl and assessment.json, and what else is asked for.

    Opens no connection but that of --notify. An account, tenant or host that is in none of the
    snapshots was not looked at: it is unread, and its failures are not fixed. A target of the
    configuration that is in none is named, and exits 3. No snapshot is left beside the findings:
    `report` and `assess` take the folder only if the snapshot lies there as snapshot/.
    """
    asked = policy(history, baseline, new_only, min_score, webhook, carried_home=True)
    config = opt.read_config(config_path)
    known = steps.all_rules(rule_folders)
    rules = steps.chosen_rules(known, terms)
    snapshot = steps.open_folders(snapshots)
    _same_providers(config, snapshot)
    not_older(history, snapshot.finished_at, "evaluate the snapshot of that run")
    possible(forms, ("aws",) if hub_of(snapshot.targets) is not None else ())
    order = Order(
        config=config,
        known=known,
        rules=rules,
        said=stated(config),
        out=out,
        as_of=opt.day(as_of, snapshot.finished_at),
        fail_on=fail_on,
        quiet=quiet,
        asked=asked,
        code_lines=read_origins(origins),
        forms=tuple(dict.fromkeys(forms)),
        redact=redact,
        carried_home=True,
    )
    missing = ", ".join(target.id for target in in_none(config, snapshot))
    if missing:
        say(f"{config.path}: targets that are in none of the snapshots: {missing}", err=True)
    with alone(private_folder(out)):
        done = finished(order, snapshot, _part(config, snapshot, terms))
    return ended(order, done)


def _same_providers(config: Config, snapshot: Snapshot) -> None:
    """See that nothing goes by the id of a configured target of another kind. Raises InputError."""
    there = {target.id: target.provider for target in snapshot.targets}
    configured = config.targets if config.path is not None else ()
    faults = [
        f"{target.where}: target {target.id!r} is {target.provider} here and {there[target.id]} in"
        " the snapshot; name it by another id, or evaluate the snapshot that belongs to it"
        for target in configured
        if there.get(target.id, target.provider) != target.provider
    ]
    if faults:
        raise InputError(faults)


def _part(config: Config, snapshot: Snapshot, terms: tuple[str, ...]) -> str | None:
    """Why this is not everything that there is, or null."""
    if terms:
        return OTHER_RULES
    if config.path is None:
        return _NO_TARGETS
    seen = {target.id for target in looked_at(config, snapshot).targets}
    return None if {target.id for target in config.targets} <= seen else OTHER_TARGETS
