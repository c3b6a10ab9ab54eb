"""Opening a linux target: this host, a mounted root; and the id by which it is known."""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from scanner.collectors.base import Job, Scope, Session, Target
from scanner.collectors.linux.host import Host
from scanner.collectors.linux.machine.base import Absent, Machine, Unreadable
from scanner.collectors.linux.machine.local import Local
from scanner.collectors.linux.machine.mounted import Mounted
from scanner.collectors.linux.machine.once import Once
from scanner.collectors.linux.ssh.session import OPTIONS as REMOTE
from scanner.collectors.linux.ssh.session import open_remote
from scanner.errors import InputError

_APPLICATION = bytes.fromhex("4f1d7c0b9a5e4c8e8d2b6f3a17c95e60")
"""Our key for host ids: a machine id itself should not leave its machine (machine-id(5))."""

OPTIONS: dict[str, object] = {
    **REMOTE,
    "image": {
        "type": "string",
        "minLength": 1,
        "description": "an OCI or docker-save archive (a tar file) whose root file system is read",
    },
    "root": {
        "type": "string",
        "minLength": 1,
        "description": "a directory that holds a mounted root file system; default: this host",
    },
    "host_id": {
        "type": "string",
        "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        "description": "how the host is known in findings, where it has no machine id",
    },
}


def host_id_of(machine_id: str) -> str:
    """32 hex digits from /etc/machine-id, as sd_id128_get_machine_app_specific makes them.

    The result cannot be turned back, and other applications derive another one.
    """
    digest = bytearray(hmac.digest(bytes.fromhex(machine_id), _APPLICATION, "sha256")[:16])
    digest[6] = (digest[6] & 0x0F) | 0x40
    digest[8] = (digest[8] & 0x3F) | 0x80
    return digest.hex()


@dataclass(frozen=True)
class HostSession:
    """One host: one scope."""

    machine: Machine
    scope: Scope

    def scopes(self) -> Iterable[Scope]:
        return (self.scope,)

    def place(self, job: Job) -> Host:
        return Host(job, self.machine)

    def close(self) -> None:
        self.machine.close()


def _text(machine: Machine, path: str) -> str:
    try:
        return machine.read(path, 4096).decode("utf-8", "replace").strip()
    except (OSError, Absent, Unreadable):
        return ""


def scope_of(machine: Machine, target: Target, place: str) -> Scope:
    """The scope of a machine: `host_id:` of the target, else its machine id under our key."""
    hostname = _text(machine, "/etc/hostname").split("\n")[0]
    given = target.options.get("host_id")
    if given is not None:
        return Scope(f"linux:{given}", hostname or str(given))
    machine_id = _text(machine, "/etc/machine-id") or _text(machine, "/var/lib/dbus/machine-id")
    if re.fullmatch("[0-9a-f]{32}", machine_id):
        return Scope(f"linux:{host_id_of(machine_id)}", hostname or target.id)
    if machine.live and isinstance(machine, Once) and isinstance(machine.machine, Local):
        # A container mostly has no machine id; its name is what tells it from others.
        name = os.uname().nodename
        return Scope(f"linux:{sha256(_APPLICATION + name.encode()).hexdigest()[:32]}", name)
    raise InputError(
        f"target {target.id}{f' ({target.where})' if target.where else ''}: {place} has no machine "
        "id (/etc/machine-id), so nothing tells it from other hosts; give the target a host_id: "
        "of your own that stays the same"
    )


def open_host(target: Target) -> Session:
    """Open this host, or what the target's one of `root:`, `ssh:`, `inventory:` and `image:` names.

    Raises InputError.
    """
    ways = [name for name in ("root", "ssh", "inventory", "image") if name in target.options]
    if len(ways) > 1:
        raise InputError(
            f"target {target.id}{f' ({target.where})' if target.where else ''}: "
            f"{' and '.join(ways)} exclude each other; keep one"
        )
    if "ssh" in target.options or "inventory" in target.options:
        from scanner.collectors.linux import COLLECTOR

        return open_remote(target, COLLECTOR.sources)
    if "image" in target.options:
        from scanner.collectors.linux.machine.image import open_image

        path = Path(str(target.options["image"])).expanduser()
        machine = Once(open_image(path, target))
        return HostSession(machine, scope_of(machine, target, f"image: {path}"))
    root = target.options.get("root")
    if root is None:
        machine = Once(Local())
        return HostSession(machine, scope_of(machine, target, "this host"))
    path = Path(str(root)).expanduser()
    if not path.is_dir():
        raise InputError(
            f"target {target.id}{f' ({target.where})' if target.where else ''}: root: {root} is "
            "not a directory; name the directory where the root file system is mounted"
        )
    if path.resolve() == Path("/"):
        machine = Once(Local())
        return HostSession(machine, scope_of(machine, target, "this host"))
    machine = Once(Mounted(path.resolve()))
    return HostSession(machine, scope_of(machine, target, f"root: {root}"))
