"""Where a host keeps its records, and for how long: the journal, auditd, rotated log files."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.forms import (
    equals_pairs,
    last,
    section_values,
    span_seconds,
    systemd_calls,
    systemd_texts,
    whole,
)
from scanner.collectors.linux.forwarding import FORWARD_CALLS, forwards
from scanner.collectors.linux.host import Host, Unclear, clear, known, observe, settle
from scanner.facts.audit import Store

_JOURNALD = "read:/etc/systemd/journald.conf"
_AUDITD = "read:/etc/audit/auditd.conf"
_ROTATE = "read:/etc/logrotate.conf"
_SYSTEMD = ("/usr/lib/systemd/systemd-journald", "/lib/systemd/systemd-journald")


def _by_size(what: str, operation: str) -> Refused:
    return Refused(
        "not-supported",
        operation,
        f"{what} is kept up to a size; how many days that holds depends on the volume",
    )


def _readable(host: Host, path: str) -> bool:
    """Whether every account may read a file; Refused when it cannot be seen."""
    found = host.stat(path)
    if found is None:
        raise Refused("not-supported", f"stat:{path}", f"{path} is not there")
    return bool(found.mode & 0o004)


def journal_retention(values: dict[str, str]) -> int | None:
    """Days of MaxRetentionSec; None where it sets no time (0 or absent)."""
    seconds = span_seconds(values.get("MaxRetentionSec", "0"))
    return None if not seconds else seconds // 86400


@source(
    Store,
    fields=["bucket", "retention_days", "time_bound", "persistent", "central"],
    calls={
        **systemd_calls("journald.conf"),
        **{f"stat:{path}": "" for path in _SYSTEMD},
        "stat:/var/log/journal": "",
        **FORWARD_CALLS,
    },
    always={"system": "journal"},
)
def journal_store(here: Host) -> Iterator[Store | Partial]:
    """The systemd journal: does it outlive a restart, and how long is it kept."""
    if not any(here.exists(path) for path in _SYSTEMD):
        return

    texts = settle(lambda: systemd_texts(here, "journald.conf"))

    def values() -> dict[str, str]:
        return section_values(known(texts), "Journal")

    def persistent() -> bool:
        storage = values().get("Storage", "auto").lower()
        if storage == "auto":
            return here.exists("/var/log/journal")
        if storage not in ("persistent", "volatile", "none"):
            raise Unclear(f"Storage={storage} is not understood")
        return storage == "persistent"

    def retention() -> int | None:
        days = journal_retention(values())
        if days is None:
            raise _by_size("the journal", _JOURNALD)
        return days

    yield observe(
        Store(
            subject=f"{here.id}/log/journal",
            name="journal",
            system="journal",
            bucket=None,
            **here.here(_JOURNALD),
        ),
        _JOURNALD,
        {
            "retention_days": retention,
            "time_bound": lambda: journal_retention(values()) is not None,
            "persistent": persistent,
            "central": lambda: bool(forwards(here)),
        },
    )


AUDITD_CONF = "/etc/audit/auditd.conf"


def auditd_settings(host: Host) -> list[tuple[str, str]] | None:
    """auditd.conf(5); None where auditd is not installed."""
    text = host.read_optional(AUDITD_CONF)
    return None if text is None else equals_pairs(text)


@source(
    Store,
    fields=[
        "bucket",
        "retention_days",
        "time_bound",
        "persistent",
        "oldest_record_days",
        "world_readable",
        "central",
    ],
    calls={
        f"read:{AUDITD_CONF}": "root",
        "stat:/var/log/audit/*": "root",
        "stat:/usr/sbin/auditd": "",
        "stat:/sbin/auditd": "",
        **FORWARD_CALLS,
    },
    always={"system": "auditd"},
)
def audit_store(here: Host) -> Iterator[Store | Partial]:
    """The records of auditd: how long they are kept and who can read them."""
    if not any(here.exists(path) for path in ("/usr/sbin/auditd", "/sbin/auditd")):
        return
    settings = settle(lambda: auditd_settings(here) or [])

    def value(key: str, default: str) -> str:
        found = last(known(settings), key)
        return (default if found is None else found).lower()

    def retention() -> int | None:
        action = value("max_log_file_action", "rotate")
        if action in ("keep_logs", "ignore", "suspend", "syslog"):
            return None
        if action != "rotate":
            raise Unclear(f"max_log_file_action = {action} is not understood")
        raise _by_size("the audit log", _AUDITD)

    def oldest() -> int | None:
        times = []
        for name in here.listdir("/var/log/audit"):
            found = here.stat(f"/var/log/audit/{name}")
            if name.startswith("audit.log") and found is not None and found.size:
                times.append(found.mtime)
        # A file's last change is no older than its first record: the age is at least this.
        return here.days_since(min(times)) if times else None

    def path() -> str:
        where = value("log_file", "/var/log/audit/audit.log")
        if where != "/var/log/audit/audit.log":
            raise Refused("not-supported", _AUDITD, f"the audit log is kept in {where}")
        return where

    def oldest_known() -> int | None:
        path()
        return oldest()

    yield observe(
        Store(
            subject=f"{here.id}/log/audit",
            name="audit log",
            system="auditd",
            bucket=None,
            persistent=True,
            time_bound=False,
            **here.here(_AUDITD),
        ),
        _AUDITD,
        {
            "retention_days": retention,
            "oldest_record_days": oldest_known,
            "world_readable": lambda: _readable(here, path()),
            "central": lambda: bool(forwards(here)),
        },
    )


@dataclass(frozen=True)
class Rotation:
    """How one log file is rotated. every_days: 0 where its size decides."""

    path: str
    every_days: int
    rotate: int | None
    max_age: int | None

    @property
    def days(self) -> int | None:
        """Days that are kept; None: without end. Raises Unclear where only the size decides."""
        if self.max_age is not None and (self.rotate is None or self.every_days == 0):
            return self.max_age
        if self.rotate is None:
            return None
        if self.every_days == 0:
            raise Unclear("the file is rotated by size, not by time")
        kept = self.every_days * self.rotate
        return kept if self.max_age is None else min(kept, self.max_age)


_EVERY = {"hourly": 0, "daily": 1, "weekly": 7, "monthly": 30, "yearly": 365, "annually": 365}
_SCRIPTS = frozenset({"prerotate", "postrotate", "firstaction", "lastaction", "preremove"})


@dataclass(frozen=True)
class _Defaults:
    every_days: int = 7
    rotate: int | None = 0
    max_age: int | None = None


def parse_logrotate(text: str, start: _Defaults = _Defaults()) -> tuple[list[Rotation], _Defaults]:
    """The stanzas of a logrotate.conf(5) file, and the defaults that hold after it.

    Raises Unclear.
    """
    found: list[Rotation] = []
    outer, inner = start, start
    paths: list[str] = []
    held: list[str] = []
    inside, script = False, False
    for raw in text.splitlines():
        line = raw.strip()
        if script:
            script = line != "endscript"
            continue
        if not line or line.startswith("#"):
            continue
        if not inside and (line[0] in "/\"'~" or line.endswith("{") or line == "{"):
            try:
                held.extend(shlex.split(line.replace("{", " { ")))
            except ValueError:
                raise Unclear(f"logrotate: the line {line[:60]!r} has an open quote") from None
            if "{" in held:
                paths, rest = held[: held.index("{")], held[held.index("{") + 1 :]
                held, inside, inner = [], True, outer
                line = " ".join(rest)
                if not line:
                    continue
            else:
                continue
        closes = inside and line.startswith("}")
        if closes:
            found.extend(Rotation(p, inner.every_days, inner.rotate, inner.max_age) for p in paths)
            inside = False
            continue
        if line.split()[0] in _SCRIPTS:
            script = True
            continue
        if inside:
            inner = _directive(line, inner)
        else:
            outer = _directive(line, outer)
    if inside or held:
        raise Unclear("logrotate: a stanza is not closed")
    return found, outer


def _directive(line: str, now: _Defaults) -> _Defaults:
    word, _, rest = line.replace("=", " ", 1).partition(" ")
    argument = rest.split("#")[0].strip()
    if word in _EVERY:
        return replace(now, every_days=_EVERY[word])
    if word == "rotate":
        number = whole(argument)
        return replace(now, rotate=None if number < 0 else number)
    if word == "maxage":
        return replace(now, max_age=whole(argument))
    if word in ("size", "maxsize"):
        return replace(now, every_days=0)
    return now


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
        defaults = _Defaults()
        found: list[Rotation] = []
        main = here.read_optional("/etc/logrotate.conf")
        if main is None:
            main = here.read_optional("/usr/etc/logrotate.conf")
        texts = [main or ""]
        chosen: dict[str, str] = {}
        for folder in ("/etc/logrotate.d", "/usr/etc/logrotate.d"):
            for name in here.listdir(folder):
                if not name.endswith((".dpkg-old", ".dpkg-dist", ".rpmnew", ".rpmsave", "~")):
                    chosen.setdefault(name, f"{folder}/{name}")
        texts.extend(here.read_optional(chosen[name]) or "" for name in sorted(chosen))
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
            "world_readable": lambda p=path: _readable(here, p),
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
