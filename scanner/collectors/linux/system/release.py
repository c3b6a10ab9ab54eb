"""What a host says of itself: family, release, kernel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.forms import shell_assignments
from scanner.collectors.linux.host import Host, clear, observe
from scanner.facts.host import Host as HostFact

RELEASE_CALLS = {"read:/etc/os-release": "", "read:/usr/lib/os-release": ""}

_FAMILIES = (
    ("rhel", ("rhel", "centos", "fedora", "rocky", "almalinux", "ol", "amzn", "azurelinux")),
    ("ubuntu", ("ubuntu",)),
    ("debian", ("debian",)),
    ("suse", ("suse", "sles", "opensuse", "opensuse-leap", "sle_hpc")),
    ("alpine", ("alpine",)),
)


@dataclass(frozen=True)
class Release:
    """os-release(5): id and version as the vendor writes them, and the family it belongs to."""

    id: str
    version: str | None
    family: str


def parse_release(text: str) -> Release:
    """Raises Unclear for a text that cannot be read."""
    values = shell_assignments(text)
    name = values.get("ID", "linux").lower()
    likes = [name, *values.get("ID_LIKE", "").lower().split()]
    # The first word that is known decides: Ubuntu says ID_LIKE=debian, Rocky "rhel centos fedora".
    for like in likes:
        for family, members in _FAMILIES:
            if like in members or like == family:
                return Release(name, values.get("VERSION_ID"), family)
    return Release(name, values.get("VERSION_ID"), name)


def release(host: Host) -> Release:
    """Raises Refused `not-supported` for a system without os-release."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        text = host.read_optional(path)
        if text is not None:
            return clear(f"read:{path}", lambda text=text: parse_release(text))  # type: ignore[misc]
    raise Refused("not-supported", "read:/etc/os-release", "no os-release file is here")


@source(
    HostFact,
    fields=["os_family", "os_version", "kernel", "running"],
    calls={**RELEASE_CALLS, "read:/proc/sys/kernel/osrelease": ""},
)
def host(here: Host) -> Iterator[HostFact | Partial]:
    """The host itself: operating system, release, kernel."""
    operation = "read:/etc/os-release"
    fact = HostFact(
        subject=here.id, name=here.job.scope.name, running=here.live, **here.here(operation)
    )
    yield observe(
        fact,
        operation,
        {
            "os_family": lambda: release(here).family,
            "os_version": lambda: release(here).version,
            "kernel": lambda: (
                here.read("/proc/sys/kernel/osrelease").strip() if here.live else None
            ),
        },
    )
