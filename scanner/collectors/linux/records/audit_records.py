"""What the records of auditd contain; they are counted, never copied."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from scanner.collectors.base import source
from scanner.collectors.linux.host import Host, Unclear, clear
from scanner.collectors.linux.records.stores import AUDITD_CONF
from scanner.collectors.linux.records.trails import AUDITD_PROGRAMS
from scanner.facts.audit import Record

_LOG = "read:/var/log/audit/audit.log"

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
