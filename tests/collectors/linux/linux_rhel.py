# ruff: noqa: E501 - a line of configuration stays one line
"""A host of the RHEL family, as RHEL 9 carries its files."""

from __future__ import annotations

from linux_common import ANSWERS, ASK_OPENSSL, COMMON, QUALITY, SSHD
from linux_reading import NOW_SECONDS, Answers, Tree, said

from scanner.collectors.linux.machine.memory import Node
from scanner.collectors.linux.software.packages import RPM_FORMAT
from scanner.collectors.linux.software.patches import DNF

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

RHEL: Tree = {
    **COMMON,
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
    "/etc/security/pwquality.conf": QUALITY,
    "/etc/security/pwhistory.conf": "remember = 24\nenforce_for_root\n",
    "/etc/security/faillock.conf": "deny = 3\nunlock_time = 900\neven_deny_root\n",
    "/etc/sudoers": "Defaults env_reset\nroot ALL=(ALL) ALL\n%wheel ALL=(ALL) ALL\n#includedir /etc/sudoers.d\n",
    "/etc/sudoers.d/empty": "# nothing\n",
    "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\n" + SSHD,
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
        ("systemd", "252-32.el9"),
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

RHEL_ANSWERS: Answers = {
    **ANSWERS,
    ("rpm", "-qa", "--queryformat", RPM_FORMAT): said(_RPMS),
    ASK_OPENSSL: said(OPENSSL_RHEL),
    tuple(DNF.removeprefix("run:").split()): said(""),
    ("gnutls-cli", "--fips140-mode"): said("library is in FIPS140-3 mode\n"),
}
