"""Log files that logrotate keeps for a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from scanner.collectors.base import Partial, source
from scanner.collectors.linux.forms import drop_in_paths
from scanner.collectors.linux.host import Host, Unclear, clear, known, observe, settle
from scanner.collectors.linux.records.forwarding import FORWARD_CALLS, forwards
from scanner.collectors.linux.records.logrotate import Defaults, Rotation, parse_logrotate
from scanner.collectors.linux.records.stores import world_readable
from scanner.facts.audit import Store

_ROTATE = "read:/etc/logrotate.conf"

AUDIT_FILES = (
    "/var/log/syslog",
    "/var/log/messages",
    "/var/log/auth.log",
    "/var/log/secure",
    "/var/log/kern.log",
    "/var/log/cron",
    "/var/log/sudo.log",
    "/var/log/wtmp",
    "/var/log/btmp",
)
"""The files that rsyslog and sign-in programs write audit records to, by the families' defaults."""


_FOLDERS = ("/etc/logrotate.d", "/usr/etc/logrotate.d")
_TABOO = (
    ",v",
    ".bak",
    ".cfsaved",
    ".disabled",
    ".dpkg-bak",
    ".dpkg-del",
    ".dpkg-dist",
    ".dpkg-new",
    ".dpkg-old",
    ".dpkg-tmp",
    ".new",
    ".old",
    ".orig",
    ".rpmnew",
    ".rpmorig",
    ".rpmsave",
    ".swp",
    ".ucf-dist",
    ".ucf-new",
    ".ucf-old",
    "~",
)
"""Ends of names that logrotate passes over (tabooext of logrotate.conf(5))."""


def _covers(pattern: str, path: str) -> bool:
    return re.fullmatch("[^/]*".join(re.escape(p) for p in pattern.split("*")), path) is not None


@source(
    Store,
    fields=[
        "bucket",
        "retention_days",
        "time_bound",
        "persistent",
        "world_readable",
        "central",
    ],
    calls={
        "read:/etc/logrotate.conf": "",
        "read:/usr/etc/logrotate.conf": "",
        "read:/etc/logrotate.d/*": "",
        "read:/usr/etc/logrotate.d/*": "",
        **{f"stat:{path}": "" for path in AUDIT_FILES},
        **FORWARD_CALLS,
    },
    always={"system": "logrotate"},
)
def log_files(here: Host) -> Iterator[Store | Partial]:
    """Log files that logrotate keeps for a time: syslog, auth.log, secure, wtmp and the like."""

    def rotations() -> list[Rotation]:
        defaults = Defaults()
        found: list[Rotation] = []
        main = here.read_optional("/etc/logrotate.conf")
        if main is None:
            main = here.read_optional("/usr/etc/logrotate.conf")
        texts = [main or ""]
        included = re.findall(r"^\s*include\s+(\S+)", main or "", re.M)
        strange = [path for path in included if path.rstrip("/") not in _FOLDERS]
        if strange:
            raise Unclear(f"logrotate includes {strange[0]}, which is not read here")
        for path in drop_in_paths(here, [p.rstrip("/") for p in included], ""):
            if not path.endswith(_TABOO):
                texts.append(here.read_optional(path) or "")
        for index, text in enumerate(texts):
            stanzas, after = parse_logrotate(text, defaults)
            found.extend(stanzas)
            if index == 0:
                defaults = after
        return found

    settled = settle(lambda: clear(_ROTATE, rotations))
    for path in AUDIT_FILES:
        if not here.exists(path):
            continue

        def mine(path: str = path) -> Rotation | None:
            return next((r for r in known(settled) if _covers(r.path, path)), None)

        reads: dict[str, Any] = {
            "retention_days": lambda get=mine: _days(get()),
            "time_bound": lambda get=mine: _bound(get()),
            "world_readable": lambda p=path: world_readable(here, p),
            "central": lambda: bool(forwards(here)),
        }
        yield observe(
            Store(
                subject=f"{here.id}/log{path}",
                name=path,
                system="logrotate",
                bucket=None,
                persistent=True,
                **here.here(_ROTATE),
            ),
            _ROTATE,
            reads,
        )


def _days(rotation: Rotation | None) -> int | None:
    return None if rotation is None else rotation.days


def _bound(rotation: Rotation | None) -> bool:
    return rotation is not None and (rotation.every_days > 0 or rotation.max_age is not None)
