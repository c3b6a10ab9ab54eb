# ruff: noqa: E501 - a line of configuration stays one line
"""What the trees of all families share: a host that is set up well."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from linux_reading import NOW_SECONDS, TODAY, Answers, Tree, said

from scanner.collectors.linux.machine.memory import Node

PROC: Tree = {
    "/proc/sys/kernel/osrelease": "5.14.0-427.el9.x86_64\n",
    "/proc/sys/crypto/fips_enabled": "1\n",
    "/proc/net/tcp": (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
        "   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
        "   1: 0100007F:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
    ),
    "/proc/net/udp": (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
        "  10: 0100007F:0143 00000000:0000 07 00000000:00000000 00:00000000 00000000     0\n"
    ),
    "/proc/self/mountinfo": (
        "22 1 253:0 / / rw,relatime shared:1 - xfs /dev/mapper/luks-root rw\n"
        "23 22 259:1 / /boot rw,relatime shared:2 - ext4 /dev/nvme0n1p1 rw\n"
        "24 22 0:5 / /proc rw shared:3 - proc proc rw\n"
    ),
    "/sys/dev/block/253:0": "-> ../../class/block/dm-0",
    "/sys/class/block/dm-0/dm/uuid": "CRYPT-LUKS2-0123456789abcdef-luks-root\n",
    "/sys/dev/block/259:1": "-> ../../class/block/nvme0n1p1",
    "/sys/class/block/nvme0n1p1/size": "2048",
    "/sys/kernel": None,
    "/proc/cmdline": "BOOT_IMAGE=/vmlinuz root=/dev/mapper/luks-root audit=1 fips=1\n",
    "/proc/1/comm": "systemd\n",
    "/proc/300/comm": "systemd-journal\n",
    "/proc/400/comm": "auditd\n",
    "/proc/500/comm": "sshd\n",
    "/proc/600/comm": "chronyd\n",
    "/proc/700/comm": "clamd\n",
    "/proc/701/comm": "clamonacc\n",
    "/proc/sys/kernel/randomize_va_space": "2\n",
    "/proc/sys/kernel/kptr_restrict": "1\n",
    "/proc/sys/kernel/dmesg_restrict": "1\n",
    "/proc/sys/kernel/yama/ptrace_scope": "1\n",
    "/proc/sys/fs/suid_dumpable": "0\n",
    "/proc/sys/fs/protected_hardlinks": "1\n",
    "/proc/sys/fs/protected_symlinks": "1\n",
    "/proc/sys/net/ipv4/tcp_syncookies": "1\n",
    "/proc/sys/net/ipv4/conf/all/accept_redirects": "0\n",
    "/proc/sys/net/ipv4/conf/all/accept_source_route": "0\n",
    "/proc/sys/net/ipv4/conf/all/send_redirects": "0\n",
    "/proc/sys/net/ipv6/conf/all/accept_redirects": "0\n",
}

_PASSWD = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
alice:x:1000:1000:Alice:/home/alice:/bin/bash
bob:x:1001:1001:Bob:/home/bob:/bin/bash
"""
_GROUP = "root:x:0:\nwheel:x:10:alice\nsudo:x:27:alice\nalice:x:1000:\nbob:x:1001:\n"
_SHADOW = f"""\
root:!*:{TODAY - 100}:0:99999:7:::
daemon:*:{TODAY - 100}:0:99999:7:::
alice:$y$j9T$CANARYsaltCANARY$CANARYhashCANARY:{TODAY - 20}:1:365:7:30::
bob:$6$CANARYsalt$CANARYhash512:{TODAY - 20}:1:365:7:30::
"""


def lastlog(**uids: int) -> bytes:
    """A lastlog file: name of no meaning -> uid, each signed in two days before NOW."""
    data = bytearray(292 * (max(uids.values(), default=0) + 1))
    for uid in uids.values():
        data[uid * 292 : uid * 292 + 4] = (NOW_SECONDS - 2 * 86400).to_bytes(4, "little")
    return bytes(data)


def lastlog2(*rows: tuple[object, ...], mode: str = "DELETE") -> bytes:
    """A database as pam_lastlog2 makes it, with rows of (name, seconds)."""
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute(
            "CREATE TABLE Lastlog2(Name TEXT PRIMARY KEY, Time INTEGER, TTY TEXT,"
            " RemoteHost TEXT, Service TEXT)"
        )
        for name, seconds in rows:
            made.execute(
                "REPLACE INTO Lastlog2 VALUES(?,?,?,?,?)",
                (name, seconds, "pts/0", "CANARYhost.example", "sshd"),
            )
        made.commit()
        data = bytes(made.serialize())
    # The two version bytes of the header tell write-ahead mode.
    return data if mode == "DELETE" else data[:18] + b"\2\2" + data[20:]


COMMON: Tree = {
    **PROC,
    "/etc/hostname": "testhost\n",
    "/etc/passwd": _PASSWD,
    "/etc/group": _GROUP,
    "/etc/shadow": _SHADOW,
    "/etc/nsswitch.conf": "passwd: files systemd\ngroup: files\n",
    "/etc/login.defs": "PASS_MAX_DAYS\t365\nUID_MIN 1000\nENCRYPT_METHOD YESCRYPT\n",
    "/var/log/lastlog": lastlog(alice=1000, bob=1001),
    "/usr/bin/sudo": "",
    "/usr/sbin/sshd": "",
    "/home/alice/.google_authenticator": "CANARYSECRET\n",
    "/home/bob/.google_authenticator": "CANARYSECRET\n",
    "/root/.ssh": None,
    "/etc/issue": "Authorized use only. CUI notice.\n",
    "/etc/issue.net": "Authorized use only. CUI notice.\n",
    "/etc/profile": "PATH=/usr/bin\nexport PATH\n",
    "/etc/profile.d/tmout.sh": "readonly TMOUT=600\nexport TMOUT\n",
    "/usr/lib/systemd/systemd-journald": "",
    "/usr/lib/systemd/systemd-logind": "",
    "/etc/systemd/journald.conf": "[Journal]\nStorage=persistent\nMaxRetentionSec=1year\n",
    "/etc/systemd/logind.conf": "[Login]\nStopIdleSessionSec=10min\n",
    "/usr/sbin/auditd": "",
    "/etc/audit/auditd.conf": "log_file = /var/log/audit/audit.log\nmax_log_file_action = keep_logs\ndisk_full_action = HALT\ndisk_error_action = HALT\n",
    "/var/log/audit/audit.log": Node(
        (
            b"type=USER_LOGIN msg=audit(1764000000.123:77): pid=9 uid=0 auid=1000 ses=3 "
            b"msg='op=login exe=\"/usr/sbin/sshd\" hostname=10.0.0.9 addr=10.0.0.9 res=success'\n"
            b"type=SYSCALL msg=audit(1764000001.000:78): arch=c000003e syscall=59 success=yes "
            b'exit=0 pid=10 auid=1000 uid=1000 ses=3 comm="sudo" exe="/usr/bin/sudo"\n'
        ),
        mode=0o600,
        mtime=NOW_SECONDS - 200 * 86400,
    ),
    "/etc/chrony.conf": "server 10.0.0.1 iburst\nserver 10.0.0.2 iburst\n",
    "/usr/sbin/aide": "",
    "/var/lib/aide/aide.db.gz": "x",
    "/etc/cron.daily/aide": Node(b"#!/bin/sh\naide --check\n", mode=0o755),
    "/etc/cron.daily/clamscan": Node(b"#!/bin/sh\nclamdscan --multiscan /\n", mode=0o755),
    "/usr/bin/clamscan": "",
    "/var/lib/clamav/daily.cvd": Node(b"x", mtime=NOW_SECONDS - 86400),
    "/etc/modprobe.d/usb.conf": "install usb-storage /bin/false\n",
    "/usr/sbin/fapolicyd": "",
    "/proc/800/comm": "fapolicyd\n",
    "/etc/fapolicyd/fapolicyd.conf": "permissive = 0\n",
    "/etc/fapolicyd/compiled.rules": (
        "%languages=application/x-python\n"
        "allow perm=any uid=0 : dir=/var/tmp/\n"
        "allow perm=execute all : trust=1\n"
        "allow perm=open all : all\n"
        "deny_audit perm=any all : all\n"
    ),
    "/sys/fs/selinux/enforce": "1",
}

SSHD = """\
PermitRootLogin no
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication yes
AuthenticationMethods publickey,keyboard-interactive
UsePAM yes
AllowGroups wheel sudo
Banner /etc/issue.net
Ciphers aes256-gcm@openssh.com,aes256-ctr
MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256
KexAlgorithms ecdh-sha2-nistp384
"""

NFT = """{"nftables": [
 {"metainfo": {"version": "1.0.4", "json_schema_version": 1}},
 {"table": {"family": "inet", "name": "filter", "handle": 1}},
 {"chain": {"family": "inet", "table": "filter", "name": "input", "handle": 1, "type": "filter",
            "hook": "input", "prio": 0, "policy": "drop"}},
 {"chain": {"family": "inet", "table": "filter", "name": "output", "handle": 2, "type": "filter",
            "hook": "output", "prio": 0, "policy": "drop"}},
 {"rule": {"family": "inet", "table": "filter", "chain": "input", "handle": 3, "expr": [
   {"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}},
   {"accept": null}]}},
 {"rule": {"family": "inet", "table": "filter", "chain": "input", "handle": 4, "expr": [
   {"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "lo"}}, {"accept": null}]}},
 {"rule": {"family": "inet", "table": "filter", "chain": "input", "handle": 5, "expr": [
   {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}},
              "right": 443}}, {"counter": {"packets": 0, "bytes": 0}}, {"accept": null}]}},
 {"rule": {"family": "inet", "table": "filter", "chain": "output", "handle": 6, "expr": [
   {"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established"]}},
   {"accept": null}]}}
]}"""

AUDIT_RULES = """\
-w /etc/passwd -p wa -k identity
-w /etc/shadow -p wa -k identity
-w /etc/group -p wa -k identity
-w /etc/sudoers -p wa -k actions
-a always,exit -F arch=b64 -S init_module,finit_module,delete_module -F key=modules
-a always,exit -F arch=b64 -S execve -C uid!=euid -F euid=0 -F key=setuid
-a always,exit -F arch=b64 -S open,openat -F exit=-EACCES -F auid>=1000 -F auid!=-1 -F key=access
"""
AUDIT_STATUS = (
    "enabled 2\nfailure 1\npid 400\nrate_limit 0\nbacklog_limit 8192\nlost 0\nbacklog 0\n"
)

TRACKING = """\
Reference ID    : 0A000001 (10.0.0.1)
Stratum         : 3
System time     : 0.000012345 seconds fast of NTP time
Leap status     : Normal
"""

ANSWERS: Answers = {
    ("nft", "-j", "list", "ruleset"): said(NFT),
    ("auditctl", "-l"): said(AUDIT_RULES),
    ("auditctl", "-s"): said(AUDIT_STATUS),
    ("chronyc", "-n", "tracking"): said(TRACKING),
}

QUALITY = """\
# Number of characters in the new password that must not be present in the old password.
# difok = 1
difok = 8
# minlen = 8
minlen = 15
# dcredit = 0
# ucredit = 0
# lcredit = 0
# ocredit = 0
# minclass = 0
minclass = 4
"""

ASK_OPENSSL = ("openssl", "list", "-providers", "-verbose")
