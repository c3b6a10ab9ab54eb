"""The clock of a host: which service sets it, from where, and whether it is in step."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.forms import (
    drop_in_paths,
    first_text,
    lines_of,
    section_values,
    systemd_calls,
    systemd_texts,
)
from scanner.collectors.linux.host import Host, Unclear, known, observe, settle
from scanner.collectors.linux.system.units import enabled, runs, unit_calls
from scanner.facts.audit import TimeSource

_SERVICES = (
    ("chronyd", ("chrony.service", "chronyd.service"), "chronyd"),
    ("ntpd", ("ntp.service", "ntpd.service", "ntpsec.service"), "ntpd"),
    ("systemd-timesyncd", ("systemd-timesyncd.service",), "systemd-timesyncd"),
)
_CHRONY = ("/etc/chrony.conf", "/etc/chrony/chrony.conf")
_CHRONY_PARTS = (
    "/etc/chrony.d/*.conf",
    "/etc/chrony.d/*.sources",
    "/etc/chrony/conf.d/*.conf",
    "/etc/chrony/sources.d/*.sources",
    "/run/chrony-dhcp/*.sources",
    "/run/chrony.d/*.conf",
    "/run/chrony.d/*.sources",
    "/usr/share/chrony/*.conf",
)
_NTP = ("/etc/ntp.conf", "/etc/ntpsec/ntp.conf")
_TRACKING = "run:chronyc -n tracking"
_TIMEDATE = "run:timedatectl show --property=NTPSynchronized --value"


def ntp_servers(text: str) -> list[str]:
    """The servers of chrony.conf(5) or ntp.conf(5): `server`, `pool`, `peer` lines."""
    found = []
    for line in lines_of(text, comment="#!;%"):
        words = line.split()
        if words[0].lower() in ("server", "pool", "peer", "refclock") and len(words) > 1:
            found.append(words[1])
    return found


def parse_tracking(text: str) -> tuple[bool, int | None]:
    """(in step, milliseconds off) of `chronyc tracking`. Raises Refused for another output."""
    status = re.search(r"^Leap status\s*:\s*(.+)$", text, re.M)
    if status is None:
        raise Refused("broken", _TRACKING, "chronyc does not say its status")
    synced = status.group(1).strip() != "Not synchronised"
    offset = re.search(r"^System time\s*:\s*([0-9.]+) seconds", text, re.M)
    return synced, None if offset is None else round(float(offset.group(1)) * 1000)


def _chrony_files(here: Host, main: str) -> list[str]:
    """The files that chrony.conf(5) brings in. Raises Unclear for one that is not read here."""
    paths: list[str] = []
    for line in lines_of(main, comment="#!;%"):
        word, *given = line.split()
        kind = word.lower()
        if kind not in ("include", "confdir", "sourcedir"):
            continue
        suffix = {"confdir": ".conf", "sourcedir": ".sources"}.get(kind)
        if suffix is None:
            for pattern in given:
                if pattern not in _CHRONY_PARTS:
                    raise Unclear(f"chrony.conf includes {pattern}, which is not read here")
                paths.extend(here.glob(pattern))
            continue
        folders = [folder.rstrip("/") for folder in given]
        for folder in folders:
            if f"{folder}/*{suffix}" not in _CHRONY_PARTS:
                raise Unclear(f"chrony.conf names {folder}, which is not read here")
        known_here = [f for f in folders if here.live or not f.startswith("/run")]
        paths.extend(drop_in_paths(here, known_here, suffix))
    return paths


@source(
    TimeSource,
    fields=["service", "enabled", "servers", "synced", "offset_ms"],
    calls={
        **{k: v for _, units, _ in _SERVICES for k, v in unit_calls(*units).items()},
        **systemd_calls("timesyncd.conf"),
        **{f"read:{path}": "" for path in (*_CHRONY, *_NTP)},
        **{f"read:{path}": "" for path in _CHRONY_PARTS},
        _TRACKING: "",
        _TIMEDATE: "",
    },
)
def clock(here: Host) -> Iterator[TimeSource | Partial]:
    """The time service of the host, its servers, and whether the clock is in step."""
    operation = f"read:{_CHRONY[0]}"

    def first_starting() -> str | None:
        for name, units, _ in _SERVICES:
            if any(enabled(here, unit) for unit in units):
                return name
        return None

    def in_use() -> str | None:
        name = known(starting)
        if name is not None:
            return name
        if here.live:
            return next((name for name, _, program in _SERVICES if runs(here, program)), None)
        raise Refused("not-supported", operation, "no time service starts with this system")

    starting = settle(first_starting)
    used = settle(in_use)

    def service() -> str | None:
        return known(used)

    def servers() -> tuple[str, ...]:
        name = service()
        texts: list[str] = []
        if name == "chronyd":
            main = first_text(here, _CHRONY) or ""
            texts = [main, *(here.read_optional(p) or "" for p in _chrony_files(here, main))]
        elif name == "ntpd":
            texts = [here.read_optional(path) or "" for path in _NTP]
        elif name == "systemd-timesyncd":
            values = section_values(systemd_texts(here, "timesyncd.conf"), "Time")
            named = f"{values.get('NTP', '')} {values.get('FallbackNTP', '')}".split()
            if not named:
                raise Refused("not-supported", operation, "the servers are built into timesyncd")
            return tuple(dict.fromkeys(named))
        return tuple(dict.fromkeys(s for text in texts for s in ntp_servers(text)))

    def tracking() -> tuple[bool, int | None]:
        return parse_tracking(here.run_ok("chronyc", "-n", "tracking"))

    def synced() -> bool:
        if service() is None:
            return False
        if service() == "chronyd":
            return tracking()[0]
        answer = here.run_ok("timedatectl", "show", "--property=NTPSynchronized", "--value").strip()
        if answer not in ("yes", "no"):
            raise Refused("broken", _TIMEDATE, f"timedatectl says {answer[:40]!r}")
        return answer == "yes"

    def offset() -> int | None:
        if service() == "chronyd":
            return tracking()[1]
        raise Refused("not-supported", _TRACKING, "only chronyd says how far the clock is off")

    yield observe(
        TimeSource(subject=f"{here.id}/clock", name="clock", **here.here(operation)),
        operation,
        {
            "service": service,
            "enabled": lambda: known(starting) is not None,
            "servers": servers,
            "synced": synced,
            "offset_ms": offset,
        },
    )
