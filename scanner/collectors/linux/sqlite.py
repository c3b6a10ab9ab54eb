"""Reading SQLite files that were not made here: from memory, one table, bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from scanner.collectors.linux.host import Unclear

_MAGIC = b"SQLite format 3\0"
_STEPS = 1000
_MOST_STEPS = 50_000_000
"""Steps of SQLite's machine for one table: some ten times what the largest real one takes."""
_MOST_ROWS = 1_000_000
_HIDDEN = 6
"""Where `PRAGMA table_xinfo` says that a column is hidden (1) or computed (2, 3)."""


def write_ahead(data: bytes) -> bool:
    """Whether the file keeps its latest changes in a second one beside it (`-wal`)."""
    return 2 in data[18:20]


def table_rows(
    data: bytes, what: str, table: str, columns: Sequence[str]
) -> list[tuple[object, ...]]:
    """The columns of a table, in the order of its key. Raises Unclear, naming `what` it is.

    A view, a table made by a module and a column that is computed are refused: reading them
    would run what the file says. No value, nor all of them, can be larger than the file.
    """
    import sqlite3

    if data[:16] != _MAGIC:
        raise Unclear(f"{what} is not an SQLite file")
    # A file in write-ahead mode cannot be opened from memory; its two version bytes say so.
    plain = data[:18] + b"\1\1" + data[20:]
    connection = sqlite3.connect(":memory:")
    steps = 0

    def too_long() -> bool:
        nonlocal steps
        steps += _STEPS
        return steps > _MOST_STEPS

    try:
        connection.deserialize(plain)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, len(data))
        connection.set_progress_handler(too_long, _STEPS)
        connection.execute("PRAGMA trusted_schema = OFF")
        made = connection.execute(
            "SELECT type, sql FROM sqlite_master WHERE lower(name) = ?", [table.lower()]
        ).fetchmany(2)
        if len(made) != 1 or made[0][0] != "table" or not _is_plain(made[0][1]):
            raise Unclear(f"{what} has no table {table}")
        for column in connection.execute(f"PRAGMA table_xinfo({table})"):
            if column[_HIDDEN]:
                raise Unclear(f"{what} computes a column of its table {table}")
        # By no index, and so without sorting, which would gather every row before the first.
        rows = connection.execute(f"SELECT {', '.join(columns)} FROM {table} NOT INDEXED")
        return _bounded(rows, 2 * len(data), what)
    except (sqlite3.Error, OverflowError) as error:
        raise Unclear(f"{what} cannot be read: {error}") from None
    finally:
        connection.close()


def _bounded(rows: Iterable[tuple[object, ...]], most: int, what: str) -> list[tuple[object, ...]]:
    """The rows, as long as their text and bytes are no more than `most`.

    That is twice the file, since text in UTF-16 may grow. A file can be damaged, or made, so that
    the same page is a part of many rows.
    """
    found: list[tuple[object, ...]] = []
    size = 0
    for row in rows:
        size += sum(len(each) for each in row if isinstance(each, str | bytes))
        if size > most or len(found) == _MOST_ROWS:
            raise Unclear(f"{what} holds more rows than such a file can")
        found.append(row)
    return found


def _is_plain(sql: object) -> bool:
    return isinstance(sql, str) and re.match(r"\s*CREATE\s+TABLE\b", sql, re.I) is not None
