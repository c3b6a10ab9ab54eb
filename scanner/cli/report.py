"""`cmmc-scan report`: write reports from a scan's folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from scanner import findings, judgement
from scanner.cli import INCOMPLETE, OK, steps
from scanner.cli import options as opt
from scanner.cli.assessing import assessed
from scanner.cli.files import write_reports
from scanner.cli.finishing import OTHER_RULES, OTHER_TARGETS
from scanner.cli.forms import FORMS, impossible, write_forms
from scanner.cli.lifecycle import (
    NOTHING,
    past_options,
    policy,
    recalled,
    remember_score,
    since_words,
)
from scanner.cli.say import columns, say
from scanner.cli.sealing import verified
from scanner.errors import InputError
from scanner.output import alone, private_folder
from scanner.reports.asff import hub_of
from scanner.reports.table import RuleText, summarise, table


@click.command(
    epilog="""\b
Examples:
  cmmc-scan report out/
  cmmc-scan report out/ -c cmmc-scan.yaml --format html --format xlsx
  cmmc-scan report out/ -c cmmc-scan.yaml --format sarif --history history.sqlite
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
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    callback=opt.a_place,
    help="Where to write (default: FOLDER).",
)
@opt.redact_option
@click.option(
    "--names/--no-names", default=True, help="Name resources, or only count them (markdown alone)."
)
@opt.both(opt.config_option, opt.rules_dir_option, opt.as_of_option, past_options)
def command(
    folder: Path,
    forms: tuple[str, ...],
    out: Path | None,
    redact: bool,
    names: bool,
    config_path: Path | None,
    rule_folders: tuple[Path, ...],
    as_of: str | None,
    history: Path | None,
    baseline: str | None,
) -> int:
    """Write reports from FOLDER, where a scan left its snapshot and findings.

    Of several formats those that cannot be are told with the reason, and the others are written:
    that exits 3. Where none can be, it exits 2.
    """
    if not names and set(forms) != {"markdown"}:
        raise InputError("--no-names goes with --format markdown alone: others name resources")
    asked = policy(history, baseline, records=False)
    rules = steps.all_rules(rule_folders)
    path = folder / "findings.jsonl"
    snapshot = steps.open_folders([folder])
    others = [name for name in dict.fromkeys(forms) if name != "table"]
    lacking = impossible(others, ("aws",) if hub_of(snapshot.targets) is not None else ())
    if lacking and set(forms) <= set(lacking):
        raise InputError(list(lacking.values()))
    others = [name for name in others if name not in lacking]
    config = opt.read_config(config_path)
    verified(folder, snapshot, config if others else None)
    if not forms or "table" in forms:
        texts = {rule.id: RuleText(rule.title, rule.fix) for rule in rules}
        for line in table(summarise(findings.read(path)), texts, columns()):
            say(line)
    for why in lacking.values():
        say(f"not written: {why}", err=True)
    done = INCOMPLETE if lacking else OK
    if not others and asked == NOTHING:
        return done
    judged = {finding.rule for finding in findings.read(path)}
    chosen = [rule for rule in rules if rule.id in judged]
    seen = {target.id for target in snapshot.targets if not target.parts}
    part = OTHER_RULES if len(chosen) != len(rules) else None
    if not {t.id for t in config.targets} <= seen:
        part = OTHER_TARGETS
    whole = part is None
    scanned = replace(config, targets=tuple(t for t in config.targets if t.id in seen))
    before = recalled(asked, path, scanned, chosen, snapshot.finished_at, whole=whole)
    days = before.earlier.first_seen if before is not None else None
    found = assessed(folder, config, rules, as_of, snapshot=snapshot, first_seen=days)
    remember_score(asked, before, found.outcome.assessment)
    since = since_words(before)
    if since is not None and (not forms or "table" in forms):
        say(since)
    if not others:
        return done
    into = private_folder(out or folder)
    with alone(into):
        made: list[str] = []
        if "sarif" in others:
            made = write_reports(
                snapshot,
                path,
                config,
                chosen,
                into,
                targets=[target.id for target in config.targets],
                part=part,
                before=before,
                redact=redact,
            )
            made = [name for name in made if "sarif" in name or "github" in name]
        made += write_forms(
            [name for name in others if name in FORMS],
            found,
            config,
            into,
            redact=redact,
            history=history,
            names=names,
        )
        judgement.add(folder, map(Path, made))
    for name in made:
        say(name)
    return done
