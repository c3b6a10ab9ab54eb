"""What one scan is told of the time before it: by a history, or by an earlier findings.jsonl."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from scanner.findings import Finding
from scanner.history import ask


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """The time before this scan, as reports and policies need it."""

    baseline: Mapping[str, str]
    """SARIF's baselineState by fingerprint; what it does not know is new."""
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
) -> Earlier:
    """What the findings of one earlier scan tell of those of this one. renamed: old id -> new id.

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
        f for f in missing if not {(f.rule, f.scope, None), (f.rule, f.scope, f.region)} & blind
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


def _open(finding: Finding) -> bool:
    return finding.verdict == "fail" and finding.suppressed is None


def _looks(finding: Finding) -> tuple[str, str, str | None, str | None]:
    return finding.verdict, finding.severity, finding.reason, finding.suppressed
