"""Reading SQLite files that were not made here: from memory, one table, bounded."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scanner.collectors.linux.host import Unclear

_MAGIC = b"SQLite format 3\0"
_STEPS = 1000
_MOST_STEPS = 50_000_000
"""Steps of SQLite's machine for one table: some ten times what the largest real one takes."""


def write_ahead(data: bytes) -> bool:
    """Whether the file keeps its latest changes in a second one beside it (`-wal`)."""
    return 2 in data[18:20]


def table_rows(
    data: bytes, what: str, table: str, columns: Sequence[str]
) -> list[tuple[object, ...]]:
    """The columns of a table, in the order of its key. Raises Unclear, naming `what` it is.

    A view or a table made by a module is refused: reading it would run what the file says.
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
        connection.set_progress_handler(too_long, _STEPS)
        connection.execute("PRAGMA trusted_schema = OFF")
        made = connection.execute(
            "SELECT type, sql FROM sqlite_master WHERE lower(name) = ?", [table.lower()]
        ).fetchall()
        if len(made) != 1 or made[0][0] != "table" or not _is_plain(made[0][1]):
            raise Unclear(f"{what} has no table {table}")
        return connection.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY 1").fetchall()
    except (sqlite3.Error, OverflowError) as error:
        raise Unclear(f"{what} cannot be read: {error}") from None
    finally:
        connection.close()


def _is_plain(sql: object) -> bool:
    return isinstance(sql, str) and re.match(r"\s*CREATE\s+TABLE\b", sql, re.I) is not None
