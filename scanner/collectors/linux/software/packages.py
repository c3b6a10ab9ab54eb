"""The package databases of the families: dpkg, rpm, apk."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache

from scanner.collectors.base import Refused
from scanner.collectors.linux.host import Host, Unclear, clear
from scanner.collectors.linux.sqlite import table_rows

RPM_FORMAT = "%{NAME}\\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\t%{VENDOR}\\t%{INSTALLTIME}\\n"

PACKAGE_CALLS = {
    "read:/var/lib/dpkg/status": "",
    "read:/var/lib/dpkg/status.d/*": "",
    "read:/lib/apk/db/installed": "",
    "read:/usr/lib/apk/db/installed": "",
    "read:/var/lib/rpm/rpmdb.sqlite": "",
    "read:/usr/lib/sysimage/rpm/rpmdb.sqlite": "",
    "stat:/var/lib/rpm/Packages": "",
    "stat:/var/lib/rpm/Packages.db": "",
    "stat:/usr/lib/sysimage/rpm/Packages.db": "",
    f"run:rpm -qa --queryformat {RPM_FORMAT}": "",
}
"""What listing the installed packages takes, whatever the family."""


@dataclass(frozen=True)
class Installed:
    """One installed package. at: seconds since 1970 of its installation, where that is kept."""

    name: str
    version: str
    publisher: str | None
    at: int | None = None


@dataclass(frozen=True)
class Inventory:
    manager: str
    operation: str
    packages: tuple[Installed, ...]

    def version(self, *names: str) -> tuple[str, str] | None:
        """(name, version) of the first of the names that is installed."""
        for name in names:
            for package in self.packages:
                if package.name == name:
                    return package.name, package.version
        return None

    def has(self, *names: str) -> bool:
        return self.version(*names) is not None


def parse_dpkg(text: str) -> list[Installed]:
    """The installed ones of /var/lib/dpkg/status (deb822, dpkg-query's `install ok installed`)."""
    found = []
    for paragraph in text.split("\n\n"):
        fields: dict[str, str] = {}
        for line in paragraph.splitlines():
            if line[:1] in (" ", "\t", "#") or ":" not in line:
                continue
            key, _, value = line.partition(":")
            fields[key.lower()] = value.strip()
        if "package" not in fields:
            continue
        # status.d of minimal images has no Status field: what stands there is installed.
        status = fields.get("status", "install ok installed").split()
        if status[-1:] == ["installed"] and "version" in fields:
            found.append(
                Installed(fields["package"], fields["version"], fields.get("maintainer") or None)
            )
    return found


def parse_apk(text: str) -> list[Installed]:
    """The packages of apk's installed database: `P:` and `V:` lines, blank line between."""
    found = []
    for paragraph in text.split("\n\n"):
        fields = {line[0]: line[2:].strip() for line in paragraph.splitlines() if line[1:2] == ":"}
        if fields.get("P") and fields.get("V"):
            found.append(Installed(fields["P"], fields["V"], fields.get("m") or None))
    return found


def parse_rpm_list(text: str) -> list[Installed]:
    """The answer of `rpm -qa` in our own format; imported keys are no packages."""
    found = []
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) != 4:
            raise Unclear("rpm listed a package in another form than the one asked for")
        name, version, vendor, at = parts
        if name == "gpg-pubkey":
            continue
        found.append(
            Installed(
                name,
                version,
                None if vendor in ("(none)", "") else vendor,
                int(at) if at.isdecimal() else None,
            )
        )
    return found


_NAME, _VERSION, _RELEASE, _EPOCH, _INSTALLED, _VENDOR = 1000, 1001, 1002, 1003, 1008, 1011


def parse_rpm_header(blob: bytes) -> Installed | None:
    """One package header as the database holds it (rpm's `Header` in immutable region form).

    None for an imported key. Raises Unclear for bytes that are no header.
    """
    try:
        count, length = struct.unpack_from(">II", blob, 0)
        if count > 65536 or 8 + 16 * count + length > len(blob):
            raise Unclear("an rpm header is cut short")
        store = 8 + 16 * count
        values: dict[int, str | int] = {}
        for index in range(count):
            tag, kind, offset, _ = struct.unpack_from(">IIiI", blob, 8 + 16 * index)
            if tag not in (_NAME, _VERSION, _RELEASE, _EPOCH, _INSTALLED, _VENDOR):
                continue
            at = store + offset
            if not store <= at < len(blob):
                raise Unclear("an rpm header points outside itself")
            if kind in (6, 9):
                end = blob.index(b"\0", at)
                values[tag] = blob[at:end].decode("utf-8", "replace")
            elif kind == 4:
                values[tag] = struct.unpack_from(">I", blob, at)[0]
    except (struct.error, ValueError) as error:
        if isinstance(error, Unclear):
            raise
        raise Unclear("an rpm header cannot be read") from None
    if not all(tag in values for tag in (_NAME, _VERSION, _RELEASE)):
        raise Unclear("an rpm header has no name or version")
    if values[_NAME] == "gpg-pubkey":
        return None
    epoch = f"{values[_EPOCH]}:" if _EPOCH in values else ""
    at_seconds = values.get(_INSTALLED)
    vendor = values.get(_VENDOR)
    return Installed(
        str(values[_NAME]),
        f"{epoch}{values[_VERSION]}-{values[_RELEASE]}",
        str(vendor) if vendor else None,
        at_seconds if isinstance(at_seconds, int) else None,
    )


@lru_cache(maxsize=4)
def parse_rpm_database(data: bytes) -> tuple[Installed, ...]:
    """The packages of rpmdb.sqlite. Raises Unclear."""
    rows = table_rows(data, "the rpm database", "Packages", ["hnum", "blob"])
    found = []
    for _, blob in rows:
        if not isinstance(blob, bytes):
            raise Unclear("the rpm database holds something else than headers")
        package = parse_rpm_header(blob)
        if package is not None:
            found.append(package)
    return tuple(found)


@lru_cache(maxsize=8)
def _dpkg(data: bytes) -> tuple[Installed, ...]:
    return tuple(parse_dpkg(data.decode("utf-8", "replace")))


def inventory(host: Host) -> Inventory:
    """Every installed package. Raises Refused where no database can be read."""
    data = host.bytes_optional("/var/lib/dpkg/status")
    if data:
        return Inventory("dpkg", "read:/var/lib/dpkg/status", _dpkg(data))
    parts = host.glob("/var/lib/dpkg/status.d/*")
    if parts:
        listed: list[Installed] = []
        for path in parts:
            if not path.endswith(".md5sums"):
                listed.extend(parse_dpkg(host.read(path)))
        return Inventory("dpkg", "read:/var/lib/dpkg/status.d/*", tuple(listed))
    for path in ("/lib/apk/db/installed", "/usr/lib/apk/db/installed"):
        text = host.read_optional(path)
        if text is not None:
            return Inventory("apk", f"read:{path}", tuple(parse_apk(text)))
    return _rpm(host)


def _rpm(host: Host) -> Inventory:
    sqlite = ("/var/lib/rpm/rpmdb.sqlite", "/usr/lib/sysimage/rpm/rpmdb.sqlite")
    other = (
        "/var/lib/rpm/Packages",
        "/var/lib/rpm/Packages.db",
        "/usr/lib/sysimage/rpm/Packages.db",
    )
    present = [path for path in (*sqlite, *other) if host.exists(path)]
    ask = f"run:rpm -qa --queryformat {RPM_FORMAT}"
    if not present:
        raise Refused("not-supported", "read:/var/lib/dpkg/status", "no package database is here")
    if host.live:
        text = host.run_ok("rpm", "-qa", "--queryformat", RPM_FORMAT)
        return Inventory("rpm", ask, tuple(clear(ask, lambda: parse_rpm_list(text))))
    if present[0] not in sqlite:
        raise Refused(
            "not-supported",
            f"stat:{present[0]}",
            f"{present[0]} is in a form that only rpm on that system reads",
        )
    data = host.bytes_optional(present[0]) or b""
    operation = f"read:{present[0]}"
    return Inventory("rpm", operation, clear(operation, lambda: parse_rpm_database(data)))
