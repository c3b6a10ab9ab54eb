"""Two states of a scan side by side: what came to be open, what was fixed, what went dark."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

import msgspec

from scanner.errors import InputError
from scanner.findings import Finding
from scanner.history.store import CLOSED, SEVERITIES, State, hexed, reading

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

Place = tuple[str, str, str | None]
"""Rule, scope and region; the region null for any."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One finding at one time."""

    rule: str
    scope: str
    target: str | None
    region: str | None
    name: str
    severity: str
    state: State
    made_by: str | None = None


class Standings(msgspec.Struct, frozen=True, kw_only=True):
    """All findings at one time, by fingerprint."""

    rows: Mapping[str, Standing]
    blind: frozenset[Place] = frozenset()
    """Where listings could not be read, so that what is missing there is not fixed."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that stands otherwise than before."""

    fingerprint: str
    rule: str
    name: str
    scope: str
    target: str | None
    severity: str
    before: str | None
    """A state's name in small letters, or null: it was not there."""
    after: str | None
    made_by: str | None = None
    """The line of code that made the subject, where it is known."""


class Diff(msgspec.Struct, frozen=True, kw_only=True):
    """What differs, each list by severity, rule, scope and name."""

    opened: tuple[Change, ...] = ()
    """Failures that were none before."""
    fixed: tuple[Change, ...] = ()
    waived: tuple[Change, ...] = ()
    """Failures that an exception now sets aside."""
    dark: tuple[Change, ...] = ()
    """Verdicts that are unknown now, since something could not be read."""
    seen: tuple[Change, ...] = ()
    """What was unknown and is no failure."""
    unchanged: int = 0
    """Failures that stay."""

    def __bool__(self) -> bool:
        return bool(self.opened or self.fixed or self.waived or self.dark or self.seen)


def of_findings(findings: Iterable[Finding], renamed: Mapping[str, str] | None = None) -> Standings:
    """The findings of one scan. renamed: earlier rule id -> present id."""
    now = renamed or {}
    rows: dict[str, Standing] = {}
    blind: set[Place] = set()
    for finding in findings:
        state = State[finding.verdict.upper().replace("-", "_")]
        if finding.suppressed is not None and state in (State.FAIL, State.UNKNOWN):
            state = State.WAIVED
        rule = now.get(finding.rule, finding.rule)
        if finding.verdict == "unknown" and finding.subject is None and finding.source:
            blind.add((rule, finding.scope, finding.region))
        rows[finding.fingerprint] = Standing(
            rule=rule,
            scope=finding.scope,
            target=finding.target,
            region=finding.region,
            name=finding.name,
            severity=finding.severity,
            state=state,
            made_by=finding.made_by,
        )
    return Standings(rows=rows, blind=frozenset(blind))


class Named(msgspec.Struct, frozen=True):
    """One run of a history, and when its scan ended."""

    number: int
    at: str


def run_of(path: Path, words: str) -> Named:
    """The run that a number means, or a day: the last one that had ended by then.

    Raises InputError.
    """
    by_day = _DAY.fullmatch(words) is not None
    with reading(path) as database:
        row = None
        if words.isascii() and words.isdecimal() and len(words) < 10:
            row = database.execute("SELECT id, at FROM run WHERE id = ?", (int(words),)).fetchone()
        elif by_day and _is_day(words):
            row = database.execute(
                "SELECT id, at FROM run WHERE substr(at, 1, 10) <= ? ORDER BY at DESC, id DESC",
                (words,),
            ).fetchone()
        first = database.execute("SELECT id, at FROM run ORDER BY at, id").fetchone()
    if row is not None:
        return Named(*row)
    if by_day and first is not None and words < first[1]:
        raise InputError(
            f"{path}: no run had ended by {words}; the first is run {first[0]} of {first[1][:10]}"
        )
    raise InputError(f"{path}: there is no run {words!r}; `cmmc-scan trend` lists them")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def of_run(path: Path, words: str) -> Standings:
    """All findings after one run of a history, by what `run_of` takes.

    Names and severities are those of today. Raises InputError.
    """
    run = run_of(path, words).number
    with reading(path) as database:
        found = database.execute(
            "SELECT f.fingerprint, rule.text, scope.text, home.text, f.name, f.severity, c.state"
            " FROM change c JOIN finding f USING (fingerprint)"
            " JOIN word rule ON rule.id = f.rule JOIN word scope ON scope.id = f.scope"
            " LEFT JOIN word home ON home.id = f.target"
            " WHERE c.run = (SELECT max(run) FROM change WHERE fingerprint = c.fingerprint"
            " AND run <= ?)",
            (run,),
        )
        rows = {
            hexed(number): Standing(
                rule=rule,
                scope=scope,
                target=target,
                region=None,
                name=name,
                severity=SEVERITIES[severity],
                state=State(state),
            )
            for number, rule, scope, target, name, severity, state in found
        }
    return Standings(rows=rows)


def diff(before: Standings, after: Standings) -> Diff:
    """What differs from one state to the other."""
    lists: dict[str, list[Change]] = {}
    unchanged = 0
    for key in before.rows.keys() | after.rows.keys():
        old, new = before.rows.get(key), after.rows.get(key)
        one = new or old
        if one is None:
            continue
        was, now = _state(old), _state(new)
        if new is None and old is not None and _hidden(old, after.blind):
            now = State.UNREAD
        if was == now == State.FAIL:
            unchanged += 1
        kind = _kind(was, now)
        if kind is None:
            continue
        lists.setdefault(kind, []).append(
            Change(
                fingerprint=key,
                rule=one.rule,
                name=one.name,
                scope=one.scope,
                target=one.target,
                severity=one.severity,
                before=_word(was),
                after=_word(now),
                made_by=one.made_by,
            )
        )
    return Diff(
        unchanged=unchanged,
        **{kind: tuple(sorted(found, key=_order)) for kind, found in sorted(lists.items())},
    )


def _state(row: Standing | None) -> State | None:
    return None if row is None else row.state


def _hidden(row: Standing, blind: frozenset[Place]) -> bool:
    place = (row.rule, row.scope)
    return (*place, None) in blind or (*place, row.region) in blind


_DARK = (State.UNKNOWN, State.UNREAD)


def _kind(was: State | None, now: State | None) -> str | None:
    """The list of a Diff that a change belongs to, or null: nobody needs to hear of it."""
    if now == State.FAIL:
        return None if was == State.FAIL else "opened"
    if now == State.WAIVED:
        return "waived" if was in (State.FAIL, *_DARK) else None
    if now in _DARK:
        return "dark" if was not in _DARK else None
    if was in (State.FAIL, State.WAIVED):
        return "fixed"
    return "seen" if was in _DARK and now in (None, *CLOSED) else None


def _word(state: State | None) -> str | None:
    return None if state is None else state.name.lower().replace("_", "-")


def _order(change: Change) -> tuple[int, str, str, str, str]:
    at = SEVERITIES.index(change.severity)
    return at, change.rule, change.scope, change.name, change.fingerprint


def renames(rules: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """Earlier rule id -> present id, from (id, deprecated ids) pairs."""

    def pairs() -> Iterator[tuple[str, str]]:
        for name, earlier in rules:
            for old in earlier:
                yield old, name

    return dict(pairs())
