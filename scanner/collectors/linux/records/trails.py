"""What a host records: auditd with its rules in force, the journal, syslog daemons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from scanner.collectors.base import Partial, source
from scanner.collectors.linux.forms import equals_pairs, last
from scanner.collectors.linux.host import Host, clear, known, observe, settle
from scanner.collectors.linux.records.audit_rules import (
    AuditRule,
    admin_writes,
    data_events,
    identity_events,
    parse_rules,
    parse_status,
    privileged_commands,
)
from scanner.collectors.linux.records.stores import AUDITD_CONF
from scanner.collectors.linux.system.units import RUNNING, runs
from scanner.facts.audit import Trail

_RULES = "run:auditctl -l"
_STATUS = "run:auditctl -s"
AUDITD_PROGRAMS = ("/usr/sbin/auditd", "/sbin/auditd")


@source(
    Trail,
    fields=[
        "system",
        "enabled",
        "delivering",
        "last_error",
        "all_regions",
        "admin_writes",
        "identity_events",
        "data_events",
        "privileged_commands",
        "immutable_config",
        "failure_action",
        "destination",
    ],
    calls={
        **RUNNING,
        **{f"stat:{path}": "" for path in AUDITD_PROGRAMS},
        _RULES: "root",
        _STATUS: "root",
        f"read:{AUDITD_CONF}": "root",
    },
    always={"system": "auditd"},
)
def audit_trail(here: Host) -> Iterator[Trail | Partial]:
    """The kernel's audit as auditd records it: rules in force, protection, delivery."""
    subject, name = f"{here.id}/trail/auditd", "auditd"
    operation = _RULES
    if not any(here.exists(path) for path in AUDITD_PROGRAMS):
        yield Trail(
            subject=subject,
            name=name,
            system="auditd",
            enabled=False,
            delivering=False,
            last_error=None,
            all_regions=True,
            admin_writes=False,
            identity_events=False,
            data_events=False,
            privileged_commands=False,
            immutable_config=False,
            failure_action=None,
            destination=None,
            **here.here(f"stat:{AUDITD_PROGRAMS[0]}"),
        )
        return
    rules = settle(lambda: clear(_RULES, lambda: parse_rules(here.run_ok("auditctl", "-l"))))
    status = settle(lambda: clear(_STATUS, lambda: parse_status(here.run_ok("auditctl", "-s"))))

    def on() -> bool:
        return runs(here, "auditd") and known(status).get("enabled") in ("1", "2")

    def recorded(judge: Callable[[Sequence[AuditRule]], bool]) -> Callable[[], bool]:
        return lambda: judge(known(rules)) and on()

    def failure() -> str:
        settings = equals_pairs(here.read(AUDITD_CONF))
        # What auditd does where its file says nothing (clear_config of its auditd-config.c).
        full = last(settings, "disk_full_action") or "ignore"
        error = last(settings, "disk_error_action") or "syslog"
        return f"disk full: {full.lower()}, disk error: {error.lower()}"

    def lost() -> str | None:
        count = known(status).get("lost", "0")
        return None if count == "0" else f"{count} records were lost since the start"

    yield observe(
        Trail(
            subject=subject,
            name=name,
            system="auditd",
            all_regions=True,
            destination=f"{here.id}/log/audit",
            **here.here(operation),
        ),
        operation,
        {
            "enabled": on,
            "delivering": lambda: on() and known(status).get("pid", "0") != "0",
            "last_error": lost,
            "admin_writes": recorded(admin_writes),
            "identity_events": recorded(identity_events),
            "data_events": recorded(data_events),
            "privileged_commands": recorded(privileged_commands),
            "immutable_config": lambda: known(status).get("enabled") == "2",
            "failure_action": failure,
        },
    )


@source(
    Trail,
    fields=["enabled", "all_regions", "destination"],
    calls={**RUNNING},
    always={"system": "journald"},
)
def journal_trail(here: Host) -> Iterator[Trail]:
    """The systemd journal, which takes what services and PAM say."""
    on = runs(here, "systemd-journald")
    yield _taker(here, "journald", on, f"{here.id}/log/journal")


@source(
    Trail,
    fields=["enabled", "all_regions", "destination"],
    calls={**RUNNING},
    always={"system": "rsyslogd"},
)
def rsyslog_trail(here: Host) -> Iterator[Trail]:
    """rsyslog, where it runs."""
    if runs(here, "rsyslogd"):
        yield _taker(here, "rsyslogd", True, None)


@source(
    Trail,
    fields=["enabled", "all_regions", "destination"],
    calls={**RUNNING},
    always={"system": "syslog-ng"},
)
def syslog_ng_trail(here: Host) -> Iterator[Trail]:
    """syslog-ng, where it runs."""
    if runs(here, "syslog-ng"):
        yield _taker(here, "syslog-ng", True, None)


def _taker(here: Host, system: str, on: bool, destination: str | None) -> Trail:
    return Trail(
        subject=f"{here.id}/trail/{system}",
        name=system,
        system=system,
        enabled=on,
        all_regions=True,
        destination=destination,
        **here.here("read:/proc/*/comm"),
    )
