"""File systems of a mounted root that were left out: its own fstab(5) names them, nothing is there.

A disk image is often mounted without its separate /var or /home. What would lie there was not
read, which is another thing than being absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from scanner.collectors.linux.machine.base import Absent, Unreadable
from scanner.collectors.linux.machine.paths import live_only

_MADE_AT_BOOT = ("tmpfs", "ramfs", "proc", "sysfs", "devtmpfs", "devpts", "swap")
"""Types that are empty on every disk."""


def mount_points(fstab: str) -> Iterator[str]:
    """Where the disks and shares of a system are mounted when it starts, its root left out."""
    for line in fstab.splitlines():
        fields = line.split()
        if len(fields) < 3 or fields[0].startswith("#"):
            continue
        point, kind = fields[1].rstrip("/"), fields[2]
        options = fields[3].split(",") if len(fields) > 3 else []
        if not point.startswith("/") or live_only(point):
            continue
        if kind not in _MADE_AT_BOOT and "noauto" not in options:
            yield point


def unmounted(
    read: Callable[[str], bytes], listdir: Callable[[str], Sequence[str]]
) -> tuple[str, ...]:
    """The mount points below which nothing lies, sorted."""
    try:
        fstab = read("/etc/fstab").decode("utf-8", "replace")
    except (OSError, Absent, Unreadable):
        return ()
    return tuple(sorted(point for point in set(mount_points(fstab)) if _empty(listdir, point)))


def _empty(listdir: Callable[[str], Sequence[str]], point: str) -> bool:
    try:
        return not listdir(point)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, Absent, Unreadable):
        return False
