"""The history file: one SQLite database, a row a finding and a row a change of its state.

A run that changes nothing adds one row, so that the file grows with what happens and not with how
often somebody looks. Write-ahead log, one transaction a run: a killed run leaves what was there
before, and several writers wait for each other. The file may not lie on a network file system,
where SQLite's write-ahead log does not work (sqlite.org: Write-Ahead Logging).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import IntEnum
from pathlib import Path
from tempfile import TemporaryFile

from scanner.errors import InputError
from scanner.output import private_folder

APPLICATION = 0x434D4D43
"""SQLite's application_id of a history: the letters CMMC."""
SCHEMA = 1
WAIT_SECONDS = 60.0
"""How long one writer waits for another."""


class State(IntEnum):
    """How a finding stands after a run that concerned it."""

    PASS = 0
    FAIL = 1
    UNKNOWN = 2
    NOT_APPLICABLE = 3
    WAIVED = 4
    """It fails or is unknown, and an exception sets it aside."""
    UNREAD = 5
    """Its listing could not be read: what was known last still holds."""
    GONE = 6
    """The scan looked, and there is no such finding any more."""
    TARGET_REMOVED = 7
    """Its target is no longer in the configuration."""
    RULE_REMOVED = 8
    """Its rule is no longer there, under any id."""


CLOSED = (State.PASS, State.NOT_APPLICABLE, *[s for s in State if s >= State.GONE])
"""What ends a failure. An exception does not, nor does a read that failed."""

SEVERITIES = ("critical", "high", "medium", "low", "info")

_TABLES = """
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    digest BLOB NOT NULL,
    whole INTEGER NOT NULL,
    opened INTEGER NOT NULL, fixed INTEGER NOT NULL, changed INTEGER NOT NULL,
    critical INTEGER NOT NULL, high INTEGER NOT NULL, medium INTEGER NOT NULL,
    low INTEGER NOT NULL, info INTEGER NOT NULL,
    passed INTEGER NOT NULL, unknown INTEGER NOT NULL, waived INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    score_low INTEGER, score_high INTEGER,
    UNIQUE (at, digest)
) STRICT;
CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE finding (
    fingerprint INTEGER PRIMARY KEY,
    rule INTEGER NOT NULL, scope INTEGER NOT NULL, target INTEGER, region INTEGER,
    name TEXT NOT NULL, severity INTEGER NOT NULL, reason INTEGER,
    listing INTEGER NOT NULL,
    state INTEGER NOT NULL, known INTEGER NOT NULL, baseline INTEGER NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, run INTEGER NOT NULL,
    since INTEGER, opened INTEGER,
    body BLOB
) STRICT;
CREATE TABLE change (
    fingerprint INTEGER NOT NULL, run INTEGER NOT NULL, state INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, run)
) STRICT, WITHOUT ROWID;
"""
# finding.first, last, run, since, opened are run ids: first and last that saw it, the last that
# concerned it, the one since which it fails, and the one in which it came to be open. `known` is
# the last state other than UNREAD, `listing` marks the line of a listing that could not be read,
# `body` is the compressed line of the last failure.


def signed(fingerprint: str) -> int:
    """Sixteen hex digits as SQLite's signed 64-bit integer."""
    number = int(fingerprint, 16)
    return number - (1 << 64) if number >= 1 << 63 else number


def hexed(number: int) -> str:
    return f"{number % (1 << 64):016x}"


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """A transaction on the history, made if it is missing; nothing is kept if the block fails."""
    private_folder(path.parent)
    try:
        if not path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    except OSError as error:
        raise _fault(path, (error.strerror or str(error)).lower()) from error
    with _told(path), closing(_connect(f"{path.resolve().as_uri()}?mode=rw")) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("BEGIN IMMEDIATE")
        try:
            _prepared(path, database)
            yield database
        except BaseException:
            database.execute("ROLLBACK")
            raise
        database.execute("COMMIT")


def begun(path: Path) -> bool:
    """Whether there is anything in the file."""
    return path.is_file() and path.stat().st_size > 0


def recordable(path: Path) -> None:
    """See that a run can be written at `path`; nothing is left there. Raises InputError."""
    if begun(path):
        with writing(path):
            return
    folder = next(above for above in path.absolute().parents if above.exists())
    try:
        if path.exists():
            path.open("ab").close()
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _fault(path, f"{folder}: {(error.strerror or str(error)).lower()}") from error


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """One consistent view of the history. Raises InputError where there is none."""
    if not path.is_file():
        raise InputError(f"{path}: there is no history here; a scan with --history makes one")
    with _told(path), closing(_connect(f"{path.resolve().as_uri()}?mode=rw")) as database:
        _checked(path, database)
        database.execute("PRAGMA query_only = 1")
        database.execute("BEGIN")
        yield database


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=WAIT_SECONDS, isolation_level=None)


def _prepared(path: Path, database: sqlite3.Connection) -> None:
    if database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
        for statement in _TABLES.split(";\n"):
            database.execute(statement)
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {SCHEMA}")
    _checked(path, database)


def _checked(path: Path, database: sqlite3.Connection) -> None:
    if database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        raise _fault(path, "it is a database of something else")
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA:
        raise _fault(path, f"it has version {version}, and this cmmc-scan knows {SCHEMA}")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _fault(path, str(error)) from error


def _fault(path: Path, what: str) -> InputError:
    return InputError(f"{path}: cannot be used as history: {what}; name another file")
