"""Opening a linux target: this host, a mounted root; and the id by which it is known."""

from __future__ import annotations

import os
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
from scanner.collectors.linux.machine_id import APPLICATION, machine_id_of, text_of
from scanner.collectors.linux.ssh.session import OPTIONS as REMOTE
from scanner.collectors.linux.ssh.session import open_remote
from scanner.collectors.linux.target_paths import path_in, said_of
from scanner.errors import InputError

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
        "x-form": "at most 64 letters, digits, dots and dashes: build-7",
        "description": "how the host is known in findings, where it has no machine id",
    },
}


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


def scope_of(machine: Machine, target: Target, place: str) -> Scope:
    """The scope of a machine: `host_id:` of the target, else its machine id under our key."""
    hostname = text_of(machine, "/etc/hostname").split("\n")[0]
    given = target.options.get("host_id")
    if given is not None:
        return Scope(f"linux:{given}", hostname or str(given))
    machine_id = machine_id_of(machine)
    if machine_id is not None:
        return Scope(f"linux:{machine_id}", hostname or target.id)
    if machine.live and isinstance(machine, Once) and isinstance(machine.machine, Local):
        # A container mostly has no machine id; its name is what tells it from others.
        name = os.uname().nodename
        return Scope(f"linux:{sha256(APPLICATION + name.encode()).hexdigest()[:32]}", name)
    raise InputError(
        f"{said_of(target)}: {place} has no machine "
        "id (/etc/machine-id), so nothing tells it from other hosts; give the target a host_id: "
        "of your own that stays the same"
    )


_SIGNS = (
    "/etc/os-release",
    "/usr/lib/os-release",
    "/etc/passwd",
    "/var/lib/dpkg/status",
    "/var/lib/dpkg/status.d",
    "/var/lib/rpm",
    "/usr/lib/sysimage/rpm",
    "/lib/apk/db/installed",
    "/usr/lib/apk/db/installed",
)
"""One of these lies in every Linux system; a folder without them is not one that has nothing."""


def _files_of(machine: Machine, target: Target, place: str, advice: str) -> HostSession:
    """The session of files alone. Raises InputError where they are not those of a system."""
    if not any(_may_lie(machine, path) for path in _SIGNS):
        raise InputError(
            f"{said_of(target)}: {place} holds no Linux system: no os-release, no /etc/passwd and"
            f" no package database; {advice}"
        )
    return HostSession(machine, scope_of(machine, target, place))


def _may_lie(machine: Machine, path: str) -> bool:
    try:
        machine.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, Absent, Unreadable):
        return True
    return True


def open_host(target: Target) -> Session:
    """Open this host, or what the target's one of `root:`, `ssh:`, `inventory:` and `image:` names.

    Raises InputError.
    """
    ways = [name for name in ("root", "ssh", "inventory", "image") if name in target.options]
    if len(ways) > 1:
        raise InputError(f"{said_of(target)}: {' and '.join(ways)} exclude each other; keep one")
    if "ssh" in target.options or "inventory" in target.options:
        from scanner.collectors.linux import COLLECTOR

        return open_remote(target, COLLECTOR.sources)
    if "image" in target.options:
        from scanner.collectors.linux.machine.image import open_image

        path = path_in(target, "image")
        machine = Once(open_image(path, target))
        advice = "name an image with an operating system in it, whose layers are whole"
        return _files_of(machine, target, f"image: {path}", advice)
    root = target.options.get("root")
    if root is None:
        machine = Once(Local())
        return HostSession(machine, scope_of(machine, target, "this host"))
    path = path_in(target, "root")
    if not path.is_dir():
        raise InputError(
            f"{said_of(target)}: root: {root} is "
            "not a directory; name the directory where the root file system is mounted"
        )
    if path.resolve() == Path("/"):
        machine = Once(Local())
        return HostSession(machine, scope_of(machine, target, "this host"))
    machine = Once(Mounted(path.resolve()))
    return _files_of(machine, target, f"root: {root}", "is it mounted, and is this its top folder?")
