"""The id by which a machine is known."""

from __future__ import annotations

import hmac
import re

from scanner.collectors.linux.machine.base import Absent, Machine, Unreadable

APPLICATION = bytes.fromhex("4f1d7c0b9a5e4c8e8d2b6f3a17c95e60")
"""Our key for host ids: a machine id itself should not leave its machine (machine-id(5))."""


def host_id_of(machine_id: str) -> str:
    """32 hex digits from /etc/machine-id, as sd_id128_get_machine_app_specific makes them.

    The result cannot be turned back, and other applications derive another one.
    """
    digest = bytearray(hmac.digest(bytes.fromhex(machine_id), APPLICATION, "sha256")[:16])
    digest[6] = (digest[6] & 0x0F) | 0x40
    digest[8] = (digest[8] & 0x3F) | 0x80
    return digest.hex()


def text_of(machine: Machine, path: str) -> str:
    """The start of a file without blanks around it; empty where it cannot be read."""
    try:
        return machine.read(path, 4096).decode("utf-8", "replace").strip()
    except (OSError, Absent, Unreadable):
        return ""


MACHINE_ID_FILES = ("/etc/machine-id", "/var/lib/dbus/machine-id")


def machine_id_of(machine: Machine) -> str | None:
    """The machine's id under our key; None where it has no machine-id(5)."""
    found = next(filter(None, (text_of(machine, path) for path in MACHINE_ID_FILES)), "")
    return host_id_of(found) if re.fullmatch("[0-9a-f]{32}", found) else None
