# ruff: noqa: E501 - a line of configuration stays one line
"""Hosts of Debian and Ubuntu, as Debian 12 and Ubuntu 22.04 carry their files."""

from __future__ import annotations

from linux_common import ANSWERS, ASK_OPENSSL, COMMON, QUALITY, SSHD, lastlog2
from linux_reading import NOW_SECONDS, Answers, Tree, said

from scanner.collectors.linux.machine.memory import Node
from scanner.collectors.linux.software.patches import APT

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
        ("systemd", "252.38-1~deb12u1", "install ok installed"),
        ("telnetd", "0.17", "deinstall ok config-files"),
    )
)

DEBIAN: Tree = {
    **COMMON,
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
    "/usr/lib/x86_64-linux-gnu/security/pam_unix.so": "",
    "/usr/lib/x86_64-linux-gnu/security/pam_lastlog.so": "",
    "/etc/security/pwquality.conf": QUALITY,
    "/etc/security/faillock.conf": "deny = 3\nunlock_time = 900\neven_deny_root\n",
    "/etc/sudoers": (
        "Defaults\tenv_reset\nroot\tALL=(ALL:ALL) ALL\n%sudo\tALL=(ALL:ALL) ALL\n"
        "@includedir /etc/sudoers.d\n"
    ),
    "/etc/sudoers.d/README": "# notes\n",
    "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\n" + SSHD,
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
DEBIAN["/etc/chrony/chrony.conf"] = COMMON["/etc/chrony.conf"]

OPENSSL_DEFAULT = """\
Providers:
  default
    name: OpenSSL Default Provider
    version: 3.0.11
    status: active
"""

DEBIAN_ANSWERS: Answers = {
    **ANSWERS,
    ASK_OPENSSL: said(OPENSSL_DEFAULT),
    tuple(APT.removeprefix("run:").split()): said("Listing...\n"),
}

TRIXIE: Tree = {
    **DEBIAN,
    "/etc/os-release": 'ID=debian\nVERSION_ID="13"\n',
    "/var/lib/lastlog/lastlog2.db": lastlog2(
        ("alice", NOW_SECONDS - 3 * 86400), ("bob", NOW_SECONDS - 4 * 86400)
    ),
    "/etc/pam.d/common-session": "session required pam_unix.so\nsession optional pam_lastlog2.so silent\n",
}
del TRIXIE["/usr/lib/x86_64-linux-gnu/security/pam_lastlog.so"]
"""Debian 13 after an upgrade: sshd still writes the old file, everything the new one."""

UBUNTU: Tree = {
    **DEBIAN,
    "/etc/os-release": 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\n',
    "/var/lib/dpkg/status": _DPKG
    + "\n\nPackage: openssl-fips-module-3\nStatus: install ok installed\n"
    "Version: 3.0.5-0ubuntu0.1+Fips2.1\nMaintainer: Canonical\n",
}
UBUNTU_ANSWERS: Answers = {
    **DEBIAN_ANSWERS,
    ASK_OPENSSL: said(
        "Providers:\n  fips\n    name: Ubuntu 22.04 OpenSSL Cryptographic Module\n"
        "    version: 3.0.5-0ubuntu0.1+Fips2.1\n    status: active\n"
    ),
}
