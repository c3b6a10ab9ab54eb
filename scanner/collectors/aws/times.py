"""Ages in whole days, the only form in which a time leaves this collector."""

from __future__ import annotations

from datetime import UTC, datetime

DAY_SECONDS = 86_400


def moment(text: str) -> datetime:
    """A UTC text of ours or of AWS (`2026-11-24T07:33:41Z`, `...+00:00`) as a time."""
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def days_between(earlier: datetime, later: datetime) -> int:
    """Whole days, never below 0: clocks differ by seconds."""
    return max(0, int((later - earlier).total_seconds() // DAY_SECONDS))


def days_since(when: datetime, observed_at: str) -> int:
    """Whole days from `when` to the observation."""
    return days_between(when, moment(observed_at))


def days_until(when: datetime, observed_at: str) -> int:
    """Whole days from the observation to `when`; below 0 once it has passed."""
    return int((when - moment(observed_at)).total_seconds() // DAY_SECONDS)


def utc_text(when: datetime) -> str:
    """A time as facts carry it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
