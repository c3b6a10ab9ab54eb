"""What a host listens on, and which services start with it."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address

from scanner.collectors.base import Refused, source
from scanner.collectors.linux.host import Host, Unclear, clear
from scanner.facts.host import Service

_TABLES = {
    "tcp": ("/proc/net/tcp", "/proc/net/tcp6"),
    "udp": ("/proc/net/udp", "/proc/net/udp6"),
}
_LISTEN = {"tcp": "0A", "udp": "07"}


def parse_sockets(text: str, state: str) -> list[tuple[str, int]]:
    """(address, port) of the sockets in one state of /proc/net/tcp and its kin (proc(5)).

    Raises Unclear for a table of another form.
    """
    lines = text.splitlines()
    if not lines or "local_address" not in lines[0]:
        raise Unclear("the table of sockets has no head")
    found = []
    for line in lines[1:]:
        words = line.split()
        if len(words) < 4 or not re.fullmatch(
            r"[0-9A-F]{8}(?:[0-9A-F]{24})?:[0-9A-F]{4}", words[1]
        ):
            raise Unclear("the table of sockets is not understood")
        if words[3] != state:
            continue
        address, _, port = words[1].partition(":")
        found.append((_address(address), int(port, 16)))
    return found


def _address(text: str) -> str:
    # Words of 32 bits in the byte order of the machine, which is little-endian on all that we meet.
    raw = bytes.fromhex(text)
    swapped = b"".join(
        struct.pack(">I", struct.unpack_from("<I", raw, i)[0]) for i in range(0, len(raw), 4)
    )
    address = ip_address(swapped)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(address)


def beyond(address: str) -> bool:
    """Whether an address can be reached from another machine."""
    return not ip_address(address).is_loopback


KNOWN_PORTS = {
    ("tcp", 21): "ftp",
    ("tcp", 22): "ssh",
    ("tcp", 23): "telnet",
    ("tcp", 25): "smtp",
    ("tcp", 53): "dns",
    ("udp", 53): "dns",
    ("udp", 67): "dhcp server",
    ("udp", 68): "dhcp client",
    ("udp", 69): "tftp",
    ("tcp", 80): "http",
    ("tcp", 110): "pop3",
    ("tcp", 111): "rpcbind",
    ("udp", 111): "rpcbind",
    ("udp", 123): "ntp",
    ("tcp", 143): "imap",
    ("udp", 161): "snmp",
    ("tcp", 389): "ldap",
    ("tcp", 443): "https",
    ("tcp", 445): "smb",
    ("tcp", 512): "rexec",
    ("tcp", 513): "rlogin",
    ("tcp", 514): "rsh",
    ("udp", 514): "syslog",
    ("tcp", 631): "ipp",
    ("tcp", 2049): "nfs",
    ("tcp", 3306): "mysql",
    ("tcp", 3389): "rdp",
    ("tcp", 5432): "postgresql",
    ("tcp", 5900): "vnc",
    ("udp", 5353): "mdns",
    ("tcp", 6379): "redis",
    ("tcp", 9090): "cockpit",
}


@source(
    Service,
    fields=["host", "enabled", "listens_on", "exposed", "protocol", "port", "unit"],
    calls={f"read:{path}": "" for paths in _TABLES.values() for path in paths},
    always={"category": "socket"},
)
def listening(here: Host) -> Iterator[Service]:
    """The ports that programs of this host listen on, with their addresses."""
    sockets: dict[tuple[str, int], set[str]] = {}
    for protocol, paths in _TABLES.items():
        for path in paths:
            text = here.read_optional(path)
            if text is None:
                continue  # a kernel without IPv6
            found = clear(f"read:{path}", lambda t=text, p=protocol: parse_sockets(t, _LISTEN[p]))  # type: ignore[misc]
            for address, port in found:
                sockets.setdefault((protocol, port), set()).add(address)
    if here.read_optional("/proc/net/tcp") is None:
        raise Refused("not-supported", "read:/proc/net/tcp", "the table of sockets is not here")
    for (protocol, port), addresses in sorted(sockets.items()):
        yield Service(
            subject=f"{here.id}/listen/{protocol}/{port}",
            name=f"{KNOWN_PORTS.get((protocol, port), 'port')} ({protocol}/{port})",
            category="socket",
            host=here.id,
            listens_on=tuple(sorted(addresses)),
            exposed=any(beyond(address) for address in addresses),
            protocol=protocol,
            port=port,
            unit=None,
            **here.here(f"read:/proc/net/{protocol}"),
        )


_FOLDERS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")


@source(
    Service,
    fields=["host", "enabled", "listens_on", "protocol", "port", "unit"],
    calls={
        **{f"stat:{folder}/*.wants/*": "" for folder in _FOLDERS},
        "stat:/etc/systemd/system/*": "",
        "stat:/etc/rc2.d/*": "",
        "stat:/etc/rc3.d/*": "",
    },
    always={"category": "unit"},
)
def enabled_services(here: Host) -> Iterator[Service]:
    """The services and sockets that start with the host."""
    names: set[str] = set()
    for folder in _FOLDERS:
        for path in here.glob(f"{folder}/*.wants/*"):
            name = path.rpartition("/")[2]
            if name.endswith((".service", ".socket")):
                names.add(name)
    masked = {name for name in names if here.readlink(f"/etc/systemd/system/{name}") == "/dev/null"}
    for level in ("rc2", "rc3"):
        for name in here.listdir(f"/etc/{level}.d"):
            start = re.fullmatch(r"S[0-9]{2}(.+)", name)
            if start and f"{start.group(1)}.service" not in masked:
                names.add(f"{start.group(1)}.service")
    for name in sorted(names - masked):
        yield Service(
            subject=f"{here.id}/unit/{name}",
            name=name,
            category="unit",
            host=here.id,
            enabled=True,
            listens_on=(),
            protocol=None,
            port=None,
            unit=name,
            **here.here("stat:/etc/systemd/system/*.wants/*"),
        )
