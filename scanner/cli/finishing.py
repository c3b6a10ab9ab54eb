"""From a snapshot to its files and the exit code: what `scan` and `evaluate` share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scanner.assess.outcome import Stated
from scanner.assess.result import Assessment
from scanner.cli import options as opt
from scanner.cli import steps
from scanner.cli.assessing import assessed, redact_findings, write_assessment
from scanner.cli.ending import close
from scanner.cli.files import write_reports
from scanner.cli.forms import FORMS, write_forms
from scanner.cli.judging import judged
from scanner.cli.lifecycle import NOTHING, Past, Policy, past, remember_score, tell
from scanner.cli.origins import placed
from scanner.cli.sealing import sealed
from scanner.collectors.base import Target
from scanner.config import Config
from scanner.rules.load import Rules
from scanner.rules.model import Rule
from scanner.snapshot.read import Snapshot

if TYPE_CHECKING:
    from scanner.cli.origins import Made

SARIF = "sarif"
"""The format that is findings.sarif and github/; `scan` always writes it."""

OTHER_RULES = "only a part of the rules was judged, and the others' alerts would be closed"
OTHER_TARGETS = "only a part of the targets was looked at, and the others' alerts would be closed"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is made of a snapshot; all of it was checked before anything was read."""

    config: Config
    known: Rules
    rules: Sequence[Rule]
    said: Stated
    out: Path
    as_of: str | None = None
    fail_on: str = "high"
    quiet: bool = False
    asked: Policy = NOTHING
    code_lines: Made | None = None
    forms: Sequence[str] = ()
    redact: bool = False
    carried_home: bool = False
    """The snapshots came from elsewhere: a place that they do not hold was not looked at."""


@dataclass(frozen=True)
class Finished:
    """What was written, and what the closing table and the exit code go by."""

    path: Path
    written: Sequence[str]
    assessment: Assessment
    before: Past | None
    gaps: int
    complete: bool
    """Everything that was planned was looked at, and every configured target is there."""


def formats(*names: str, default: Sequence[str] = (), about: str) -> Any:
    """The option --format. names: those besides FORMS."""
    return click.option(
        "-f",
        "--format",
        "forms",
        type=click.Choice((*names, *FORMS)),
        multiple=True,
        default=tuple(default),
        show_default=bool(default),
        help=about,
    )


def finished(order: Order, snapshot: Snapshot, part: str | None) -> Finished:
    """Judge, conclude and write into the folder of the order, which is the caller's alone.

    part: why this is not everything that there is; null: it is.
    """
    config, out, asked, rules = order.config, order.out, order.asked, order.rules
    day = opt.day(order.as_of, snapshot.finished_at)
    path = judged(snapshot, config, order.known, rules, order.said, day, out)
    placed(path, snapshot, order.code_lines)
    whole = part is None
    seen = looked_at(config, snapshot)
    missing = in_none(config, snapshot) if order.carried_home else ()
    known = replace(seen, targets=(*seen.targets, *missing))
    scopes = scopes_of(snapshot, missing) if order.carried_home else None
    before = past(asked, path, known, rules, snapshot.finished_at, whole=whole, scopes=scopes)
    written = [str(path)]
    if SARIF in order.forms:
        names = [target.id for target in (*config.targets, *seen.targets)]
        written = write_reports(
            snapshot,
            path,
            config,
            rules,
            out,
            targets=list(dict.fromkeys(names)),
            part=part,
            before=before,
            scopes=scopes,
            redact=order.redact,
        )
        if order.carried_home:
            written.remove(f"{out}/snapshot/")
    days = before.earlier.first_seen if before is not None else None
    found = assessed(
        out, config, order.known, day, snapshot=snapshot, said=order.said, first_seen=days
    )
    write_assessment(found, out, redact=order.redact)
    assessment = found.outcome.assessment
    remember_score(asked, before, assessment)
    written.append(f"{out}/assessment.json")
    forms = [name for name in order.forms if name != SARIF]
    written += write_forms(forms, found, config, out, redact=order.redact, history=asked.history)
    gaps = steps.unaccepted(snapshot, config.gaps, day)
    tell(asked, before, path, config, assessment, snapshot.finished_at, gaps)
    if order.redact:
        redact_findings(found)
    written.append(sealed(out, snapshot, config, rules, day, written))
    return Finished(path, written, assessment, before, gaps, snapshot.complete and not missing)


def ended(order: Order, done: Finished) -> int:
    """Print the closing table; returns the exit code."""
    return close(
        done.path,
        order.rules,
        fail_on=order.fail_on,
        gaps=done.gaps,
        complete=done.complete,
        quiet=order.quiet,
        written=done.written,
        assessment=done.assessment,
        asked=order.asked,
        before=done.before,
    )


def looked_at(config: Config, snapshot: Snapshot) -> Config:
    """The configuration with the targets that the snapshot holds whole, named there or not."""
    named = {target.id: target for target in config.targets}
    whole = [target for target in snapshot.targets if not target.parts]
    return replace(
        config,
        targets=tuple(named.get(t.id) or Target(t.id, t.provider, {}) for t in whole),
    )


def in_none(config: Config, snapshot: Snapshot) -> tuple[Target, ...]:
    """The targets of a configuration file of which the snapshot holds nothing."""
    there = {target.id for target in snapshot.targets}
    configured = config.targets if config.path is not None else ()
    return tuple(target for target in configured if target.id not in there)


def scopes_of(snapshot: Snapshot, missing: Sequence[Target] = ()) -> dict[str, frozenset[str]]:
    """The places that the snapshot holds, by target; none of those that are missing."""
    held = {t.id: frozenset(scope.id for scope in t.scopes) for t in snapshot.targets}
    return {**{target.id: frozenset() for target in missing}, **held}
