"""What a scan is told of the time before: by a history, an earlier findings.jsonl, or GitHub."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from scanner.findings import Finding
from scanner.history import ask


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """The time before this scan, as reports and policies need it."""

    baseline: Mapping[str, str] | None
    """SARIF's baselineState by fingerprint; what it does not know is new. Null: it cannot be told,
    since only failures were kept, and a run's results all have a state or none (3.27.24)."""
    absent: Sequence[Finding] = ()
    """Failures that this scan no longer found."""
    carried: Sequence[Finding] = ()
    """Failures that stand where nobody could look again."""
    known: frozenset[str | None] = frozenset()
    """Targets that an earlier scan knew; null for what belongs to none."""
    removed: Mapping[str, int] = {}
    """Targets that left the configuration, with how many failures went with them."""
    first_seen: Mapping[str, str] = {}
    """The day since which each failure stands."""
    opened: frozenset[str] = frozenset()
    """Failures that were not open before."""
    untold: Mapping[str | None, str] = {}
    """Targets of which the time before could not be told, with the reason."""


class Alerts(msgspec.Struct, frozen=True, kw_only=True):
    """What was left of one target's last upload to GitHub."""

    findings: Sequence[Finding]
    """Failures and unknowns, without a scope."""
    summarised: frozenset[str] = frozenset()
    """Rules of which not every finding was listed."""
    ours: bool = True
    """It came from this configuration: some alert points there, or there is none."""


def from_history(path: Path, configured: Sequence[str]) -> Earlier:
    """What a history tells once this scan was recorded in it. Raises InputError."""
    return Earlier(
        baseline=ask.baseline(path),
        absent=ask.absent(path),
        carried=ask.carried(path),
        known=frozenset(ask.known_targets(path)),
        removed=ask.removed(path, configured),
        first_seen=ask.first_seen(path),
        opened=frozenset(ask.opened(path)),
    )


def from_findings(
    before: Iterable[Finding],
    now: Iterable[Finding],
    configured: Sequence[str],
    renamed: Mapping[str, str],
    scopes: Mapping[str, Collection[str]] | None = None,
) -> Earlier:
    """What the findings of one earlier scan tell of those of this one. renamed: old id -> new id.

    scopes: by target, all places that were looked at; what failed elsewhere is not gone (null: each
    target itself tells which places it has).

    One day is all that a file knows: what was unread then is not carried on, and no failure has a
    first day.
    """
    old = {f.fingerprint: replace(f, rule=renamed.get(f.rule, f.rule)) for f in before}
    known = frozenset(finding.target for finding in old.values())
    baseline: dict[str, str] = {}
    opened: set[str] = set()
    blind: set[tuple[str, str, str | None]] = set()
    for finding in now:
        was = old.pop(finding.fingerprint, None)
        same = was is not None and _looks(was) == _looks(finding)
        baseline[finding.fingerprint] = "new" if was is None else "unchanged" if same else "updated"
        if _open(finding) and not (was is not None and _open(was)):
            opened.add(finding.fingerprint)
        if finding.verdict == "unknown" and finding.subject is None and finding.source:
            blind.add((finding.rule, finding.scope, finding.region))
    missing = [finding for finding in old.values() if _open(finding)]
    gone = [
        f
        for f in missing
        if not {(f.rule, f.scope, None), (f.rule, f.scope, f.region)} & blind
        and not (scopes is not None and f.target and f.scope not in scopes.get(f.target, ()))
    ]
    baseline |= {finding.fingerprint: "absent" for finding in gone}
    removed: dict[str, int] = {}
    for finding in missing:
        if finding.target is not None and finding.target not in configured:
            removed[finding.target] = removed.get(finding.target, 0) + 1
    return Earlier(
        baseline=baseline,
        absent=gone,
        carried=missing,
        known=known,
        removed=dict(sorted(removed.items())),
        opened=frozenset(opened),
    )


def from_alerts(
    before: Mapping[str | None, Alerts],
    now: Iterable[Finding],
    removed: Mapping[str, int],
    untold: Mapping[str | None, str],
) -> Earlier:
    """What the last upload of each target tells of the findings of this scan.

    before: every target that was told of, the removed ones too; one that was never uploaded has no
    alert. untold: the others. Passes were not kept, nor scopes: a failure stands unread as soon as
    any listing of its rule at its target is.
    """
    old = {f.fingerprint: f for alerts in before.values() for f in alerts.findings}
    opened: set[str] = set()
    blind: set[tuple[str | None, str]] = set()
    for finding in now:
        was = old.pop(finding.fingerprint, None)
        if _open(finding) and not (was is not None and _open(was)):
            opened.add(finding.fingerprint)
        if finding.verdict == "unknown" and finding.subject is None and finding.source:
            blind.add((finding.target, finding.rule))
    cut = {
        target: f"more findings of {rule} than it lists one by one"
        for target, alerts in before.items()
        for rule in sorted(alerts.summarised)
        if (target, rule) in blind
    }
    missing = [finding for finding in old.values() if _open(finding)]
    return Earlier(
        baseline=None,
        absent=[f for f in missing if (f.target, f.rule) not in blind],
        carried=list(old.values()),
        known=frozenset(before.keys() - cut.keys()),
        removed=removed,
        opened=frozenset(opened),
        untold={**untold, **cut},
    )


def _open(finding: Finding) -> bool:
    return finding.verdict == "fail" and finding.suppressed is None


def _looks(finding: Finding) -> tuple[str, str, str | None, str | None]:
    return finding.verdict, finding.severity, finding.reason, finding.suppressed
