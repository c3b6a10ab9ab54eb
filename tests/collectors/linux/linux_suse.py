"""A host of the SUSE family, as SLES 15 carries its files: under /usr/etc where it can."""

from __future__ import annotations

from linux_common import SSHD, lastlog2
from linux_reading import NOW_SECONDS, Answers, Tree, said
from linux_rhel import RHEL, RHEL_ANSWERS

from scanner.collectors.linux.machine.memory import Node
from scanner.collectors.linux.software.patches import ZYPPER

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
SUSE["/usr/etc/ssh/sshd_config"] = "Include /usr/etc/ssh/sshd_config.d/*.conf\n" + SSHD
SUSE_ANSWERS: Answers = {
    **RHEL_ANSWERS,
    tuple(ZYPPER.removeprefix("run:").split()): said(
        "Loading repository data...\nNo updates found.\n"
    ),
}

TUMBLEWEED: Tree = {
    **{path: what for path, what in SUSE.items() if path != "/var/log/lastlog"},
    "/etc/os-release": 'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\nVERSION_ID="20261120"\n',
    "/var/lib/lastlog/lastlog2.db": lastlog2(
        ("alice", NOW_SECONDS - 3 * 86400), ("bob", NOW_SECONDS - 4 * 86400)
    ),
    "/usr/lib/pam.d/common-session": "session optional pam_lastlog2.so silent_if=gdm\n",
}
"""openSUSE Tumbleweed, which has lastlog2 and nothing else."""
