"""What a host records: auditd's rules in force, the journal, and what its records contain."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scanner.collectors.base import Partial, source
from scanner.collectors.linux.forms import equals_pairs, last
from scanner.collectors.linux.host import Host, Unclear, clear, known, observe, settle
from scanner.collectors.linux.journal import AUDITD_CONF
from scanner.collectors.linux.units import RUNNING, runs
from scanner.facts.audit import Record, Trail

_RULES = "run:auditctl -l"
_STATUS = "run:auditctl -s"
_LOG = "read:/var/log/audit/audit.log"
AUDITD_PROGRAMS = ("/usr/sbin/auditd", "/sbin/auditd")


@dataclass(frozen=True)
class AuditRule:
    """One rule as `auditctl -l` prints it. watch: the path of `-w` or `-F path/dir=`."""

    watch: str | None
    permissions: str
    calls: frozenset[str]
    filters: tuple[str, ...]
    never: bool


def parse_rules(text: str) -> list[AuditRule]:
    """The rules in force. Raises Unclear for a line that is none."""
    found = []
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line == "No rules":
            continue
        try:
            words = shlex.split(line)
        except ValueError:
            raise Unclear(f"the audit rule {line[:60]!r} has an open quote") from None
        if words[0] not in ("-w", "-a", "-A"):
            raise Unclear(f"the audit rule {line[:60]!r} is not understood")
        watch: str | None = None
        permissions, calls, filters, never = "rwxa" if words[0] == "-w" else "", set(), [], False
        index = 0
        while index < len(words):
            word = words[index]
            value = words[index + 1] if index + 1 < len(words) else ""
            if word == "-w":
                watch = value
            elif word == "-p":
                permissions = value
            elif word == "-S":
                calls.update(value.split(","))
            elif word in ("-a", "-A"):
                never = "never" in value.split(",")
            elif word in ("-F", "-C"):
                name, _, rest = value.partition("=")
                if name in ("path", "dir") and not name.endswith("!"):
                    watch = rest
                elif name == "perm":
                    permissions = rest
                else:
                    filters.append(value)
            elif word != "-k":
                raise Unclear(f"the audit rule {line[:60]!r} is not understood")
            index += 2
        found.append(AuditRule(watch, permissions, frozenset(calls), tuple(filters), never))
    return found


def _on(rules: Sequence[AuditRule]) -> list[AuditRule]:
    return [rule for rule in rules if not rule.never]


def watches(rules: Sequence[AuditRule], path: str) -> bool:
    """Whether changes of a path are recorded: it or a folder above it is watched for writing."""
    for rule in _on(rules):
        if rule.watch is None or not set(rule.permissions or "rwxa") & {"w", "a"}:
            continue
        watched = rule.watch.rstrip("/")
        if path == watched or path.startswith(watched + "/"):
            return True
    return False


def identity_events(rules: Sequence[AuditRule]) -> bool:
    """Changes of accounts and groups are recorded (sign-ins are, by PAM itself)."""
    return all(watches(rules, p) for p in ("/etc/passwd", "/etc/shadow", "/etc/group"))


def admin_writes(rules: Sequence[AuditRule]) -> bool:
    """Changes of who may administer, and of the kernel's modules, are recorded."""
    modules = any({"init_module", "finit_module"} & rule.calls for rule in _on(rules)) or any(
        rule.watch in ("/sbin/modprobe", "/usr/bin/kmod", "/bin/kmod") for rule in _on(rules)
    )
    return watches(rules, "/etc/sudoers") and modules


def privileged_commands(rules: Sequence[AuditRule]) -> bool:
    """Every program that runs with raised rights is recorded, or at least sudo and su."""
    executed = set()
    for rule in _on(rules):
        if rule.watch and "x" in rule.permissions:
            executed.add(rule.watch.rpartition("/")[2])
        if "execve" in rule.calls:
            raised = {"euid=0", "uid!=euid", "euid!=uid", "auid!=euid"} & set(rule.filters)
            # Without a limit but people's sessions it records what they run as root too.
            limits = [f for f in rule.filters if not f.startswith(("arch=", "key=", "auid"))]
            if raised or not limits:
                return True
    return {"sudo", "su"} <= executed


def data_events(rules: Sequence[AuditRule]) -> bool:
    """Refused or changed access to files is recorded."""
    return any({"open", "openat", "openat2"} & rule.calls for rule in _on(rules))


def parse_status(text: str) -> dict[str, str]:
    """`auditctl -s`: `enabled 1` lines (older: `AUDIT_STATUS: enabled=1 flag=1 ...`)."""
    old = re.match(r"AUDIT_STATUS:\s*(.*)", text.strip())
    if old:
        pairs = [word.partition("=") for word in old.group(1).split()]
        return {key: value for key, _, value in pairs}
    found = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2:
            found[words[0]] = words[1]
    if "enabled" not in found:
        raise Unclear("auditctl -s does not say whether auditing is enabled")
    return found


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
        full = last(settings, "disk_full_action") or "suspend"
        error = last(settings, "disk_error_action") or "suspend"
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


_UNSET_ID = "4294967295"
SAMPLE = 5000
"""Records of the audit log that are looked at, from its end."""

_ACTIONS = ("SYSCALL", "USER_AUTH", "USER_LOGIN", "USER_CMD", "USER_ACCT", "ADD_USER", "CRED_ACQ")


def judge_records(lines: Sequence[str]) -> dict[str, Any]:
    """Field values of log.record from lines of audit.log (records of the kernel's audit).

    Raises Unclear where no line is a record.
    """
    records = []
    for line in lines:
        found = re.match(r"(?:node=\S+ )?type=(\S+) msg=audit\(([0-9.]*):?([0-9]*)\):(.*)", line)
        if found:
            records.append(found.groups())
    if not records:
        raise Unclear("the audit log holds no record")
    actions = [(kind, rest) for kind, _, _, rest in records if kind in _ACTIONS]
    sessions = [
        rest
        for _, rest in actions
        if (ses := re.search(r"\bses=([0-9]+)", rest)) and ses.group(1) != _UNSET_ID
    ]
    named = [rest for rest in sessions if _individual(rest)]
    return {
        "sampled": len(records),
        "has_time": all(re.fullmatch(r"[0-9]+\.[0-9]+", at) for _, at, _, _ in records),
        "has_event": all(kind for kind, _, _, _ in records),
        "has_outcome": all(
            re.search(r"\b(?:success|res)=", rest) is not None for _, rest in actions
        ),
        "has_origin": all(re.search(r"\b(?:exe|addr|hostname)=", rest) for _, rest in actions),
        "individual": len(named) == len(sessions),
    }


def _individual(rest: str) -> bool:
    found = re.search(r"\bauid=([0-9]+)", rest)
    # uid 0 as the account that signed in is shared by whoever knows root's password.
    return found is not None and found.group(1) not in (_UNSET_ID, "0")


@source(
    Record,
    fields=[
        "system",
        "sampled",
        "has_time",
        "has_event",
        "has_outcome",
        "has_origin",
        "individual",
    ],
    calls={
        _LOG: "root",
        f"read:{AUDITD_CONF}": "root",
        **{f"stat:{path}": "" for path in AUDITD_PROGRAMS},
    },
    always={"system": "auditd"},
)
def audit_records(here: Host) -> Iterator[Record]:
    """What the latest records of auditd contain; they are counted, never copied."""
    if not any(here.exists(path) for path in AUDITD_PROGRAMS):
        return
    text = here.read("/var/log/audit/audit.log")
    lines = text.splitlines()[-SAMPLE:]
    values = clear(_LOG, lambda: judge_records(lines))
    yield Record(
        subject=f"{here.id}/records/audit",
        name="audit records",
        system="auditd",
        **values,
        **here.here(_LOG),
    )
