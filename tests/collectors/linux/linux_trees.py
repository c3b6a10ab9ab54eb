# ruff: noqa: E501 - a line of configuration stays one line
"""Hosts for the tests: trees of the files that each family's packages publish, set up well.

The files were written for these tests in the form in which RHEL 9, Debian 12, Ubuntu 22.04 and SLES
15 carry them; a test takes one and puts another text in a place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scanner.collectors.base import Job, Partial, Refused, Scope, Source, Target
from scanner.collectors.linux import COLLECTOR
from scanner.collectors.linux.host import Host
from scanner.collectors.linux.machine.base import Machine, Output
from scanner.collectors.linux.machine.memory import Memory, Node
from scanner.collectors.linux.machine.once import Once
from scanner.collectors.linux.session import HostSession
from scanner.collectors.linux.software.packages import RPM_FORMAT
from scanner.collectors.linux.software.patches import APT, DNF, ZYPPER
from scanner.facts import Fact

NOW = "2026-11-24T08:00:00Z"
TODAY = 20781
"""Days since 1970 of NOW."""
NOW_SECONDS = TODAY * 86400 + 8 * 3600

Tree = dict[str, Any]
Answers = dict[tuple[str, ...], Output]


def said(out: str, code: int = 0, err: str = "") -> Output:
    return Output(code, out, err)


def nodes(tree: Mapping[str, Any]) -> dict[str, Node]:
    """Text, bytes, `-> target` for a link, None for a folder, or a Node as it stands."""
    found = {}
    for path, what in tree.items():
        if isinstance(what, Node):
            found[path] = what
        elif what is None:
            found[path] = Node(folder=True, mode=0o755)
        elif isinstance(what, bytes):
            found[path] = Node(what)
        elif what.startswith("-> "):
            found[path] = Node(link=what[3:])
        else:
            found[path] = Node(what.encode())
    return found


def memory(tree: Mapping[str, Any], answers: Answers | None = None, *, live: bool = True) -> Once:
    return Once(Memory(nodes(tree), live=live, answers=dict(answers or {})))


SCOPE = Scope("linux:test", "testhost")


def place(source: Source, machine: Machine) -> Host:
    return Host(Job("t", SCOPE, None, source, source.serves, lambda: NOW), machine)


class Read:
    """What one source said of a machine."""

    def __init__(self, source: Source, machine: Machine) -> None:
        self.facts: dict[str, Fact] = {}
        self.refused: dict[str, Mapping[str, Refused]] = {}
        self.listing: Refused | None = None
        try:
            for item in source.run(place(source, machine)):
                fact = item.fact if isinstance(item, Partial) else item
                key = fact.subject.removeprefix(SCOPE.id).lstrip("/")
                assert key not in self.facts, f"{source.id} has two facts {key}"
                self.facts[key] = fact
                self.refused[key] = item.refused if isinstance(item, Partial) else {}
        except Refused as refused:
            self.listing = refused

    def __getitem__(self, key: str) -> Any:
        return self.facts[key]

    @property
    def only(self) -> Any:
        (fact,) = self.facts.values()
        return fact

    def why(self, field: str, key: str | None = None) -> Refused:
        """The refusal of a field."""
        return self.refused[key if key is not None else next(iter(self.facts))][field]


def read(
    source: Source, tree: Mapping[str, Any], answers: Answers | None = None, *, live: bool = True
) -> Read:
    return Read(source, memory(tree, answers, live=live))


def collector_of(machine: Machine) -> Any:
    """The linux collector, reading this machine wherever it is pointed."""
    return replace(COLLECTOR, open=lambda target: HostSession(machine, SCOPE))


TARGET = Target("t", "linux", {})

# -- what all of them share

_PROC: Tree = {
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


_COMMON: Tree = {
    **_PROC,
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
    "/etc/audit/auditd.conf": "log_file = /var/log/audit/audit.log\nmax_log_file_action = keep_logs\n",
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
    "/etc/cron.daily/aide": "#!/bin/sh\naide --check\n",
    "/etc/cron.daily/clamscan": "#!/bin/sh\nclamdscan --multiscan /\n",
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

_SSHD = """\
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

_ANSWERS: Answers = {
    ("nft", "-j", "list", "ruleset"): said(NFT),
    ("auditctl", "-l"): said(AUDIT_RULES),
    ("auditctl", "-s"): said(AUDIT_STATUS),
    ("chronyc", "-n", "tracking"): said(TRACKING),
}

# -- RHEL 9

_SYSTEM_AUTH = """\
auth        required      pam_env.so
auth        required      pam_faildelay.so delay=2000000
auth        required      pam_faillock.so preauth silent
auth        [default=1 ignore=ignore success=ok] pam_usertype.so isregular
auth        [default=1 ignore=ignore success=ok] pam_localuser.so
auth        sufficient    pam_unix.so {nullok}
auth        required      pam_faillock.so authfail
auth        required      pam_deny.so
account     required      pam_faillock.so
account     required      pam_unix.so
password    requisite     pam_pwquality.so local_users_only
password    requisite     pam_pwhistory.so use_authtok
password    sufficient    pam_unix.so yescrypt shadow use_authtok
password    required      pam_deny.so
session     required      pam_limits.so
session     required      pam_unix.so
"""

_QUALITY = """\
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

_TWO_FACTORS = (
    "auth required pam_faillock.so preauth\n"
    "auth [success=ok default=bad] pam_unix.so\n"
    "auth required pam_faillock.so authfail\n"
)

RHEL: Tree = {
    **_COMMON,
    "/etc/os-release": 'NAME="Red Hat Enterprise Linux"\nID="rhel"\nVERSION_ID="9.4"\nID_LIKE="fedora"\n',
    "/etc/crypto-policies/state/current": "FIPS\n",
    "/proc/sys/crypto/fips_name": "Red Hat Enterprise Linux 9 - Kernel Cryptographic API\n",
    "/proc/sys/crypto/fips_version": "5.14.0-427.el9.x86_64\n",
    "/etc/pam.d/system-auth": _SYSTEM_AUTH.format(nullok=""),
    "/etc/pam.d/password-auth": _SYSTEM_AUTH.format(nullok=""),
    "/etc/pam.d/passwd": "auth include system-auth\npassword substack system-auth\n",
    "/etc/pam.d/login": (
        "auth substack system-auth\nauth required pam_u2f.so authfile=/etc/u2f_mappings\n"
        "auth include postlogin\naccount include system-auth\n"
    ),
    "/etc/pam.d/postlogin": "session optional pam_lastlog.so\n",
    "/etc/pam.d/sshd": (
        "auth substack password-auth\nauth required pam_google_authenticator.so\n"
        "account required pam_nologin.so\n"
    ),
    "/etc/u2f_mappings": "alice:CANARYhandle,CANARYkey\nbob:CANARYhandle,CANARYkey\n",
    "/etc/security/pwquality.conf": _QUALITY,
    "/etc/security/pwhistory.conf": "remember = 24\nenforce_for_root\n",
    "/etc/security/faillock.conf": "deny = 3\nunlock_time = 900\neven_deny_root\n",
    "/etc/sudoers": "Defaults env_reset\nroot ALL=(ALL) ALL\n%wheel ALL=(ALL) ALL\n#includedir /etc/sudoers.d\n",
    "/etc/sudoers.d/empty": "# nothing\n",
    "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\n" + _SSHD,
    "/etc/ssh/sshd_config.d/50-redhat.conf": "SyslogFacility AUTHPRIV\nX11Forwarding no\n",
    "/var/lib/rpm/rpmdb.sqlite": b"SQLite format 3\0",
    "/etc/yum.repos.d/redhat.repo": "[rhel-9-baseos]\nbaseurl = https://u:p@cdn.example/os\nenabled = 1\ngpgcheck = 1\n",
    "/etc/dnf/dnf.conf": "[main]\ngpgcheck=1\n",
    "/etc/systemd/system/multi-user.target.wants/sshd.service": "-> /usr/lib/systemd/system/sshd.service",
    "/etc/systemd/system/multi-user.target.wants/chronyd.service": "-> /usr/lib/systemd/system/chronyd.service",
    "/etc/systemd/system/multi-user.target.wants/clamav-freshclam.service": "-> /usr/lib/systemd/system/clamav-freshclam.service",
    "/etc/systemd/system/timers.target.wants/dnf-automatic-install.timer": "-> /usr/lib/systemd/system/dnf-automatic-install.timer",
    "/usr/lib/systemd/system/sshd.service": "[Unit]\n",
    "/var/cache/dnf": Node(folder=True, mode=0o755, mtime=NOW_SECONDS - 3600),
}

_RPMS = "".join(
    f"{name}\t{version}\tRed Hat, Inc.\t{NOW_SECONDS - 5 * 86400}\n"
    for name, version in (
        ("audit", "3.1.2-2.el9"),
        ("bash", "5.1.8-9.el9"),
        ("fapolicyd", "1.3.2-100.el9"),
        ("gnutls", "3.8.3-4.el9"),
        ("openssl-libs", "1:3.0.7-27.el9"),
        ("openssl-fips-provider-so", "3.0.7-6.el9"),
    )
)

OPENSSL_RHEL = """\
Providers:
  base
    name: OpenSSL Base Provider
    version: 3.0.7
    status: active
  default
    name: OpenSSL Default Provider
    version: 3.0.7
    status: active
  fips
    name: Red Hat Enterprise Linux 9 - OpenSSL FIPS Provider
    version: 3.0.7-395c1a240fbfffd8
    status: active
    build info: 3.0.7-395c1a240fbfffd8
    gettable provider parameters:
      name: pointer to a UTF8 encoded string (arbitrary size)
"""

_ASK_OPENSSL = ("openssl", "list", "-providers", "-verbose")

RHEL_ANSWERS: Answers = {
    **_ANSWERS,
    ("rpm", "-qa", "--queryformat", RPM_FORMAT): said(_RPMS),
    _ASK_OPENSSL: said(OPENSSL_RHEL),
    tuple(DNF.removeprefix("run:").split()): said(""),
    ("gnutls-cli", "--fips140-mode"): said("library is in FIPS140-3 mode\n"),
}

# -- Debian 12 and Ubuntu 22.04

_COMMON_AUTH = """\
auth required pam_faillock.so preauth
auth [success=1 default=ignore] pam_unix.so
auth [default=die] pam_faillock.so authfail
auth required pam_faillock.so authsucc
auth required pam_permit.so
"""

_DPKG = "\n\n".join(
    f"Package: {name}\nStatus: {status}\nVersion: {version}\nMaintainer: Debian\n"
    "Description: text\n more text"
    for name, version, status in (
        ("auditd", "1:3.0.9-1", "install ok installed"),
        ("bash", "5.2.15-2+b7", "install ok installed"),
        ("libssl3", "3.0.11-1~deb12u2", "install ok installed"),
        ("unattended-upgrades", "2.9.1", "install ok installed"),
        ("telnetd", "0.17", "deinstall ok config-files"),
    )
)

DEBIAN: Tree = {
    **_COMMON,
    "/etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "/etc/pam.d/common-auth": _COMMON_AUTH,
    "/etc/pam.d/common-password": (
        "password requisite pam_pwquality.so retry=3\n"
        "password required pam_pwhistory.so remember=24 use_authtok\n"
        "password [success=1 default=ignore] pam_unix.so obscure use_authtok yescrypt\n"
        "password requisite pam_deny.so\npassword required pam_permit.so\n"
    ),
    "/etc/pam.d/common-account": "account required pam_faillock.so\naccount required pam_unix.so\n",
    "/etc/pam.d/passwd": "@include common-password\n",
    "/etc/pam.d/login": (
        "auth optional pam_faildelay.so delay=3000000\n@include common-auth\n"
        "auth required pam_u2f.so authfile=/etc/u2f_mappings\n@include common-account\n"
    ),
    "/etc/pam.d/sshd": (
        "@include common-auth\nauth required pam_google_authenticator.so\n@include common-account\n"
    ),
    "/etc/u2f_mappings": "alice:CANARYhandle,CANARYkey\nbob:CANARYhandle,CANARYkey\n",
    "/etc/security/pwquality.conf": _QUALITY,
    "/etc/security/faillock.conf": "deny = 3\nunlock_time = 900\neven_deny_root\n",
    "/etc/sudoers": (
        "Defaults\tenv_reset\nroot\tALL=(ALL:ALL) ALL\n%sudo\tALL=(ALL:ALL) ALL\n"
        "@includedir /etc/sudoers.d\n"
    ),
    "/etc/sudoers.d/README": "# notes\n",
    "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\n" + _SSHD,
    "/var/lib/dpkg/status": _DPKG,
    "/etc/apt/sources.list": "deb http://deb.debian.org/debian bookworm main\n",
    "/etc/apt/apt.conf.d/20auto-upgrades": (
        'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n'
    ),
    "/var/log/apt/history.log": "\nStart-Date: 2026-11-20  06:00:01\nCommandline: x\n",
    "/var/lib/apt/periodic/update-success-stamp": Node(b"", mtime=NOW_SECONDS - 3600),
    "/etc/systemd/system/multi-user.target.wants/ssh.service": "-> /lib/systemd/system/ssh.service",
    "/etc/systemd/system/multi-user.target.wants/chrony.service": "-> /lib/systemd/system/chrony.service",
    "/etc/systemd/system/multi-user.target.wants/clamav-freshclam.service": "-> /lib/systemd/system/clamav-freshclam.service",
    "/etc/systemd/system/timers.target.wants/apt-daily-upgrade.timer": "-> /lib/systemd/system/apt-daily-upgrade.timer",
    "/etc/logrotate.conf": "weekly\nrotate 4\ncreate\ninclude /etc/logrotate.d\n",
    "/etc/logrotate.d/rsyslog": (
        "/var/log/syslog\n/var/log/auth.log\n{\n\trotate 53\n\tweekly\n\tmissingok\n\tcompress\n"
        "\tpostrotate\n\t\t/usr/lib/rsyslog/rsyslog-rotate\n\tendscript\n}\n"
    ),
    "/var/log/auth.log": Node(b"x", mode=0o640),
}
del DEBIAN["/etc/chrony.conf"]
DEBIAN["/etc/chrony/chrony.conf"] = _COMMON["/etc/chrony.conf"]

OPENSSL_DEFAULT = """\
Providers:
  default
    name: OpenSSL Default Provider
    version: 3.0.11
    status: active
"""

DEBIAN_ANSWERS: Answers = {
    **_ANSWERS,
    _ASK_OPENSSL: said(OPENSSL_DEFAULT),
    tuple(APT.removeprefix("run:").split()): said("Listing...\n"),
}

UBUNTU: Tree = {
    **DEBIAN,
    "/etc/os-release": 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\n',
    "/var/lib/dpkg/status": _DPKG
    + "\n\nPackage: openssl-fips-module-3\nStatus: install ok installed\n"
    "Version: 3.0.5-0ubuntu0.1+Fips2.1\nMaintainer: Canonical\n",
}
UBUNTU_ANSWERS: Answers = {
    **DEBIAN_ANSWERS,
    _ASK_OPENSSL: said(
        "Providers:\n  fips\n    name: Ubuntu 22.04 OpenSSL Cryptographic Module\n"
        "    version: 3.0.5-0ubuntu0.1+Fips2.1\n    status: active\n"
    ),
}

# -- SLES 15

SUSE: Tree = {
    **RHEL,
    "/etc/os-release": 'ID="sles"\nID_LIKE="suse"\nVERSION_ID="15.6"\n',
    "/etc/zypp/repos.d/sle.repo": "[SLE]\nenabled=1\nbaseurl=https://updates.suse.com/sle\ntype=rpm-md\n",
    "/etc/zypp/zypp.conf": "[main]\n# gpgcheck = on\n",
    "/var/cache/zypp/raw": Node(folder=True, mode=0o755, mtime=NOW_SECONDS - 3600),
    "/usr/sbin/sshd": "",
}
for _path in ("/etc/yum.repos.d/redhat.repo", "/etc/dnf/dnf.conf", "/etc/ssh/sshd_config"):
    del SUSE[_path]
SUSE["/usr/etc/ssh/sshd_config"] = "Include /usr/etc/ssh/sshd_config.d/*.conf\n" + _SSHD
SUSE_ANSWERS: Answers = {
    **RHEL_ANSWERS,
    tuple(ZYPPER.removeprefix("run:").split()): said(
        "Loading repository data...\nNo updates found.\n"
    ),
}

FAMILIES: dict[str, tuple[Tree, Answers]] = {
    "rhel": (RHEL, RHEL_ANSWERS),
    "debian": (DEBIAN, DEBIAN_ANSWERS),
    "ubuntu": (UBUNTU, UBUNTU_ANSWERS),
    "suse": (SUSE, SUSE_ANSWERS),
}

CANARIES = ("CANARY", "u:p@")
"""Texts of the trees that may not appear in any fact."""
