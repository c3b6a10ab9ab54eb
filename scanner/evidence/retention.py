"""How long artifacts are kept: six years from the CMMC Status Date (32 CFR 170.15 to 170.18)."""

from __future__ import annotations

from datetime import date

from scanner.assess.lasting import HASHED, KEPT_CITE, KEPT_YEARS


def retain_until(status_date: str) -> str:
    """The day on which the six years end; from 29 February, 1 March, which is never too early."""
    start = date.fromisoformat(status_date)
    try:
        return start.replace(year=start.year + KEPT_YEARS).isoformat()
    except ValueError:
        return date(start.year + KEPT_YEARS, 3, 1).isoformat()


def retention_words(status_date: str | None, level: int) -> str:
    """What a person reads: how long, by the clause of the level, and whether hashes are asked."""
    rule = f"six years from the CMMC Status Date ({KEPT_CITE[level]})"
    if status_date is None:
        told = f"Keep this evidence {rule}; no status date is stated yet."
    else:
        told = f"Keep this evidence until {retain_until(status_date)}: {rule}, {status_date}."
    return f"{told} {HASHED[level]}"
