"""What a policy says, in neutral words: one value for each purpose, whatever its store."""

from __future__ import annotations

from scanner.collectors.intune.appcontrol import AppControl, Unreadable

Value = str | int | bool | None | AppControl | Unreadable
"""None: set to nothing (never). Unreadable: carried, but not understood."""


def minutes(seconds: object) -> Value:
    """A lock time in minutes; None for never."""
    if not isinstance(seconds, int):
        return Unreadable("a lock time that is no number")
    return None if seconds == 0 else -(-seconds // 60)
