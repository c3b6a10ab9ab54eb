"""Where the journal and auditd keep their records, and for how long."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.forms import (
    equals_pairs,
    last,
    section_values,
    span_seconds,
    systemd_calls,
    systemd_texts,
)
from scanner.collectors.linux.host import Host, Unclear, known, observe, settle
from scanner.collectors.linux.records.forwarding import FORWARD_CALLS, forwards
from scanner.facts.audit import Store

_JOURNALD = "read:/etc/systemd/journald.conf"
_AUDITD = "read:/etc/audit/auditd.conf"
_SYSTEMD = ("/usr/lib/systemd/systemd-journald", "/lib/systemd/systemd-journald")


def _by_size(what: str, operation: str) -> Refused:
    return Refused(
        "not-supported",
        operation,
        f"{what} is kept up to a size; how many days that holds depends on the volume",
    )


def world_readable(host: Host, path: str) -> bool:
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
        action = value("max_log_file_action", "ignore")
        if action in ("keep_logs", "ignore", "suspend", "syslog"):
            return None
        if action != "rotate":
            raise Unclear(f"max_log_file_action = {action} is not understood")
        raise _by_size("the audit log", _AUDITD)

    def written() -> bool:
        """Whether auditd writes its records down; it can also only pass them on."""
        word = value("write_logs", "yes")
        if word not in ("yes", "no"):
            raise Unclear(f"write_logs = {word} is not understood")
        return word == "yes" and value("log_format", "enriched") != "nolog"

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
            time_bound=False,
            **here.here(_AUDITD),
        ),
        _AUDITD,
        {
            "persistent": written,
            "retention_days": retention,
            "oldest_record_days": oldest_known,
            "world_readable": lambda: world_readable(here, path()),
            "central": lambda: bool(forwards(here)),
        },
    )
