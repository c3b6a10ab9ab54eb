# ruff: noqa: E501 - a line of configuration stays one line
"""Locks, limits, retention, FIPS: which of several places wins, and what is left unsaid."""

from __future__ import annotations

import pytest
from linux_trees import DEBIAN, NOW_SECONDS, OPENSSL_RHEL, RHEL, RHEL_ANSWERS, Node, read, said

from scanner.collectors.linux.audit import (
    audit_records,
    audit_trail,
    parse_rules,
    privileged_commands,
    watches,
)
from scanner.collectors.linux.crypto import crypto_modules, fips_settings, policy_is_fips
from scanner.collectors.linux.disks import disks
from scanner.collectors.linux.forms import span_seconds
from scanner.collectors.linux.forwarding import rsyslog_targets
from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.journal import (
    audit_store,
    journal_store,
    log_files,
    parse_logrotate,
)
from scanner.collectors.linux.malware import malware_protection
from scanner.collectors.linux.services import parse_sockets
from scanner.collectors.linux.sessions import (
    desktop_sessions,
    login_sessions,
    parse_timeout,
    text_hash,
)
from scanner.collectors.linux.software import allow_list, denies_by_default, parse_fapolicyd

# -- sessions


@pytest.mark.parametrize(
    ("texts", "seconds", "fixed"),
    [
        (["TMOUT=600"], 600, False),
        (["readonly TMOUT=600 ; export TMOUT"], 600, True),
        (["declare -xr TMOUT=900"], 900, True),
        (["TMOUT=600\nexport TMOUT\nreadonly TMOUT"], 600, True),
        (["readonly TMOUT=600", "TMOUT=0"], 600, True),
        (["TMOUT=600", "TMOUT=0"], None, False),
        (["# TMOUT=600"], None, False),
        (["PATH=x"], None, False),
    ],
)
def test_tmout(texts: list[str], seconds: int | None, fixed: bool) -> None:
    found = parse_timeout(texts)
    assert (found.seconds, found.fixed) == (seconds, fixed)


def test_tmout_by_a_condition_is_not_guessed() -> None:
    with pytest.raises(Unclear):
        parse_timeout(['[ -n "$SSH_TTY" ] && TMOUT=$LIMIT'])


DESKTOP = {
    "/usr/bin/gnome-shell": "",
    "/etc/dconf/profile/user": "user-db:user\nsystem-db:local\n",
    "/etc/dconf/db/local.d/00-lock": (
        "[org/gnome/desktop/session]\nidle-delay=uint32 600\n"
        "[org/gnome/desktop/screensaver]\nlock-enabled=true\nlock-delay=uint32 5\n"
    ),
    "/etc/dconf/db/local.d/locks/lock": (
        "/org/gnome/desktop/session/idle-delay\n/org/gnome/desktop/screensaver/lock-enabled\n"
        "/org/gnome/desktop/screensaver/lock-delay\n"
    ),
}


def test_a_desktop_locks_and_its_user_cannot_change_it() -> None:
    found = read(desktop_sessions, DESKTOP).only
    assert (found.lock_minutes, found.conceals, found.user_can_change) == (11, True, False)
    loose = {k: v for k, v in DESKTOP.items() if "locks" not in k}
    assert read(desktop_sessions, loose).only.user_can_change is True
    off = {
        **DESKTOP,
        "/etc/dconf/db/local.d/99": "[org/gnome/desktop/screensaver]\nlock-enabled=false\n",
    }
    assert read(desktop_sessions, off).only.lock_minutes is None
    odd = {**DESKTOP, "/etc/dconf/db/local.d/99": "[org/gnome/desktop/session]\nidle-delay=@u x\n"}
    assert read(desktop_sessions, odd).why("lock_minutes").reason == "broken"
    assert read(desktop_sessions, RHEL).facts == {}


def test_logind_drop_ins_win_and_hide() -> None:
    tree = {
        "/usr/lib/systemd/systemd-logind": "",
        "/etc/systemd/logind.conf": "[Login]\nStopIdleSessionSec=10min\n",
        "/usr/lib/systemd/logind.conf.d/50.conf": "[Login]\nStopIdleSessionSec=20min\n",
    }
    assert read(login_sessions, tree).only.idle_minutes == 20
    hidden = {**tree, "/etc/systemd/logind.conf.d/50.conf": "# nothing\n"}
    assert read(login_sessions, hidden).only.idle_minutes == 10
    lock = {
        **tree,
        "/etc/systemd/logind.conf.d/60.conf": "[Login]\nIdleAction=lock\nIdleActionSec=300\n",
    }
    assert read(login_sessions, lock).only.lock_minutes == 5


def test_a_notice_is_the_same_in_another_layout() -> None:
    assert text_hash(" For  authorized\nuse only.\n") == text_hash("For authorized use only.")
    assert text_hash(" \n") is None


# -- retention


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
    assert read(log_files, central).only.central is True


# -- audit


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


# -- FIPS


@pytest.mark.parametrize(
    ("policy", "fips"),
    [
        ("FIPS", True), ("FIPS:OSPP", True), ("FIPS:STIG", True), ("DEFAULT", False),
        ("LEGACY", False), ("FIPS:AD-SUPPORT", False), ("FIPS:SHA1", False), ("DEFAULT:FIPS", False),
    ],
)  # fmt: skip
def test_crypto_policies(policy: str, fips: bool) -> None:
    assert policy_is_fips(policy) is fips


def test_a_sub_policy_that_is_not_known_is_not_guessed() -> None:
    tree = {**RHEL, "/etc/crypto-policies/state/current": "FIPS:CORP\n"}
    found = read(fips_settings, tree)
    assert found.refused["fips/crypto-policy"]["on"].reason == "broken"
    assert found["fips/kernel"].on is True


def test_a_provider_without_the_kernels_flag_needs_the_configuration() -> None:
    tree = {**RHEL, "/proc/sys/crypto/fips_enabled": "0\n"}
    assert read(crypto_modules, tree, RHEL_ANSWERS)["module/openssl"].fips_mode is False
    tree["/etc/pki/tls/openssl.cnf"] = "[algorithm_sect]\ndefault_properties = fips=yes\n"
    assert read(crypto_modules, tree, RHEL_ANSWERS)["module/openssl"].fips_mode is True
    inactive = {
        **RHEL_ANSWERS,
        ("openssl", "list", "-providers", "-verbose"): said(
            OPENSSL_RHEL.replace("status: active", "status: inactive")
        ),
    }
    found = read(crypto_modules, RHEL, inactive)["module/openssl"]
    assert (found.module, found.fips_mode) == (None, False)


def test_a_kernel_without_fips_is_off_and_an_unseen_one_is_unread() -> None:
    tree = {k: v for k, v in RHEL.items() if k != "/proc/sys/crypto/fips_enabled"}
    assert read(fips_settings, tree)["fips/kernel"].on is False
    blind = {k: v for k, v in tree.items() if not k.startswith("/proc/sys")}
    assert read(fips_settings, blind).refused["fips/kernel"]["on"].reason == "not-supported"


# -- disks, sockets, software, malware


def test_disks_through_their_layers() -> None:
    tree = {
        **RHEL,
        "/sys/class/block/dm-0/dm/uuid": "LVM-x\n",
        "/sys/class/block/dm-0/slaves/dm-1": "",
        "/sys/class/block/dm-1/dm/uuid": "CRYPT-LUKS1-x\n",
        "/proc/swaps": "Filename Type Size Used Priority\n/dev/dm-2 partition 1 0 -2\n",
        "/sys/class/block/dm-2/dm/uuid": "CRYPT-PLAIN-swap\n",
    }
    found = read(disks, tree)
    assert found["disk/"].encrypted is True
    assert found["disk/boot"].encrypted is False
    assert found["swap/dm-2"].encrypted is False
    overlay = {**RHEL, "/proc/self/mountinfo": "1 0 0:9 / / rw - overlay overlay rw\n"}
    assert read(disks, overlay).why("encrypted").reason == "not-supported"


def test_addresses_of_sockets() -> None:
    head = "  sl  local_address rem_address   st\n"
    text = (
        head + "0: 00000000000000000000000001000000:0016 0:0 0A 0\n"
        "1: 0000000000000000FFFF00000100007F:0050 0:0 0A 0\n2: 0100007F:0035 0:0 01 0\n"
    )
    assert parse_sockets(text, "0A") == [("::1", 22), ("127.0.0.1", 80)]


def test_an_allow_list_has_to_end_in_a_refusal() -> None:
    well = "allow perm=any uid=0 : all\nallow perm=open all : all\ndeny perm=any all : all\n"
    assert denies_by_default(parse_fapolicyd(well))
    assert not denies_by_default(parse_fapolicyd(well.replace("deny perm=any all : all\n", "")))
    assert not denies_by_default(parse_fapolicyd("allow perm=any all : all\n" + well))
    with pytest.raises(Unclear):
        parse_fapolicyd("permit all : all\n")
    off = {**RHEL, "/proc/800/comm": "x\n"}
    assert read(allow_list, off).only.enforced is False
    none = {k: v for k, v in RHEL.items() if "fapolicyd" not in k}
    assert read(allow_list, none).only.mode == "none"


def test_other_engines_keep_their_state_to_themselves() -> None:
    tree = {**RHEL, "/opt/CrowdStrike": None, "/proc/900/comm": "falcon-sensor\n"}
    found = read(malware_protection, tree)
    assert (found.only.engine, found.only.active) == ("crowdstrike", True)
    assert found.why("signature_age_days").reason == "not-supported"
    old = {**RHEL, "/var/lib/clamav/daily.cvd": Node(b"", mtime=NOW_SECONDS - 9 * 86400)}
    assert read(malware_protection, old).only.signature_age_days == 9
