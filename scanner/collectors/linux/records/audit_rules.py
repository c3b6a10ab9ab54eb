"""The kernel's audit rules in force, and what they record."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from scanner.collectors.linux.host import Unclear


@dataclass(frozen=True)
class AuditRule:
    """One rule as `auditctl -l` prints it. watch: the path of `-w` or `-F path/dir=`."""

    watch: str | None
    permissions: str
    calls: frozenset[str]
    filters: tuple[str, ...]
    never: bool
    list: str = "exit"


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
        where = "exit"
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
                parts = value.split(",")
                never = "never" in parts
                where = next((p for p in parts if p not in ("always", "never")), "exit")
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
        found.append(AuditRule(watch, permissions, frozenset(calls), tuple(filters), never, where))
    return found


def _on(rules: Sequence[AuditRule]) -> list[AuditRule]:
    """The rules that record: none where a rule without a condition spares every process.

    Distributions ship `-a never,task` for hosts on which nothing is to be recorded.
    """
    for index, rule in enumerate(rules):
        bare = not (rule.filters or rule.calls or rule.watch)
        if rule.never and bare and rule.list == "task":
            return []
        if rule.never and bare and rule.list == "exit":
            rules = rules[:index]  # the first rule that fits decides
            break
    return [rule for rule in rules if not rule.never and rule.list == "exit"]


def _narrow(rule: AuditRule) -> bool:
    """Whether a rule is for some accounts or outcomes only, beyond those of people's sessions."""
    wide = re.compile(r"arch=|key=|auid(>=1000|!=(-1|unset|4294967295))$")
    return any(not wide.match(each) for each in rule.filters)


def watches(rules: Sequence[AuditRule], path: str) -> bool:
    """Whether changes of a path are recorded: it or a folder above it is watched for writing."""
    for rule in _on(rules):
        if rule.watch is None or _narrow(rule) or not set(rule.permissions or "rwxa") & {"w", "a"}:
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
