# ruff: noqa: E501 - a line of configuration stays one line
"""Hosts of each family with one thing wrong: the rules about that thing fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from linux_judged import judged
from linux_reading import NOW_SECONDS, Answers, Tree, said
from linux_trees import FAMILIES

from scanner.collectors.linux.machine.memory import Node

BAD: dict[str, tuple[str, Tree, Answers, tuple[str, ...]]] = {
    "an account that nobody authorized": (
        "rhel",
        {
            "/etc/passwd": "root:x:0:0::/root:/bin/bash\neve:x:1002:1002::/home/eve:/bin/bash\n",
            "/etc/shadow": "root:*:1::::::\neve:$6$CANARY$CANARY:20000:::::: \n".replace(
                " \n", "\n"
            ),
        },
        {},
        ("account-authorized", "host-account-inactive"),
    ),
    "a second root": (
        "debian",
        {"/etc/passwd": "root:x:0:0::/root:/bin/bash\ntoor:x:0:0::/root:/bin/bash\n"},
        {},
        ("one-account-holds-uid-zero",),
    ),
    "sudo for somebody else, without a password": (
        "rhel",
        {"/etc/sudoers.d/bob": "bob ALL=(ALL) NOPASSWD: ALL\n"},
        {},
        (
            "privileged-account-authorized",
            "privileged-grant-authorized",
            "privileged-grant-asks-again",
            "grant-in-role-matrix",
            "privileged-functions-for-administrators-only",
            "audit-managers-are-a-subset-of-administrators",
            "administrator-not-everyday-account",
            "changers-are-declared",
        ),
    ),
    "SSH with passwords and root": (
        "debian",
        {
            "/etc/ssh/sshd_config": "UsePAM yes\nPermitRootLogin yes\nCiphers aes128-cbc,3des-cbc\n"
            "MACs hmac-sha1\nLogLevel QUIET\n"
        },
        {},
        (
            "root-not-used-directly",
            "remote-access-mfa-required",
            "nonlocal-maintenance-mfa",
            "remote-access-restricted",
            "remote-sessions-recorded",
            "remote-session-encrypted",
            "ssh-link-encrypted",
            "sign-in-methods-approved",
            "notice-shown-before-sign-in",
        ),
    ),
    "no lockout, weak passwords": (
        "ubuntu",
        {
            "/etc/pam.d/common-auth": "auth [success=1 default=ignore] pam_unix.so nullok\n"
            "auth requisite pam_deny.so\nauth required pam_permit.so\n",
            "/etc/pam.d/common-password": "password [success=1 default=ignore] pam_unix.so obscure\n"
            "password requisite pam_deny.so\npassword required pam_permit.so\n",
            "/etc/login.defs": "ENCRYPT_METHOD MD5\n",
            "/etc/shadow": "root:*:1::::::\nalice:$1$CANARY$CANARY:20700::::::\n",
        },
        {},
        (
            "lockout-after-failed-sign-ins",
            "password-complexity",
            "password-changed-characters",
            "password-history",
            "sign-in-methods-approved",
            "stored-passwords-protected",
            "new-passwords-stored-protected",
        ),
    ),
    "no second factor at the console": (
        "rhel",
        {"/etc/pam.d/login": "auth substack system-auth\naccount include system-auth\n"},
        {},
        ("privileged-local-mfa",),
    ),
    "no idle limit": (
        "suse",
        {"/etc/profile.d/tmout.sh": "export TMOUT=3600\n"},
        {},
        ("idle-shell-ends", "idle-connection-ends", "idle-maintenance-session-ends"),
    ),
    "no audit rules": (
        "rhel",
        {},
        {
            ("auditctl", "-l"): said("No rules\n"),
            ("auditctl", "-s"): said("enabled 1\npid 400\nlost 12\n"),
        },
        (
            "host-records-privileged-functions",
            "host-records-event-types",
            "host-changes-recorded",
            "unauthorized-use-recorded",
            "audit-rules-locked",
            "audit-failure-has-an-answer",
        ),
    ),
    "records of a shared account": (
        "debian",
        {
            "/var/log/audit/audit.log": "type=USER_CMD msg=audit(1764000000.1:7): pid=1 uid=0 auid=0 "
            "ses=4 msg='cmd=6C73 exe=\"/usr/bin/sudo\"'\n"
        },
        {},
        ("records-name-the-individual", "records-hold-required-content"),
    ),
    "a clock by itself": (
        "debian",
        {"/etc/chrony/chrony.conf": "pool 2.debian.pool.ntp.org iburst\n"},
        {
            ("chronyc", "-n", "tracking"): said(
                "System time : 1.5 seconds slow of NTP time\nLeap status : Not synchronised\n"
            )
        },
        ("clock-in-step", "clock-asks-authoritative-source"),
    ),
    "services and ports that nobody declared": (
        "debian",
        {
            "/proc/net/tcp": "  sl  local_address rem_address   st\n"
            "   0: 00000000:0017 00000000:0000 0A 0\n   1: 00000000:1770 00000000:0000 0A 0\n",
            "/etc/systemd/system/sockets.target.wants/telnet.socket": "-> /lib/systemd/system/telnet.socket",
        },
        {},
        (
            "only-essential-capabilities",
            "nonessential-services-disabled",
            "nonessential-ports-closed",
            "nonessential-protocols-closed",
            "sign-in-resists-replay",
            "passwords-not-sent-in-the-clear",
            "remote-access-permitted",
            "services-are-identified",
        ),
    ),
    "no allow-list, USB open": (
        "rhel",
        {
            "/etc/fapolicyd/compiled.rules": "allow perm=any all : all\n",
            "/etc/modprobe.d/usb.conf": "blacklist usb-storage\n",
        },
        {},
        (
            "nonessential-programs-prevented",
            "user-installed-software-controlled",
            "removable-media-ruled",
            "unowned-media-refused",
        ),
    ),
    "fapolicyd only watches": (
        "rhel",
        {"/etc/fapolicyd/fapolicyd.conf": "permissive = 1\n"},
        {},
        ("software-allow-list-enforced",),
    ),
    "a plain disk": (
        "suse",
        {"/sys/class/block/dm-0/dm/uuid": "LVM-abcdef\n"},
        {},
        ("cui-at-rest-encrypted", "portable-disks-encrypted"),
    ),
    "an open firewall": (
        "rhel",
        {},
        {("nft", "-j", "list", "ruleset"): said('{"nftables": [{"metainfo": {}}]}')},
        (
            "host-firewall-denies-by-default",
            "host-firewall-exceptions-allowed",
            "host-firewall-controls",
        ),
    ),
    "old signatures, no engine that runs": (
        "debian",
        {
            "/var/lib/clamav/daily.cvd": Node(b"x", mtime=NOW_SECONDS - 40 * 86400),
            "/proc/700/comm": "x\n",
            "/proc/701/comm": "y\n",
        },
        {},
        ("malware-protection-runs", "malware-scan-set-up", "malware-signatures-current"),
    ),
    "updates that wait": (
        "rhel",
        {"/var/cache/dnf": Node(folder=True, mtime=NOW_SECONDS - 60 * 86400)},
        {
            ("dnf", "-q", "-C", "updateinfo", "list", "--updates"): said(
                "RHSA-2026:1 Critical/Sec. openssl-1:3.0.7-28.el9.x86_64\n"
                "RHBA-2026:2 bugfix        bash-5.1.8-10.el9.x86_64\n"
            )
        },
        ("security-updates-installed", "flaws-identified-in-time", "flaws-corrected-in-time"),
    ),
    "a repository that nobody checks": (
        "rhel",
        {"/etc/yum.repos.d/extra.repo": "[extra]\nbaseurl=http://x.example\ngpgcheck=0\n"},
        {},
        ("packages-verified-by-signature",),
    ),
    "a soft kernel": (
        "debian",
        {
            "/proc/sys/kernel/randomize_va_space": "0\n",
            "/proc/sys/fs/suid_dumpable": "2\n",
            "/sys/fs/selinux/enforce": "0",
        },
        {},
        ("kernel-settings-hardened", "leftover-memory-protected", "mandatory-access-control-on"),
    ),
    "nothing watches the files": (
        "debian",
        {"/etc/cron.daily/aide": "#!/bin/sh\n"},
        {},
        ("file-integrity-watched",),
    ),
    "no FIPS mode": (
        "rhel",
        {"/proc/sys/crypto/fips_enabled": "0\n", "/etc/crypto-policies/state/current": "DEFAULT\n"},
        {},
        ("fips-mode-on",),
    ),
    "records for everybody": (
        "debian",
        {"/var/log/auth.log": "x"},
        {},
        ("audit-records-not-readable-by-all",),
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_host_with_one_thing_wrong_fails_there(case: str, tmp_path: Path) -> None:
    family, changes, answers, expected = BAD[case]
    tree, said_well = FAMILIES[family]
    found = judged({**tree, **changes}, {**said_well, **answers}, tmp_path / "s")
    failed = {rule for (rule, _), f in found.items() if f.verdict == "fail"}
    assert set(expected) <= failed, set(expected) - failed
