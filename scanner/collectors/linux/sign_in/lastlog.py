"""When an account last signed in: the lastlog file, and the lastlog2 database after it.

sshd and pam_lastlog write /var/log/lastlog, a record for each uid. pam_lastlog2 of util-linux
writes an SQLite database by names; openSUSE, Fedora 43 and Debian 13 have moved there. Both may
be in use at once, so the later time counts. Ubuntu 24.04 has given up pam_lastlog and has nothing
in its place: sshd alone still writes the file, so that a console's sign-ins are missing from it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanner.collectors.base import Refused
from scanner.collectors.linux.host import Host, Unclear, clear
from scanner.collectors.linux.sign_in.pam import PAM_CALLS, PAM_FOLDERS
from scanner.collectors.linux.sqlite import table_rows, write_ahead

_FILE = "/var/log/lastlog"
_DATABASE = "/var/lib/lastlog/lastlog2.db"
_MODULES = tuple(
    f"{top}/{folder}"
    for folder in ("lib/security", "lib/*-linux-*/security", "lib64/security")
    for top in ("", "/usr")
)
"""Where the modules of PAM are installed; Debian puts them below the name of the machine's kind."""
_WRITER, _ANY = "pam_lastlog.so", "pam_unix.so"
"""What writes the lastlog file, and what is among the modules wherever they can be seen."""
LASTLOG = f"read:{_FILE}"
_LASTLOG2 = f"read:{_DATABASE}"
LASTLOG_CALLS = {
    LASTLOG: "",
    _LASTLOG2: "",
    f"stat:{_DATABASE}-wal": "",
    f"stat:{_DATABASE}-journal": "",
    **PAM_CALLS,
    **{f"stat:{folder}/{module}": "" for folder in _MODULES for module in (_WRITER, _ANY)},
}


def parse_lastlog(data: bytes, uid: int) -> int | None:
    """Seconds since 1970 of a uid's last sign-in in the lastlog file; None: never.

    A record is 292 bytes: a 32-bit time, a line of 32 and a host of 256 characters.
    """
    at = uid * 292
    if at + 4 > len(data):
        return None
    (seconds,) = struct.unpack_from("<I", data, at)
    return seconds or None


def parse_lastlog2(data: bytes) -> dict[str, int]:
    """Name -> seconds since 1970 of its last sign-in, of those who ever did. Raises Unclear.

    The table is liblastlog2's own: Lastlog2(Name, Time, TTY, RemoteHost, Service); from where
    and by what somebody came is left in it.
    """
    found: dict[str, int] = {}
    for name, seconds in table_rows(data, "the lastlog2 database", "Lastlog2", ["Name", "Time"]):
        if not isinstance(name, str) or not isinstance(seconds, int) or seconds < 0:
            raise Unclear("the lastlog2 database holds something else than names and times")
        if seconds:
            found[name] = max(seconds, found.get(name, 0))
    return found


@dataclass(frozen=True)
class SignIns:
    """What both keep; None for the one that is not there."""

    by_uid: bytes | None
    by_name: Mapping[str, int] | None

    def last(self, name: str, uid: int) -> int | None:
        """Seconds since 1970 of the last sign-in; None: never."""
        known = (self.by_name or {}).get(name)
        older = None if self.by_uid is None else parse_lastlog(self.by_uid, uid)
        return max((each for each in (known, older) if each is not None), default=None)


def sign_ins(host: Host) -> SignIns:
    """Raises Refused where neither is there, or not all of them can be told."""
    by_uid, database = host.bytes_optional(_FILE), host.bytes_optional(_DATABASE)
    lines = _stack_lines(host)
    _kept_elsewhere(lines)
    if database is not None:
        return SignIns(by_uid, _all_of(host, database))
    if by_uid is None:
        raise Refused(
            "not-supported", LASTLOG, "this host keeps neither a lastlog file nor lastlog2.db"
        )
    if not _written(host, lines):
        raise Refused(
            "not-supported",
            _LASTLOG2,
            "pam_lastlog is not here, so that the lastlog file misses sign-ins, and neither is"
            " lastlog2.db (libpam-lastlog2)",
        )
    return SignIns(by_uid, None)


def _all_of(host: Host, database: bytes) -> Mapping[str, int]:
    beside = "wal" if write_ahead(database) else "journal"
    stat = host.stat(f"{_DATABASE}-{beside}")
    if stat is not None and stat.size:
        raise Refused(
            "broken", _LASTLOG2, f"its latest changes are in lastlog2.db-{beside}, not in itself"
        )
    return clear(_LASTLOG2, lambda: parse_lastlog2(database))


def _stack_lines(host: Host) -> list[str]:
    """The lines of every PAM stack, without comments."""
    return [
        line.partition("#")[0]
        for folder in PAM_FOLDERS
        for path in host.glob(f"{folder}/*")
        for line in (host.read_optional(path) or "").splitlines()
    ]


def _written(host: Host, lines: Sequence[str]) -> bool:
    """Whether pam_lastlog still writes the lastlog file; else what it holds goes no further.

    Among the modules, where they can be seen: a line of a stack may outlive its module. Where
    none can be (a part of a host's files), the stacks tell.
    """
    if _installed(host, _WRITER):
        return True
    named = any(re.search(rf"\b{re.escape(_WRITER)}(?!\S)", line) for line in lines)
    return named and not _installed(host, _ANY)


def _installed(host: Host, module: str) -> bool:
    return any(host.exists(p) for f in _MODULES for p in host.glob(f"{f}/{module}"))


def _kept_elsewhere(lines: Sequence[str]) -> None:
    """Raises Refused where pam_lastlog2 is told of another database."""
    for line in lines:
        found = re.search(r"\bpam_lastlog2\.so\b.*\sdatabase=(\S+)", line)
        if found is not None and found.group(1) != _DATABASE:
            raise Refused(
                "not-supported",
                f"read:{PAM_FOLDERS[0]}/*",
                "pam_lastlog2 keeps another database",
            )
