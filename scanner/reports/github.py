"""github/<target>.sarif: one category a target, as GitHub code scanning takes them.

GitHub knows neither kinds nor suppressions, closes every alert that the newest upload of its
category lacks, and keeps 5,000 results of a run (github.com/docs: SARIF support, limits). So a
file holds unsuppressed failures, and unknowns as warnings, and is not written where it would
close an alert that nobody looked at.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from heapq import merge
from pathlib import Path
from typing import Literal

import msgspec

from scanner.findings import Finding
from scanner.output import private_folder, whole_file
from scanner.reports.sarif import CATEGORY, Findings, write_log
from scanner.reports.sarif_inputs import PlainRule, Scan, described, stand_in
from scanner.reports.sarif_messages import Phrases
from scanner.reports.sarif_places import Places
from scanner.reports.sarif_results import ENCODER, alert
from scanner.reports.sarif_rules import driver, plain

SHOWN = 5_000
"""Results of a run that GitHub keeps; from 25,000 on it rejects the file."""
GZIP_LIMIT = 10_000_000
"""Bytes of the gzipped file: GitHub's limit is 10 MB."""
CARRIED_DAYS = 30
ORGANIZATION = "_organization"
"""The category of findings that belong to no one target; no target's id starts so."""

_SPILL = 256 * 1024
_SEVERITIES = ("critical", "high", "medium", "low", "info")


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one target's file."""

    target: str
    path: Path | None
    """Null: it was not written, and `reason` says why."""
    results: int = 0
    carried: int = 0
    """Failures of an earlier scan among them, since this one could not look again."""
    expired: int = 0
    """Those that were last seen too long ago to be carried on."""
    summarised: int = 0
    """Findings that one result a rule stands for."""
    reason: str | None = None


@dataclass
class _Target:
    """What the first reading learns of one target."""

    rules: set[str] = field(default_factory=set)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    """Alerts by rule and verdict."""
    blind: set[tuple[str, str, str | None]] = field(default_factory=set)
    """Rule, scope and region (null: any) whose subjects could not be listed."""
    carried: list[Finding] = field(default_factory=list)
    expired: int = 0


def write_github(
    folder: Path,
    findings: Findings,
    scan: Scan,
    *,
    targets: Sequence[str],
    complete: bool,
    carried: Iterable[Finding] | None = None,
    subjects: Literal["full", "hashed"] = "hashed",
) -> list[Category]:
    """Write a file a target, and one for what belongs to none; tell what became of each.

    targets: every configured target; one without a finding gets an empty file, which closes its
    alerts. complete: all rules were judged; else nothing is written. carried: the failures of the
    last scan that could look, each with the time when it was really observed; null: there is no
    such baseline, and a target with an unread listing is not written. Files of an earlier scan
    are removed. Memory grows with the targets, not with the findings. Raises InputError.
    """
    private_folder(folder)
    for old in sorted(folder.glob("*.sarif")):
        old.unlink()
    names = sorted({ORGANIZATION, *targets})
    if not complete:
        why = "only a part of the rules was judged, and the others' alerts would be closed"
        return [Category(target=name, path=None, reason=why) for name in names]
    rules = {rule.id: rule for rule in described(scan)}
    seen = {name: _Target() for name in names}
    earlier = _earlier(carried or (), rules)
    _first_reading(findings(), seen, earlier, rules)
    _carry(earlier.values(), seen, scan.ended)
    writer = _Writer(folder, findings, scan, rules, subjects)
    unread = {gap.target for gap in scan.gaps if gap.reach == "listing"}
    done: dict[str, Category] = {}
    for name, target in seen.items():
        if carried is None and (target.blind or name in unread):
            why = (
                "a listing could not be read, and without an earlier scan to carry failures from"
                " its alerts would be closed"
            )
            done[name] = Category(target=name, path=None, reason=why)
    limit = SHOWN
    while open_ := {name: t for name, t in seen.items() if name not in done}:
        done |= writer.write(open_, limit)
        limit //= 2
    return [done[name] for name in sorted(done)]


def is_alert(finding: Finding) -> bool:
    """Whether GitHub gets to see it: an unsuppressed failure or unknown."""
    return finding.verdict in ("fail", "unknown") and finding.suppressed is None


def _home(finding: Finding) -> str:
    return finding.target or ORGANIZATION


def _earlier(carried: Iterable[Finding], rules: Mapping[str, PlainRule]) -> dict[str, Finding]:
    """Earlier failures by fingerprint, under their rule's present id; of a gone rule none."""
    now = {old: rule.id for rule in rules.values() for old in rule.deprecated_ids}
    found = {}
    for finding in carried:
        rule = now.get(finding.rule, finding.rule)
        if finding.verdict == "fail" and finding.suppressed is None and rule in rules:
            found[finding.fingerprint] = msgspec.structs.replace(finding, rule=rule)
    return found


def _first_reading(
    findings: Iterable[Finding],
    seen: dict[str, _Target],
    earlier: dict[str, Finding],
    rules: dict[str, PlainRule],
) -> None:
    """Count, and strike from the earlier failures what this scan looked at again."""
    for finding in findings:
        target = seen.setdefault(_home(finding), _Target())
        target.rules.add(finding.rule)
        earlier.pop(finding.fingerprint, None)
        if finding.rule not in rules:
            rules[finding.rule] = stand_in(finding)
        if is_alert(finding):
            key = (finding.rule, finding.verdict)
            target.counts[key] = target.counts.get(key, 0) + 1
        if finding.verdict == "unknown" and finding.subject is None and finding.source:
            target.blind.add((finding.rule, finding.scope, finding.region))


def _carry(earlier: Iterable[Finding], seen: Mapping[str, _Target], ended: str) -> None:
    """Give each target the earlier failures that it could not look at again."""
    for finding in sorted(earlier, key=_order):
        target = seen.get(_home(finding))
        if target is None:
            continue
        place = (finding.rule, finding.scope)
        if not {(*place, None), (*place, finding.region)} & target.blind:
            continue
        if not _recent(finding.observed_at, ended):
            target.expired += 1
            continue
        target.carried.append(finding)
        target.rules.add(finding.rule)
        key = (finding.rule, "fail")
        target.counts[key] = target.counts.get(key, 0) + 1


def _recent(observed: str | None, ended: str) -> bool:
    try:
        age = datetime.fromisoformat(ended) - datetime.fromisoformat(observed or "")
    except (ValueError, TypeError):
        return False
    return age <= timedelta(days=CARRIED_DAYS)


def _order(finding: Finding) -> tuple[str, str, bool, str]:
    subject = finding.subject
    return finding.rule, finding.scope, subject is None, subject or finding.fingerprint


def quotas(
    counts: Mapping[tuple[str, str], int], severity: Mapping[str, str], limit: int
) -> tuple[dict[tuple[str, str], int], dict[str, int]]:
    """How many alerts of each rule and verdict are listed, and how many of each rule are not.

    Severe ones first, failures before unknowns, then by rule; each rule that is cut short keeps
    room for the one result that stands for the rest.
    """
    if sum(counts.values()) <= limit:
        return dict(counts), {}
    rooms = limit - len({rule for rule, _ in counts})
    listed: dict[tuple[str, str], int] = {}
    rest: dict[str, int] = {}
    for key in sorted(counts, key=lambda k: (_SEVERITIES.index(severity[k[0]]), k[1], k[0])):
        listed[key] = max(0, min(counts[key], rooms))
        rooms -= listed[key]
        if listed[key] < counts[key]:
            rest[key[0]] = rest.get(key[0], 0) + counts[key] - listed[key]
    return listed, rest


class _Spool:
    """Encoded results of one target: in memory, on disk once they are many."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[bytes] = []
        self._size = 0
        self._spilt = False
        self.count = 0

    def add(self, line: bytes) -> None:
        self._lines.append(line)
        self._size += len(line)
        self.count += 1
        if self._size > _SPILL:
            with self._path.open("ab") as out:
                out.writelines(each + b"\n" for each in self._lines)
            self._lines, self._size, self._spilt = [], 0, True

    def __iter__(self) -> Iterator[bytes]:
        if self._spilt:
            with self._path.open("rb") as lines:
                for line in lines:
                    yield line[:-1]
        yield from self._lines


class _Writer:
    """The second reading: alerts into their targets' files."""

    def __init__(
        self,
        folder: Path,
        findings: Findings,
        scan: Scan,
        rules: Mapping[str, PlainRule],
        subjects: Literal["full", "hashed"],
    ) -> None:
        self._folder, self._findings, self._scan = folder, findings, scan
        self._rules = {name: rules[name] for name in sorted(rules)}
        self._full = subjects == "full"
        self._phrases = {name: Phrases(rule, subjects) for name, rule in self._rules.items()}
        self._places = Places(scan, based=False)

    def write(self, targets: Mapping[str, _Target], limit: int) -> dict[str, Category]:
        """The categories whose file came out small enough; the others want a lower limit."""
        severity = {name: rule.severity for name, rule in self._rules.items()}
        shares = {name: quotas(t.counts, severity, limit) for name, t in targets.items()}
        index = {name: {r: n for n, r in enumerate(self._of(t))} for name, t in targets.items()}
        done: dict[str, Category] = {}
        with tempfile.TemporaryDirectory() as scratch:
            spools = {
                name: _Spool(Path(scratch, str(number))) for number, name in enumerate(targets)
            }
            carried = {
                name: {finding.fingerprint for finding in t.carried} for name, t in targets.items()
            }
            earlier = sorted((f for t in targets.values() for f in t.carried), key=_order)
            for finding in merge(self._findings(), earlier, key=_order):
                name = _home(finding)
                if name not in spools or not is_alert(finding):
                    continue
                listed = shares[name][0]
                key = (finding.rule, finding.verdict)
                if listed[key] > 0:
                    listed[key] -= 1
                    again = finding.fingerprint in carried[name]
                    spools[name].add(self._alert(finding, index[name][finding.rule], again))
            for name, target in targets.items():
                for rule, count in sorted(shares[name][1].items()):
                    spools[name].add(self._summary(name, rule, index[name][rule], count))
                path = self._folder / f"{name}.sarif"
                self._compose(path, name, self._of(target), spools[name])
                if _fits(path) or limit <= 1:
                    done[name] = Category(
                        target=name,
                        path=path,
                        results=spools[name].count,
                        carried=len(target.carried),
                        expired=target.expired,
                        summarised=sum(shares[name][1].values()),
                    )
        return done

    def _of(self, target: _Target) -> list[str]:
        """The rules of a target's file: those that were judged there."""
        return [name for name in self._rules if name in target.rules or not target.rules]

    def _alert(self, finding: Finding, index: int, again: bool) -> bytes:
        phrases = self._phrases[finding.rule]
        message = phrases.carried(finding) if again else phrases.of(finding)
        last_seen = finding.observed_at if again else None
        place = self._places.of(finding)
        return ENCODER.encode(
            alert(finding, index, message, place, full=self._full, last_seen=last_seen)
        )

    def _summary(self, name: str, rule_id: str, index: int, count: int) -> bytes:
        rule = self._rules[rule_id]
        known = rule.deprecated_ids[0] if rule.deprecated_ids else rule.id
        mark = sha256("\x1f".join(("v1", "summary", known, name)).encode()).hexdigest()[:16]
        stand_in = Finding(
            rule=rule.id,
            practice=rule.practice,
            objectives=(),
            iso=(),
            verdict="fail",
            strength=rule.strength,
            severity=rule.severity,
            subject=None,
            name=name,
            target=name,
            scope="",
            provider=None,
            region=None,
            message="",
            fingerprint=mark,
            observed_at=None,
            count=count,
        )
        message = self._phrases[rule_id].summary(name, count)
        place = self._places.of_target(name)
        return ENCODER.encode(alert(stand_in, index, message, place, full=False))

    def _compose(self, path: Path, name: str, rules: Sequence[str], spool: _Spool) -> None:
        run = {
            "tool": plain(
                driver(
                    self._scan,
                    [self._rules[each] for each in rules],
                    {each: self._phrases[each].strings for each in rules},
                    None,
                )
            ),
            "automationDetails": {"id": f"{CATEGORY}/{name}/"},
            "columnKind": "utf16CodeUnits",
        }
        with whole_file(path) as out:
            write_log(out, run, spool)


def _fits(path: Path) -> bool:
    """Whether GitHub takes the file: what is under the limit plain is so gzipped."""
    if path.stat().st_size < GZIP_LIMIT:
        return True
    packer = zlib.compressobj(6, wbits=31)
    size = 0
    with path.open("rb") as plain_bytes:
        while piece := plain_bytes.read(1 << 20):
            size += len(packer.compress(piece))
    return size + len(packer.flush()) < GZIP_LIMIT
