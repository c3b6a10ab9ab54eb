"""How long records are kept, and where they go."""

from __future__ import annotations

import pytest
from linux_debian import DEBIAN
from linux_reading import read
from linux_rhel import RHEL, RHEL_ANSWERS

from scanner.collectors.linux.forms import span_seconds
from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.records.forwarding import rsyslog_targets
from scanner.collectors.linux.records.log_files import log_files
from scanner.collectors.linux.records.logrotate import parse_logrotate
from scanner.collectors.linux.records.stores import audit_store, journal_store
from scanner.collectors.linux.records.trails import audit_trail


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1year", 31557600), ("2h 30min", 9000), ("90", 90), ("1.5d", 86400), ("infinity", None)],
)
def test_spans_of_time(text: str, seconds: int | None) -> None:
    assert span_seconds(text) == seconds


def test_the_journal_in_its_settings() -> None:
    base = {"/usr/lib/systemd/systemd-journald": "", "/etc/systemd/journald.conf": "[Journal]\n"}
    found = read(journal_store, base)
    assert found.only.persistent is False
    assert found.only.time_bound is False
    assert found.why("retention_days").reason == "not-supported"
    assert read(journal_store, {**base, "/var/log/journal": None}).only.persistent is True
    quoted = {**base, "/etc/systemd/journald.conf.d/x.conf": '[Journal]\nStorage="persistent"\n'}
    assert read(journal_store, quoted).why("persistent").reason == "broken"
    month = {**base, "/run/systemd/journald.conf.d/x.conf": "[Journal]\nMaxRetentionSec=90day\n"}
    assert read(journal_store, month).only.retention_days == 90


def test_the_audit_log_by_size_or_kept() -> None:
    tree = {**RHEL, "/etc/audit/auditd.conf": "max_log_file_action = ROTATE\nnum_logs = 5\n"}
    assert read(audit_store, tree).why("retention_days").reason == "not-supported"
    tree["/etc/audit/auditd.conf"] = "max_log_file_action = keep_logs\n"
    assert read(audit_store, tree).only.retention_days is None
    tree["/etc/audit/auditd.conf"] = "max_log_file_action = whatever\n"
    assert read(audit_store, tree).why("retention_days").reason == "broken"


def test_rotation() -> None:
    stanzas, after = parse_logrotate("weekly\nrotate 4\n")
    assert stanzas == []
    found, _ = parse_logrotate(
        '/a "/b c" {\n  daily\n  rotate 14\n  postrotate\n   rotate 99\n  endscript\n}\n'
        "/d { size 10M\n rotate 3\n}\n/e {\n maxage 30\n rotate 52\n}\n/f {\n rotate -1\n}\n",
        after,
    )
    days = {r.path: r.days for r in found if r.path != "/d"}
    assert days == {"/a": 14, "/b c": 14, "/e": 30, "/f": None}
    (by_size,) = [r for r in found if r.path == "/d"]
    with pytest.raises(Unclear):
        _ = by_size.days
    with pytest.raises(Unclear):
        parse_logrotate("/a {\n daily\n")
    assert read(log_files, DEBIAN).only.retention_days == 53 * 7


def test_forwarding() -> None:
    assert rsyslog_targets("*.* @@[fd00::1]:6514\n#*.* @x\nauth.* @10.0.0.9\n*.* @127.0.0.1\n") == [
        "[fd00::1]",
        "10.0.0.9",
    ]
    central = {**DEBIAN, "/etc/rsyslog.d/f.conf": 'action(type="omfwd"\n target="log.example")\n'}
    assert read(log_files, central).only.central is False  # a file that its program has left
    central["/usr/sbin/rsyslogd"] = ""
    assert read(log_files, central).only.central is True
    off = {**DEBIAN, "/usr/sbin/rsyslogd": "", "/etc/rsyslog.d/f.conf.off": "*.* @@10.0.0.9\n"}
    assert read(log_files, off).only.central is False
    upload = {**DEBIAN, "/usr/lib/systemd/journal-upload.conf": "[Upload]\nURL=https://log\n"}
    assert read(log_files, upload).only.central is True


def test_what_auditd_does_where_its_file_says_nothing() -> None:
    silent = {**RHEL, "/etc/audit/auditd.conf": "# nothing\n"}
    assert read(audit_store, silent).only.retention_days is None
    assert read(audit_store, silent).only.persistent is True
    passed = {**RHEL, "/etc/audit/auditd.conf": "write_logs = no\n"}
    assert read(audit_store, passed).only.persistent is False
    old = {**RHEL, "/etc/audit/auditd.conf": "log_format = NOLOG\n"}
    assert read(audit_store, old).only.persistent is False
    failure = read(audit_trail, silent, RHEL_ANSWERS).only.failure_action
    assert failure == "disk full: ignore, disk error: syslog"


def test_rotation_without_a_word_goes_by_size() -> None:
    (found,), _ = parse_logrotate("/a {\n rotate 4\n}\n")
    with pytest.raises(Unclear):
        _ = found.days


def test_stanzas_count_where_they_are_included() -> None:
    alone = {**DEBIAN, "/etc/logrotate.conf": "weekly\nrotate 4\n"}
    assert read(log_files, alone).only.time_bound is False
    other = {**DEBIAN, "/etc/logrotate.conf": "weekly\ninclude /srv/logrotate.d\n"}
    assert "not read here" in read(log_files, other).why("retention_days").detail
    taboo = {**DEBIAN, "/etc/logrotate.d/a.bak": "/var/log/auth.log {\n daily\n rotate 1\n}\n"}
    assert read(log_files, taboo).only.retention_days == 53 * 7
