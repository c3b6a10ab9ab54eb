"""How long artifacts are kept: six years from the CMMC Status Date (32 CFR 170.15 to 170.18)."""

from __future__ import annotations

from datetime import date

YEARS = 6


def retain_until(status_date: str) -> str:
    """The day on which the six years end; from 29 February, 1 March, which is never too early."""
    start = date.fromisoformat(status_date)
    try:
        return start.replace(year=start.year + YEARS).isoformat()
    except ValueError:
        return date(start.year + YEARS, 3, 1).isoformat()


def retention_words(status_date: str | None) -> str:
    """One sentence for people."""
    rule = "six years from the CMMC Status Date (32 CFR 170.17(c)(4))"
    if status_date is None:
        return f"Keep this evidence {rule}; no status date is stated yet."
    return f"Keep this evidence until {retain_until(status_date)}: {rule}, {status_date}."
