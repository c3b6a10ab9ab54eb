"""github/<target>.sarif: one category a target, as GitHub code scanning takes them.

GitHub knows neither kinds nor suppressions, closes every alert that the newest upload of its
category lacks, and keeps 5,000 results of a run (github.com/docs: SARIF support, limits). So a
file holds unsuppressed failures, and unknowns as warnings, and is not written where it would
close an alert that nobody looked at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from scanner.errors import InputError
from scanner.findings import Finding
from scanner.output import private_folder, unwritable
from scanner.reports.github_files import (
    ORGANIZATION,
    SHOWN,
    Category,
    Content,
    Writer,
    home,
    home_of,
    is_alert,
    order,
)
from scanner.reports.sarif import Findings
from scanner.reports.sarif_inputs import PlainRule, Scan, described, stand_in

CARRIED_DAYS = 30

_TARGET = re.compile(r"_?[a-z0-9][a-z0-9._-]{0,62}")
"""What a target's id looks like: it becomes a file's name and a category."""


def write_github(
    folder: Path,
    findings: Findings,
    scan: Scan,
    *,
    targets: Sequence[str],
    complete: bool,
    carried: Iterable[Finding] | None = None,
    known: Collection[str | None] | None = None,
    untold: Mapping[str | None, str] | None = None,
    scopes: Mapping[str, Collection[str]] | None = None,
    subjects: Literal["full", "hashed"] = "hashed",
) -> list[Category]:
    """Write a file a target, and one for what belongs to none; tell what became of each.

    targets: every configured target; one without a finding gets an empty file, which closes its
    alerts. complete: all rules were judged; else nothing is written. carried: the failures of the
    last scan that could look, each with the time when it was really observed; null: there is no
    such baseline, and a target with an unread listing is not written. One without a scope (GitHub
    keeps none) counts as unread where any listing of its rule at its target is. known: the targets
    that the baseline speaks of (default: all); another one is treated as if there were none.
    untold: why the baseline says nothing of a target. scopes: by target, all places that were
    looked at; another one counts as unread (null: each target itself tells which it has). Files of
    an earlier scan are removed. Memory grows with the targets and what is carried, not with the
    findings. Raises InputError.
    """
    _emptied(folder)
    names = sorted({ORGANIZATION, *targets})
    if not complete:
        why = "only a part of the rules was judged, and the others' alerts would be closed"
        return [Category(target=name, path=None, reason=why) for name in names]
    rules, oldest = _oldest_ids(described(scan))
    findings = partial(_reading, findings, oldest)
    seen = {name: Content() for name in names}
    _first_reading(findings(), seen, rules)
    earlier = _earlier(_renamed(carried or (), oldest), seen, scopes or {})
    if earlier:  # what this scan looked at again is not carried
        for finding in findings():
            earlier.pop(finding.fingerprint, None)
    _carry(earlier.values(), seen, scan.ended)
    writer = Writer(folder, findings, scan, rules, subjects)
    unread = {gap.target for gap in scan.gaps if gap.reach == "listing"}
    done: dict[str, Category] = {}
    based = {home_of(name) for name in (names if known is None else known)}
    reasons = {home_of(name): why for name, why in (untold or {}).items()}
    for name, target in seen.items():
        first = carried is None or name not in based
        if first and (target.blind or name in unread):
            lacking = "without an earlier scan to carry failures from"
            if name in reasons:
                lacking = f"with nothing to carry failures from ({reasons[name]})"
            why = f"a listing could not be read, and {lacking} its alerts would be closed"
            done[name] = Category(target=name, path=None, reason=why)
        elif first and name in (scopes or {}):
            lacking = "without an earlier scan"
            if carried is not None:
                lacking = "since the history or baseline knows no earlier scan of it"
            why = (
                f"whether its snapshots hold every place of it is not known, and {lacking}"
                " to carry failures from, the alerts of others would be closed"
            )
            done[name] = Category(target=name, path=None, reason=why)
    limit = SHOWN
    while open_ := {name: t for name, t in seen.items() if name not in done}:
        done |= writer.write(open_, limit)
        limit //= 2
    return [done[name] for name in sorted(done)]


def _emptied(folder: Path) -> None:
    private_folder(folder)
    try:
        for old in folder.glob("*.sarif"):
            old.unlink()
    except OSError as error:
        raise unwritable(folder, error) from error


def _oldest_ids(rules: Iterable[PlainRule]) -> tuple[dict[str, PlainRule], dict[str, str]]:
    """The rules by their oldest id, and that id by every other one.

    GitHub matches alerts by rule id and does not read deprecatedIds: a rule that was renamed
    stays there what it was, so that its alerts stay, too.
    """
    found: dict[str, PlainRule] = {}
    oldest: dict[str, str] = {}
    for rule in rules:
        names = (*rule.deprecated_ids, rule.id)
        found[names[0]] = msgspec.structs.replace(rule, id=names[0], deprecated_ids=())
        oldest |= dict.fromkeys(names[1:], names[0])
    return found, oldest


def _reading(findings: Findings, oldest: Mapping[str, str]) -> Iterator[Finding]:
    return _renamed(findings(), oldest) if oldest else findings()


def _renamed(findings: Iterable[Finding], oldest: Mapping[str, str]) -> Iterator[Finding]:
    for finding in findings:
        name = oldest.get(finding.rule)
        yield finding if name is None else msgspec.structs.replace(finding, rule=name)


def _earlier(
    carried: Iterable[Finding],
    seen: Mapping[str, Content],
    scopes: Mapping[str, Collection[str]],
) -> dict[str, Finding]:
    """Earlier failures that nobody could have seen again."""
    found = {}
    for finding in carried:
        target = seen.get(home(finding))
        if target is None or not is_alert(finding):
            continue
        elsewhere = finding.scope not in scopes.get(home(finding), (finding.scope,))
        if elsewhere or _hidden(finding, target.blind):
            found[finding.fingerprint] = finding
    return found


def _hidden(finding: Finding, blind: Collection[tuple[str, str, str | None]]) -> bool:
    """Whether it belongs to a listing that could not be read."""
    if not finding.scope:
        return any(rule == finding.rule for rule, _, _ in blind)
    place = (finding.rule, finding.scope)
    return (*place, None) in blind or (*place, finding.region) in blind


def _first_reading(
    findings: Iterable[Finding], seen: dict[str, Content], rules: dict[str, PlainRule]
) -> None:
    """Count the alerts of each target, and note where it is blind."""
    for finding in findings:
        name = home(finding)
        if name not in seen and not _TARGET.fullmatch(name):
            raise InputError(f"finding {finding.fingerprint}: {name!r} is no target's id")
        target = seen.setdefault(name, Content())
        target.rules.add(finding.rule)
        if finding.rule not in rules:
            rules[finding.rule] = stand_in(finding)
        if is_alert(finding):
            key = (finding.rule, finding.verdict)
            target.counts[key] = target.counts.get(key, 0) + 1
        if finding.verdict == "unknown" and finding.subject is None and finding.source:
            target.blind.add((finding.rule, finding.scope, finding.region))


def _carry(earlier: Iterable[Finding], seen: Mapping[str, Content], ended: str) -> None:
    """Give each target its earlier failures, unless they were last seen too long ago."""
    for finding in sorted(earlier, key=order):
        target = seen[home(finding)]
        if not _recent(finding.observed_at, ended):
            target.expired += 1
            continue
        target.carried.append(finding)
        target.rules.add(finding.rule)
        key = (finding.rule, finding.verdict)
        target.counts[key] = target.counts.get(key, 0) + 1


def _recent(observed: str | None, ended: str) -> bool:
    try:
        age = datetime.fromisoformat(ended) - datetime.fromisoformat(observed or "")
    except (ValueError, TypeError):
        return False
    return age <= timedelta(days=CARRIED_DAYS)
