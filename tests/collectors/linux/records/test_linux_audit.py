"""What auditd records."""

from __future__ import annotations

from linux_reading import read, said
from linux_rhel import RHEL, RHEL_ANSWERS

from scanner.collectors.linux.records.audit_records import audit_records
from scanner.collectors.linux.records.audit_rules import parse_rules, privileged_commands, watches
from scanner.collectors.linux.records.trails import audit_trail


def test_rules_that_record_privileged_commands() -> None:
    assert privileged_commands(parse_rules("-a always,exit -F arch=b64 -S execve -F key=all\n"))
    both = "-a always,exit -F path=/usr/bin/sudo -F perm=x\n-w /usr/bin/su -p x\n"
    assert privileged_commands(parse_rules(both))
    assert not privileged_commands(parse_rules("-w /usr/bin/sudo -p x\n"))
    assert not privileged_commands(
        parse_rules("-a always,exit -S execve -F exe=/usr/bin/vi -F auid>=1000\n")
    )
    assert not privileged_commands(parse_rules("-a never,exit -S execve\n"))
    assert watches(parse_rules("-w /etc -p wa\n"), "/etc/passwd")
    assert not watches(parse_rules("-w /etc/passwd -p r\n"), "/etc/passwd")


def test_rules_that_spare_everything_record_nothing() -> None:
    watch = "-w /etc/passwd -p wa -k identity\n"
    assert not watches(parse_rules(f"-a never,task\n{watch}"), "/etc/passwd")
    assert not watches(parse_rules(f"{watch}-a task,never\n"), "/etc/passwd")
    assert not watches(parse_rules(f"-a never,exit\n{watch}"), "/etc/passwd")
    assert watches(parse_rules(f"{watch}-a never,exit\n"), "/etc/passwd")
    assert watches(parse_rules(f"-a never,exit -F exe=/usr/bin/x\n{watch}"), "/etc/passwd")


def test_a_watch_for_some_accounts_is_no_watch_for_all() -> None:
    rule = "-a always,exit -F path=/etc/passwd -F perm=wa -F {0}"
    for wide in ("auid>=1000", "auid!=unset", "auid!=-1", "arch=b64", "key=identity"):
        assert watches(parse_rules(rule.format(wide)), "/etc/passwd"), wide
    for narrow in ("auid=1000", "success=0", "exit=-EACCES", "uid=0"):
        assert not watches(parse_rules(rule.format(narrow)), "/etc/passwd"), narrow


def test_a_stopped_daemon_records_nothing() -> None:
    tree = {**RHEL, "/proc/400/comm": "other\n"}
    found = read(audit_trail, tree, RHEL_ANSWERS).only
    assert found.enabled is False
    assert found.privileged_commands is False
    refused = {
        **RHEL_ANSWERS,
        ("auditctl", "-l"): said("", 1, "You must be root to run this program."),
    }
    assert (read(audit_trail, RHEL, refused).why("admin_writes").permission or "").startswith(
        "root"
    )


def test_records_are_judged_and_not_copied() -> None:
    tree = {**RHEL, "/var/log/audit/audit.log": "nothing here\n"}
    refused = read(audit_records, tree).listing
    assert refused is not None
    assert refused.reason == "broken"
