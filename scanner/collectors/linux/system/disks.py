"""Mounted disks and swap, and whether what they hold is encrypted by the kernel (LUKS)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.host import Host, Unclear, clear, observe
from scanner.facts.storage import Store

_MOUNTS = "read:/proc/self/mountinfo"

DISK_TYPES = frozenset(
    ("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs", "vfat")
)
_BOOT = ("/boot", "/boot/efi", "/efi")


@dataclass(frozen=True)
class Mount:
    device: str
    """major:minor."""
    point: str
    type: str
    origin: str


def parse_mountinfo(text: str) -> list[Mount]:
    """The mounts of proc(5)'s mountinfo. Raises Unclear for a line of another form."""
    found = []
    for line in text.splitlines():
        if not line.strip():
            continue
        before, dash, after = line.partition(" - ")
        left, right = before.split(), after.split()
        if not dash or len(left) < 6 or len(right) < 2 or not re.fullmatch(r"\d+:\d+", left[2]):
            raise Unclear("the table of mounts is not understood")
        point = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m.group(1), 8)), left[4])
        found.append(Mount(left[2], point, right[0], right[1]))
    return found


def _encrypted(host: Host, folder: str, depth: int = 0) -> bool:
    """Whether a block device is, or lies wholly on, a LUKS mapping."""
    if depth > 8:
        raise Refused("broken", "read:/sys/class/block/*/dm/uuid", "devices lie on each other")
    uuid = host.read_optional(f"{folder}/dm/uuid")
    if uuid is not None and uuid.startswith("CRYPT-"):
        return not uuid.startswith("CRYPT-PLAIN")
    below = host.listdir(f"{folder}/slaves")
    return bool(below) and all(
        _encrypted(host, f"/sys/class/block/{name}", depth + 1) for name in below
    )


def _swap_encrypted(host: Host, name: str) -> Callable[[], bool]:
    return lambda: _encrypted(host, f"/sys/class/block/{name}")


@source(
    Store,
    fields=["category", "encrypted", "key_id", "public"],
    calls={
        _MOUNTS: "",
        "read:/proc/swaps": "",
        "stat:/dev/*": "",
        "stat:/dev/mapper/*": "",
        "read:/sys/dev/block/*/dm/uuid": "",
        "read:/sys/dev/block/*/slaves/*": "",
        "read:/sys/class/block/*/dm/uuid": "",
        "read:/sys/class/block/*/slaves/*": "",
        "stat:/sys/dev/block/*": "",
        "stat:/sys/class/block/*": "",
    },
)
def disks(here: Host) -> Iterator[Store | Partial]:
    """Mounted file systems and swap on disks: encrypted below or not."""
    mounts = clear(_MOUNTS, lambda: parse_mountinfo(here.read("/proc/self/mountinfo")))
    seen: set[str] = set()
    places: dict[str, tuple[Mount, str]] = {}
    for mount in mounts:
        # The shortest path under which a device is mounted stands for it; bind mounts repeat it.
        if mount.type in DISK_TYPES:
            known_at = places.get(mount.origin)
            if known_at is None or len(mount.point) < len(known_at[0].point):
                places[mount.origin] = (mount, mount.origin)
        elif mount.type == "overlay" and mount.point == "/":
            places["overlay"] = (mount, "overlay")
    for _, (mount, origin) in sorted(places.items(), key=lambda p: p[1][0].point):
        if mount.point in seen:
            continue
        seen.add(mount.point)

        def encrypted(mount: Mount = mount, origin: str = origin) -> bool:
            if mount.type in ("zfs", "overlay", "bcachefs"):
                raise Refused(
                    "not-supported", _MOUNTS, f"the disks below {mount.type} are not seen here"
                )
            folder = f"/sys/dev/block/{mount.device}"
            if mount.device.startswith("0:"):  # btrfs has a device number of its own
                target = here.readlink(origin) if origin.startswith("/dev/mapper/") else origin
                name = (target or "").rpartition("/")[2]
                folder = f"/sys/class/block/{name}"
            if not re.fullmatch(r"/sys/[a-z]+/block/[A-Za-z0-9:_.!-]+", folder) or not here.exists(
                folder
            ):
                raise Refused("not-supported", _MOUNTS, f"the device {origin} is not seen here")
            return _encrypted(here, folder)

        category = "boot-partition" if mount.point in _BOOT else "disk"
        yield observe(
            Store(
                subject=f"{here.id}/disk{mount.point}",
                name=mount.point,
                category=category,
                key_id=None,
                public=False,
                **here.here(_MOUNTS),
            ),
            _MOUNTS,
            {"encrypted": encrypted},
        )
    for line in (here.read_optional("/proc/swaps") or "").splitlines()[1:]:
        words = line.split()
        if len(words) < 2 or words[1] != "partition" or "/zram" in words[0]:
            continue
        name = words[0].rpartition("/")[2]
        yield observe(
            Store(
                subject=f"{here.id}/swap/{name}",
                name=f"swap on {words[0]}",
                category="swap",
                key_id=None,
                public=False,
                **here.here("read:/proc/swaps"),
            ),
            "read:/proc/swaps",
            {"encrypted": _swap_encrypted(here, name)},
        )
