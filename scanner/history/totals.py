"""What is open after a run, counted as the closing table counts it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from scanner.findings import COUNTED_APART
from scanner.history.store import SEVERITIES, State

_COUNT = f"""
SELECT state, severity, count(*) FROM finding LEFT JOIN word ON word.id = finding.reason
WHERE state != ? OR word.text IS NULL OR word.text NOT IN ({", ".join("?" * len(COUNTED_APART))})
GROUP BY state, severity
"""


def totals(database: sqlite3.Connection) -> Iterator[int]:
    """Open failures by severity; then passes, unknowns, what is set aside, what is unread."""
    counts: dict[tuple[int, int], int] = {
        (state, severity): count
        for state, severity, count in database.execute(_COUNT, (State.UNKNOWN, *COUNTED_APART))
    }
    for number in range(len(SEVERITIES)):
        yield counts.get((State.FAIL, number), 0)
    for state in (State.PASS, State.UNKNOWN, State.WAIVED, State.UNREAD):
        yield sum(n for (found, _), n in counts.items() if found == state)
