"""The files of GitHub's profile: which alerts fit, and writing them in one reading."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from heapq import merge
from pathlib import Path
from typing import Literal

import msgspec

from scanner.facts.ledger import NO_SOURCE
from scanner.findings import Finding
from scanner.output import unwritable, whole_file
from scanner.reports.sarif import CATEGORY, Findings, write_log
from scanner.reports.sarif_inputs import PlainRule, Scan
from scanner.reports.sarif_messages import Phrases
from scanner.reports.sarif_places import Places
from scanner.reports.sarif_results import ENCODER, alert
from scanner.reports.sarif_rules import descriptor, driver

SHOWN = 5_000
"""Results of a run that GitHub keeps; from 25,000 on it rejects the file."""
GZIP_LIMIT = 10_000_000
"""Bytes of the gzipped file: GitHub's limit is 10 MB."""
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
class Content:
    """What the first reading learns of one target."""

    rules: set[str] = field(default_factory=set)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    """Alerts by rule and verdict."""
    blind: set[tuple[str, str, str | None]] = field(default_factory=set)
    """Rule, scope and region (null: any) whose subjects could not be listed."""
    carried: list[Finding] = field(default_factory=list)
    expired: int = 0


def is_alert(finding: Finding) -> bool:
    """Whether GitHub gets to see it: an unsuppressed failure or unknown of something scanned."""
    if finding.reason == NO_SOURCE:
        return False
    return finding.verdict in ("fail", "unknown") and finding.suppressed is None


def home(finding: Finding) -> str:
    """The category that a finding belongs to."""
    return home_of(finding.target)


def home_of(target: str | None) -> str:
    """A target's category."""
    return target or ORGANIZATION


def order(finding: Finding) -> tuple[str, str, bool, str]:
    """The order of findings.jsonl: by rule, scope and subject, what has none at the end."""
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


class Writer:
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
        self._descriptors = {
            name: descriptor(rule, scan.titles, self._phrases[name].strings, None)
            for name, rule in self._rules.items()
        }
        self._places = Places(scan, based=False)

    def write(self, targets: Mapping[str, Content], limit: int) -> dict[str, Category]:
        """The categories whose file came out small enough; the others want a lower limit."""
        try:
            return self._write(targets, limit)
        except OSError as error:  # the scratch folder's; the files' own are told by whole_file
            raise unwritable(Path(tempfile.gettempdir()), error) from error

    def _write(self, targets: Mapping[str, Content], limit: int) -> dict[str, Category]:
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
            earlier = sorted((f for t in targets.values() for f in t.carried), key=order)
            for finding in merge(self._findings(), earlier, key=order):
                name = home(finding)
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

    def _of(self, target: Content) -> list[str]:
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
            "tool": driver(self._scan, [self._descriptors[each] for each in rules], None),
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
