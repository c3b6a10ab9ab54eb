# ruff: noqa: E501 - a line of configuration stays one line
"""Whole hosts of each family, set up well and badly, judged by every rule."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from linux_trees import (
    FAMILIES,
    NOW,
    SCOPE,
    TARGET,
    Answers,
    Tree,
    collector_of,
    memory,
    said,
)

from scanner.cli.steps import all_rules, controls_of
from scanner.collect import collect
from scanner.evaluate.run import evaluate
from scanner.evaluate.settle import settled
from scanner.findings import Finding
from scanner.snapshot.read import open_snapshot

DECLARED: dict[str, list[str]] = {
    "accounts": ["alice", "bob"],
    "service-accounts": [],
    "administrators": ["alice"],
    "audit-managers": ["alice"],
    "change-managers": ["alice"],
    "everyday-accounts": ["bob"],
    "leavers": ["mallory"],
    "role-matrix": ["sudo %*"],
    "essential-services": ["*.service"],
    "essential-ports": ["ssh (tcp/22)"],
    "remote-access": ["ssh"],
    "access-points": [SCOPE.id],
    "maintenance-tools": [],
    "cui-places": ["/"],
    "software": ["*"],
}

ACTIONS = ["admin", "audit", "iam", "network"]
"""What the role matrix gives its roles."""


def declared() -> dict[str, dict[str, dict[str, Any]]]:
    """DECLARED as the records of a declarations file."""
    return {
        name: {key: {"id": key, "actions": ACTIONS} for key in keys}
        for name, keys in DECLARED.items()
    }


NOTICE = "27aef09778c3e79ff343336850f643279760f33d5c5635b7addf770eb43d772d"

PARAMS: dict[str, dict[str, Any]] = {
    "log-retention-meets-policy": {"min_days": 365},
    "host-records-privileged-functions": {"functions": ["commands", "accounts", "administration"]},
    "host-records-event-types": {"events": ["commands", "accounts", "administration", "data"]},
    "records-hold-required-content": {"content": ["time", "event", "outcome", "origin"]},
    "records-name-the-individual": {"people_have_own_accounts": True},
    "lockout-after-failed-sign-ins": {"max_tries": 5, "min_lock_seconds": 900},
    "notice-shown-before-sign-in": {"notice_hashes": [NOTICE]},
    "session-locks-when-idle": {"max_lock_minutes": 15},
    "idle-shell-ends": {"max_idle_minutes": 15},
    "idle-connection-ends": {"max_idle_minutes": 15},
    "clock-asks-authoritative-source": {
        "time_servers": ["10.0.0.1", "10.0.0.2"],
        "max_offset_ms": 100,
    },
    "nonessential-protocols-closed": {"essential_protocols": ["ssh (tcp/22)"]},
    "privileged-functions-for-administrators-only": {"privileged_functions": ACTIONS},
    "nonessential-programs-prevented": {"programs_listed": True},
    "sign-in-methods-approved": {
        "approved_methods": [
            "ssh:publickey+keyboard-interactive",
            "console:password",
            "console:u2f",
        ]
    },
    "privileged-local-mfa": {"local_sign_in": True},
    "sign-in-resists-replay": {"mechanisms_listed": True},
    "account-inactive": {"max_idle_days": 90},
    "password-complexity": {"least_length": 14, "least_classes": 3},
    "password-changed-characters": {"least_changed": 8},
    "password-history": {"least_history": 24},
    "stored-passwords-protected": {"approved_schemes": ["yescrypt", "sha512crypt"]},
    "passwords-not-sent-in-the-clear": {"password_services_listed": True},
    "removable-media-ruled": {"media_rule": "blocked"},
    "unowned-media-refused": {"owners_registered": True},
    "updates-looked-for": {"max_scan_days": 7},
    "host-firewall-exceptions-allowed": {"allowed_flows": ["tcp/443"]},
    "flaws-identified-in-time": {"max_identify_days": 7},
    "flaws-corrected-in-time": {"max_correct_days": 30},
    "malware-protection-runs": {"engines": ["clamav"]},
    "malware-signatures-current": {"max_signature_days": 3},
}


@cache
def rules() -> Any:
    return [r for r in all_rules([]) if not r.providers or "linux" in r.providers]


def judged(
    tree: Mapping[str, Any], answers: Answers, folder: Path, *, live: bool = True
) -> dict[tuple[str, str], Finding]:
    """(rule, subject below the host) -> finding, after a whole scan; sets under an empty subject."""
    collector = collector_of(memory(tree, answers, live=live))
    collect([TARGET], {"linux": collector}, None, folder, now=lambda: NOW)
    lines = evaluate(
        open_snapshot(folder),
        rules(),
        params={r.id: settled(r, PARAMS.get(r.id, {})) for r in rules()},
        declared=declared(),
        controls=controls_of,
        as_of=NOW[:10],
    )
    found = [msgspec.json.decode(line, type=Finding) for line in lines]
    return {(f.rule, (f.subject or "").removeprefix(SCOPE.id).lstrip("/")): f for f in found}


NOT_WELL = {
    # What a well-kept host of a family still cannot have, or does not have in these trees.
    "audit-records-leave-the-host": "fail",
    "crypto-module-validated": None,
    "fips-mode-on": None,
    "log-retention-meets-policy": None,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_well_kept_host_fails_nothing(family: str, tmp_path: Path) -> None:
    tree, answers = FAMILIES[family]
    found = judged(tree, answers, tmp_path / "s")
    wrong = {
        key: (f.verdict, f.message, f.gap)
        for key, f in found.items()
        if key[0] not in NOT_WELL
        and f.verdict not in ("pass", "not-applicable")
        # Rules for other kinds of target ask for statements, or for sources, of their own.
        and f.reason not in ("no-source", "not-declared")
    }
    if family == "suse":  # YaST's own automatic update is not read
        wrong.pop(("updates-install-by-themselves", ""), None)
    assert not wrong
    passed = {rule for (rule, _), f in found.items() if f.verdict == "pass"}
    assert len(passed) > 60


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
        ("account-authorized", "account-inactive"),
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
            "/var/lib/clamav/daily.cvd": msgspec.UNSET,
            "/proc/700/comm": "x\n",
            "/proc/701/comm": "y\n",
        },
        {},
        ("malware-protection-runs", "malware-scan-set-up"),
    ),
    "updates that wait": (
        "rhel",
        {"/var/cache/dnf": msgspec.UNSET},
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
    changed = {k: v for k, v in {**tree, **changes}.items() if v is not msgspec.UNSET}
    if case.startswith("old signatures"):
        from linux_trees import NOW_SECONDS

        from scanner.collectors.linux.machine.memory import Node

        changed["/var/lib/clamav/daily.cvd"] = Node(b"x", mtime=NOW_SECONDS - 40 * 86400)
        expected = (*expected, "malware-signatures-current")
    if case == "updates that wait":
        from linux_trees import NOW_SECONDS

        from scanner.collectors.linux.machine.memory import Node

        changed["/var/cache/dnf"] = Node(folder=True, mtime=NOW_SECONDS - 60 * 86400)
    found = judged(changed, {**said_well, **answers}, tmp_path / "s")
    failed = {rule for (rule, _), f in found.items() if f.verdict == "fail"}
    assert set(expected) <= failed, set(expected) - failed


def test_a_mounted_root_never_contradicts_the_running_host(tmp_path: Path) -> None:
    for family, (tree, answers) in FAMILIES.items():
        live = judged(tree, answers, tmp_path / f"{family}-live")
        files = judged(tree, {}, tmp_path / f"{family}-files", live=False)
        for key, finding in files.items():
            if finding.verdict in ("pass", "fail") and key in live:
                assert live[key].verdict == finding.verdict, (family, key, finding.message)


def test_what_only_root_may_read_leaves_unknown_and_nothing_else(tmp_path: Path) -> None:
    from dataclasses import replace

    from linux_trees import nodes

    from scanner.collectors.linux.machine.memory import Memory
    from scanner.collectors.linux.machine.once import Once

    guarded = ("/etc/shadow", "/etc/sudoers", "/var/log/audit", "/etc/audit", "/etc/fapolicyd")
    for family, (tree, answers) in FAMILIES.items():
        all_of = judged(tree, answers, tmp_path / f"{family}-root")
        kept = {
            path: replace(node, refused=True) if path.startswith((*guarded, "/home")) else node
            for path, node in nodes(tree).items()
        }
        asked = {
            argv: said("", 1, "Operation not permitted")
            if argv[0] in ("nft", "auditctl", "sshd")
            else answer
            for argv, answer in answers.items()
        }
        machine = Once(Memory(kept, live=True, answers=asked))
        collect(
            [TARGET], {"linux": collector_of(machine)}, None, tmp_path / family, now=lambda: NOW
        )
        lines = evaluate(
            open_snapshot(tmp_path / family),
            rules(),
            params={r.id: settled(r, PARAMS.get(r.id, {})) for r in rules()},
            declared=declared(),
            controls=controls_of,
            as_of=NOW[:10],
        )
        lacking = 0
        for line in lines:
            finding = msgspec.json.decode(line, type=Finding)
            key = (finding.rule, (finding.subject or "").removeprefix(SCOPE.id).lstrip("/"))
            if finding.verdict in ("pass", "fail") and key in all_of:
                assert all_of[key].verdict == finding.verdict, (family, key)
            if finding.verdict == "unknown" and finding.gap is not None:
                lacking += (finding.gap.permission or "").startswith("root")
        assert lacking > 10, family
