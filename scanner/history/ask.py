"""What the history tells: baseline, failures to carry, first days, the trend."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from scanner.errors import InputError
from scanner.findings import Finding
from scanner.history.record import ABSENT
from scanner.history.store import State, begun, hexed, reading

REMOVED_DAYS = 30
"""For so long a removed target gets an empty analysis, in case that an upload was lost."""

_BASELINE = ("new", "unchanged", "updated", "absent")
_DECODER = msgspec.json.Decoder(Finding)
_LAST = "(SELECT max(id) FROM run)"


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One run in the trend: what was open after it."""

    run: int
    at: str
    whole: bool
    opened: int
    fixed: int
    changed: int
    critical: int
    high: int
    medium: int
    low: int
    info: int
    passed: int
    unknown: int
    """Those of the closing table; what no target can tell and what nobody stated is not there."""
    waived: int
    unread: int
    """Findings whose listing could not be read; what was known last still holds."""
    score_low: int | None
    score_high: int | None

    @property
    def failing(self) -> int:
        return self.critical + self.high + self.medium + self.low + self.info


def trend(path: Path, last: int | None = None) -> list[Point]:
    """Every run by its time, or the last so many. Raises InputError."""
    names = Point.__struct_fields__
    columns = ", ".join("id" if name == "run" else name for name in names)
    with reading(path) as database:
        rows = database.execute(f"SELECT {columns} FROM run ORDER BY at, id").fetchall()
    points = [
        msgspec.convert(dict(zip(names, row, strict=True)), Point, strict=False) for row in rows
    ]
    return points if last is None else points[-last:]


def not_older(path: Path | None, when: str, instead: str) -> str | None:
    """When the last run ended that was recorded; null where there is none.

    Raises InputError, naming what to do instead, if it is not what ended at `when` and runs ended
    later: their changes would be told as those of this one.
    """
    runs = trend(path) if path is not None and begun(path) else []
    last = max(runs, key=lambda run: run.run, default=None)
    if last is None:
        return None
    newest = max(run.at for run in runs)
    if last.at != when and newest > when:
        raise InputError(
            f"--history {path}: its last run ended at {newest}, after this scan ({when});"
            f" {instead}, or compare with --baseline"
        )
    return last.at


def baseline(path: Path) -> dict[str, str]:
    """SARIF's baselineState by fingerprint: the last run against what was known before it."""
    with reading(path) as database:
        rows = database.execute(f"SELECT fingerprint, baseline FROM finding WHERE run = {_LAST}")
        return {hexed(number): _BASELINE[state] for number, state in rows}


def absent(path: Path) -> list[Finding]:
    """Failures that the last run no longer found, as they were last seen."""
    with reading(path) as database:
        rows = database.execute(
            f"SELECT body, word.text FROM finding JOIN word ON word.id = finding.rule"
            f" WHERE run = {_LAST} AND baseline = {ABSENT} AND body NOT NULL"
        )
        return [_failure(*row) for row in rows]


def carried(path: Path, target: str | None = None) -> list[Finding]:
    """Failures that stand because nobody could look again, each as it was last observed.

    Of one target, or of all. Their rule is named by its present id.
    """
    with reading(path) as database:
        rows = database.execute(
            "SELECT body, rule.text FROM finding JOIN word AS rule ON rule.id = finding.rule"
            " LEFT JOIN word AS home ON home.id = finding.target"
            " WHERE state = ? AND known != ? AND since NOT NULL AND body NOT NULL"
            " AND (? IS NULL OR home.text = ?)",
            (State.UNREAD, State.WAIVED, target, target),
        )
        return sorted((_failure(*row) for row in rows), key=lambda f: (f.rule, f.fingerprint))


def known_targets(path: Path) -> set[str | None]:
    """The targets that a run before the last one had scanned; null for findings of none."""
    with reading(path) as database:
        rows = database.execute(
            "SELECT DISTINCT word.text FROM finding LEFT JOIN word ON word.id = finding.target"
            f" WHERE first < {_LAST}"
        )
        return {name for (name,) in rows}


def removed(path: Path, configured: Collection[str]) -> dict[str, int]:
    """Targets that left the configuration in the last 30 days, with how many failures went."""
    with reading(path) as database:
        latest = database.execute("SELECT max(at) FROM run").fetchone()[0]
        if latest is None:
            return {}
        edge = datetime.fromisoformat(latest) - timedelta(days=REMOVED_DAYS)
        rows = database.execute(
            "SELECT word.text, count(body) FROM finding JOIN word ON word.id = finding.target"
            " JOIN run ON run.id = finding.run WHERE state = ? AND at >= ? GROUP BY 1 ORDER BY 1",
            (State.TARGET_REMOVED, edge.strftime("%Y-%m-%dT%H:%M:%SZ")),
        )
        return {name: count for name, count in rows if name not in configured}


def first_seen(path: Path) -> dict[str, str]:
    """The day since which each open failure stands, by fingerprint: a POA&M's date of detection.

    A failure that was fixed and came back counts from its return; an exception or a read that
    failed in between does not end it.
    """
    with reading(path) as database:
        rows = database.execute(
            "SELECT fingerprint, at FROM finding JOIN run ON run.id = finding.since"
        )
        return {hexed(number): at[:10] for number, at in rows}


def opened(path: Path) -> set[str]:
    """The failures that the last run opened, by fingerprint."""
    with reading(path) as database:
        rows = database.execute(f"SELECT fingerprint FROM finding WHERE opened = {_LAST}")
        return {hexed(number) for (number,) in rows}


def _failure(body: bytes, rule: str) -> Finding:
    return msgspec.structs.replace(_DECODER.decode(zlib.decompress(body)), rule=rule)
