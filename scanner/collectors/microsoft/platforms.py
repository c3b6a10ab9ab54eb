"""Names of operating systems, as the directory and Intune write them."""

from __future__ import annotations

_STARTS = (
    ("windows", "windows"),
    ("mac", "macos"),
    ("ios", "ios"),
    ("ipad", "ios"),
    ("iphone", "ios"),
    ("android", "android"),
    ("linux", "linux"),
    ("ubuntu", "linux"),
)


def platform_named(system: str | None) -> str:
    """windows, macos, ios, android, linux, or the name as it came; unknown for none."""
    low = (system or "").lower()
    return next((name for start, name in _STARTS if low.startswith(start)), low or "unknown")
