"""One run into the history: what is new, what was fixed, what nobody could look at."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import msgspec

from scanner.findings import Finding, encode
from scanner.history.store import CLOSED, SEVERITIES, State, signed, writing
from scanner.history.totals import totals

KEPT_DAYS = 400
"""A finding that has been gone for longer is forgotten."""

NEW, UNCHANGED, UPDATED, ABSENT = range(4)
"""finding.baseline: SARIF's baselineState (2.1.0, 3.27.24) at the run that it was last part of."""

_SEEN = {
    "pass": State.PASS,
    "fail": State.FAIL,
    "unknown": State.UNKNOWN,
    "not-applicable": State.NOT_APPLICABLE,
}


class RuleIds(Protocol):
    """What the history needs to know of a rule."""

    @property
    def id(self) -> str: ...
    @property
    def deprecated_ids(self) -> Sequence[str]: ...


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What one run changed."""

    run: int
    opened: int
    """Failures that were not open before."""
    fixed: int
    """Failures that a look at the same place no longer found."""


class RuleName(msgspec.Struct, frozen=True):
    """A rule's ids alone."""

    id: str
    deprecated_ids: tuple[str, ...] = ()


class _Row(msgspec.Struct):
    """A finding as the history has it, in the order of its columns."""

    fingerprint: int
    rule: int
    scope: int
    target: int | None
    region: int | None
    name: str
    severity: int
    reason: int | None
    listing: int
    state: int
    known: int
    baseline: int
    first: int
    last: int
    run: int
    since: int | None
    opened: int | None
    body: bytes | None


_COLUMNS = _Row.__struct_fields__
_WRITE = (
    f"INSERT OR REPLACE INTO finding ({', '.join(_COLUMNS)})"
    f" VALUES ({', '.join('?' * len(_COLUMNS))})"
)


def record(
    path: Path,
    findings: Iterable[Finding],
    when: str,
    *,
    rules: Iterable[RuleIds],
    targets: Collection[str],
    whole: bool,
    scopes: Mapping[str, Collection[str]] | None = None,
) -> Recorded:
    """Write one run into the history at `path`, made if it is missing.

    when: the snapshot's end, UTC. rules, targets: those that were judged and scanned; only they can
    close a finding. whole: they are all that there are, so that what belongs to another target or
    rule is closed as removed. scopes: by target, all places that were looked at; what was found
    elsewhere stands unread (null: each target itself tells which places it has). A run that ended
    before one that is already there changes only what that one did not see. Raises InputError.
    """
    with writing(path) as database:
        run = _Run(database, when, rules, targets, whole, scopes or {})
        for finding in findings:
            run.see(finding)
        done = run.same()
        return done if done is not None else run.finish()


def scored(path: Path, run: int, low: int, high: int) -> None:
    """Note the score that was concluded from a run."""
    with writing(path) as database:
        database.execute(
            "UPDATE run SET score_low = ?, score_high = ? WHERE id = ?", (low, high, run)
        )


class _Run:
    """One run on its way into the tables; lives inside one transaction."""

    def __init__(
        self,
        database: sqlite3.Connection,
        when: str,
        rules: Iterable[RuleIds],
        targets: Collection[str],
        whole: bool,
        scopes: Mapping[str, Collection[str]],
    ) -> None:
        self._database, self._when, self._whole = database, when, whole
        self._times: dict[int, str] = dict(database.execute("SELECT id, at FROM run"))
        self._id = max(self._times, default=0) + 1
        self._words: dict[str, int] = {
            text: number for number, text in database.execute("SELECT id, text FROM word")
        }
        self._first_new_word = len(self._words) + 1
        self._rows = {
            row[0]: _Row(*row)
            for row in database.execute(f"SELECT {', '.join(_COLUMNS)} FROM finding")
        }
        listed = list(rules)
        self._now = {self._word(r.id): self._word(r.id) for r in listed}
        self._now |= {self._word(old): self._word(r.id) for r in listed for old in r.deprecated_ids}
        self._targets = {self._word(name) for name in targets}
        self._places = {
            self._word(name): set(map(self._word, places)) for name, places in scopes.items()
        }
        self._blind: set[tuple[int, int, int | None]] = set()
        self._seen: dict[int, _Row] = {}
        self._changes: list[tuple[int, int, int]] = []
        self._opened = self._fixed = 0
        self._digest = sha256()

    def _word(self, text: str) -> int:
        return self._words.setdefault(text, len(self._words) + 1)

    def _optional(self, text: str | None) -> int | None:
        return None if text is None else self._word(text)

    def see(self, finding: Finding) -> None:
        """Take one finding of this run; the later of two with one fingerprint counts."""
        state = _SEEN[finding.verdict]
        if finding.suppressed is not None and state in (State.FAIL, State.UNKNOWN):
            state = State.WAIVED
        listing = finding.verdict == "unknown" and finding.subject is None
        row = _Row(
            fingerprint=signed(finding.fingerprint),
            rule=self._word(finding.rule),
            scope=self._word(finding.scope),
            target=self._optional(finding.target),
            region=self._optional(finding.region),
            name=finding.name,
            severity=SEVERITIES.index(finding.severity),
            reason=self._optional(finding.reason),
            listing=int(listing),
            state=state,
            known=state,
            baseline=NEW,
            first=self._id,
            last=self._id,
            run=self._id,
            since=None,
            opened=None,
            body=zlib.compress(encode(finding), 6) if finding.verdict == "fail" else None,
        )
        if listing and finding.source:
            self._blind.add((row.rule, row.scope, row.region))
        self._digest.update(f"{finding.fingerprint}{state:x}{row.severity:x}".encode())
        self._seen[row.fingerprint] = row

    def same(self) -> Recorded | None:
        """The run that is this one, if it was recorded already.

        One after which its snapshot was judged otherwise counts anew: the last word holds.
        """
        # sorted: word ids depend on the order of first mention, names do not
        names = {number: text for text, number in self._words.items()}
        about = (
            sorted(names[n] for n in self._targets),
            sorted(f"{names[old]}>{names[new]}" for old, new in self._now.items()),
            self._whole,
        )
        self._digest.update(repr(about).encode())
        last = self._id - 1
        anew = self._digest.copy()
        anew.update(str(last).encode())
        found = self._database.execute(
            "SELECT id, opened, fixed FROM run WHERE at = ? AND digest IN (?, ?) ORDER BY id DESC",
            (self._when, self._digest.digest(), anew.digest()),
        ).fetchone()
        if found is None:
            return None
        if found[0] != last and self._when == max(self._times.values()):
            self._digest.update(str(self._id).encode())
            return None
        return Recorded(run=found[0], opened=found[1], fixed=found[2])

    def finish(self) -> Recorded:
        """Everything was seen: settle what was not, and write."""
        written = [self._settle(row) for row in self._seen.values()]
        written += self._missing()
        text = {number: word for word, number in self._words.items()}
        self._database.executemany(
            "INSERT INTO word (id, text) VALUES (?, ?)",
            ((n, text[n]) for n in range(self._first_new_word, len(text) + 1)),
        )
        self._database.executemany(_WRITE, (_values(row) for row in written))
        self._database.executemany("INSERT INTO change VALUES (?, ?, ?)", self._changes)
        self._database.execute(
            f"INSERT INTO run VALUES ({', '.join('?' * 16)}, NULL, NULL)",
            (
                *(self._id, self._when, self._digest.digest(), int(self._whole)),
                *(self._opened, self._fixed, len(self._changes)),
                *totals(self._database),
            ),
        )
        self._forget()
        return Recorded(run=self._id, opened=self._opened, fixed=self._fixed)

    def _settle(self, row: _Row) -> _Row:
        """What was seen, set against what is known of it."""
        old = self._rows.get(row.fingerprint)
        if old is None:
            self._begin(row)
            return row
        if self._times[old.run] > self._when:  # a later run has spoken
            return self._backdated(old, row)
        row.first = old.first
        row.listing &= old.listing
        absent = old.state >= State.GONE
        same = (old.known, old.severity, old.reason) == (row.state, row.severity, row.reason)
        row.baseline = NEW if absent else UNCHANGED if same else UPDATED
        if row.state in CLOSED:
            if old.since is not None and old.known != State.WAIVED:
                self._fixed += 1
        elif row.state == State.FAIL or old.since is not None:
            row.since = old.since if old.since is not None else self._id
            row.opened = old.opened
            row.body = row.body or old.body
            if row.state == State.FAIL and row.opened is None:
                row.opened = self._id
                self._opened += 1
            elif row.state == State.WAIVED:
                row.opened = None
        if old.state != row.state:
            self._changes.append((row.fingerprint, self._id, row.state))
        return row

    def _begin(self, row: _Row) -> None:
        if row.body is not None:  # it fails, set aside or not
            row.since = self._id
        if row.state == State.FAIL:
            row.opened = self._id
            self._opened += 1
        self._changes.append((row.fingerprint, self._id, row.state))

    def _backdated(self, old: _Row, row: _Row) -> _Row:
        if self._times[old.first] > self._when:
            old.first = self._id
        if old.since is not None and row.body is not None and self._times[old.since] > self._when:
            old.since = self._id
        return old

    def _missing(self) -> Iterator[_Row]:
        """Findings of earlier runs that this one did not have."""
        for key, row in self._rows.items():
            if key in self._seen or row.state >= State.GONE or self._times[row.run] > self._when:
                continue
            row.rule = self._now.get(row.rule, row.rule)
            state = self._fate(row)
            if state is None:
                continue
            row.run = self._id
            row.baseline = UNCHANGED
            if state != State.UNREAD:
                row.baseline = ABSENT
                if row.since is not None and row.known != State.WAIVED:
                    self._fixed += 1
                row.known = state
                row.since = row.opened = None
            if row.state != state:
                self._changes.append((key, self._id, state))
            row.state = state
            yield row

    def _fate(self, row: _Row) -> State | None:
        """What became of a finding that was not seen; null: this run did not concern it."""
        if row.target is not None and row.target not in self._targets:
            return State.TARGET_REMOVED if self._whole else None
        if row.rule not in self._now:
            return State.RULE_REMOVED if self._whole else None
        if row.target is None and not self._whole:
            return None
        place = (row.rule, row.scope)
        blind = bool({(*place, None), (*place, row.region)} & self._blind)
        if row.target in self._places:
            blind |= row.scope not in self._places[row.target]
        if blind and not row.listing:
            return State.UNREAD
        return State.GONE

    def _forget(self) -> None:
        self._database.execute(
            "UPDATE finding SET body = NULL WHERE body NOT NULL AND state >= ? AND run < ?",
            (State.GONE, self._id),
        )
        try:
            edge = datetime.fromisoformat(self._when) - timedelta(days=KEPT_DAYS)
        except (ValueError, OverflowError):
            return
        day = edge.strftime("%Y-%m-%dT%H:%M:%SZ")
        old = "SELECT fingerprint FROM finding JOIN run ON run.id = finding.run WHERE state >= ?"
        for table in ("change", "finding"):
            self._database.execute(
                f"DELETE FROM {table} WHERE fingerprint IN ({old} AND at < ?)", (State.GONE, day)
            )


def _values(row: _Row) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in _COLUMNS)
