"""Dates as Graph and ARM write them, as whole days from the time of observation."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_TEXT = re.compile(r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2})$")


def moment(text: object) -> datetime | None:
    """The time that the text states; None for none, for year 1 (their way to write never) or
    for text that is no time."""
    if not isinstance(text, str):
        return None
    matched = _TEXT.match(text)
    if matched is None:
        return None
    zone = "+00:00" if matched[3] == "Z" else matched[3]
    try:
        at = datetime.fromisoformat(matched[1] + zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None if at.year <= 1900 else at


def days_since(text: object, now: str) -> int | None:
    """Whole days from the stated time until `now` (UTC text); negative where it lies ahead."""
    then, at = moment(text), moment(now)
    if then is None or at is None:
        return None
    return (at - then).days


def days_until(text: object, now: str) -> int | None:
    """Whole days from `now` until the stated time; negative where it has passed."""
    then, at = moment(text), moment(now)
    if then is None or at is None:
        return None
    return (then - at).days
