"""Which services start with the host and which run now."""

from __future__ import annotations

from scanner.collectors.base import Refused
from scanner.collectors.linux.host import Host

_ETC = "/etc/systemd/system"
_LIB = ("/usr/lib/systemd/system", "/lib/systemd/system")

RUNNING = {"stat:/run/systemd/system": "", "read:/proc/*/comm": ""}
"""What asking for running services takes."""


def unit_calls(*names: str, running: bool = True) -> dict[str, str]:
    """What asking for these units (`auditd.service`) takes."""
    calls: dict[str, str] = {}
    for name in names:
        for folder in (_ETC, *_LIB):
            calls[f"stat:{folder}/{name}"] = ""
            calls[f"stat:{folder}/*.wants/{name}"] = ""
            calls[f"stat:{folder}/*.requires/{name}"] = ""
        if name.endswith(".service"):
            calls[f"stat:/etc/init.d/{name.removesuffix('.service')}"] = ""
            calls[f"stat:/etc/rc2.d/S*{name.removesuffix('.service')}"] = ""
            calls[f"stat:/etc/rc3.d/S*{name.removesuffix('.service')}"] = ""
    if running:
        calls.update(RUNNING)
    return calls


def installed(host: Host, name: str) -> bool:
    """Whether a unit file (or, for a service, a start script) is there."""
    if any(host.exists(f"{folder}/{name}") for folder in (_ETC, *_LIB)):
        return True
    short = name.removesuffix(".service")
    return name.endswith(".service") and host.exists(f"/etc/init.d/{short}")


def masked(host: Host, name: str) -> bool:
    """Whether the unit is barred from starting at all."""
    return host.readlink(f"{_ETC}/{name}") == "/dev/null"


def enabled(host: Host, name: str) -> bool:
    """Whether the unit starts with the host: wanted or required by another one, and not masked.

    Enablement is a matter of files (systemctl(1), enable), so a mounted root can tell too.
    """
    if masked(host, name):
        return False
    for folder in (_ETC, *_LIB):
        if host.glob(f"{folder}/*.wants/{name}") or host.glob(f"{folder}/*.requires/{name}"):
            return True
    if name.endswith(".service") and not any(
        host.exists(f"{folder}/{name}") for folder in (_ETC, *_LIB)
    ):
        short = name.removesuffix(".service")
        return any(host.glob(f"/etc/{level}.d/S*{short}") for level in ("rc2", "rc3"))
    return False


def processes(host: Host) -> frozenset[str]:
    """The names of the programs that run (the kernel cuts them at 15 characters)."""
    if not host.live:
        raise Refused(
            "not-supported",
            "read:/proc/*/comm",
            "only a running system knows its processes; files alone were read",
        )
    names = set()
    for folder in host.listdir("/proc"):
        if folder.isdecimal():
            try:
                name = host.read_optional(f"/proc/{folder}/comm")
            except Refused as error:
                if error.reason != "broken":
                    raise
                name = None  # it ended meanwhile
            if name is not None:
                names.add(name.strip())
    if not names:
        raise Refused("not-supported", "read:/proc/*/comm", "no process is visible")
    return frozenset(names)


def runs(host: Host, program: str) -> bool:
    """Whether a program of this name runs now."""
    return program[:15] in processes(host)
