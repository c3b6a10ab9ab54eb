"""Which hosts are reached by SSH: an address in the target, or a file of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import InputError

ADDRESS = r"(?:ssh://)?(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9\[][A-Za-z0-9.:\[\]_-]*"


@dataclass(frozen=True)
class Remote:
    """One host of an inventory."""

    name: str
    address: str
    fixed: bool = False
    """The user has given its id; it is known by that, whatever machine answers."""


def read_inventory(path: Path, where: str) -> list[Remote]:
    """`name [user@]host` lines; a line with one word has it for both. Raises InputError."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InputError(f"{where}: inventory: {path} cannot be read: {reason}") from None
    hosts: dict[str, Remote] = {}
    faults = []
    for number, raw in enumerate(text.splitlines(), 1):
        words = raw.split("#")[0].split()
        if not words:
            continue
        name, address = words[0], words[-1]
        if len(words) > 2 or not re.fullmatch(ADDRESS, address):
            faults.append(f"{path}:{number}: a line is `name [user@]host`, not {raw.strip()!r}")
        elif not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", name):
            faults.append(f"{path}:{number}: {name!r} is no name; use letters, digits, . _ -")
        elif name in hosts:
            faults.append(f"{path}:{number}: {name} stands here twice")
        else:
            hosts[name] = Remote(name, address)
    if faults:
        raise InputError(faults)
    if not hosts:
        raise InputError(f"{where}: inventory: {path} names no host")
    return list(hosts.values())
