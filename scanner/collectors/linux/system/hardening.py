"""Settings that harden the kernel: sysctl, the mandatory access control, its command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.forms import drop_ins, equals_pairs, last, lines_of
from scanner.collectors.linux.host import Host, observe
from scanner.facts.host import Integrity, Setting

SYSCTLS = (
    "fs.protected_fifos",
    "fs.protected_hardlinks",
    "fs.protected_regular",
    "fs.protected_symlinks",
    "fs.suid_dumpable",
    "kernel.core_pattern",
    "kernel.dmesg_restrict",
    "kernel.kexec_load_disabled",
    "kernel.kptr_restrict",
    "kernel.perf_event_paranoid",
    "kernel.randomize_va_space",
    "kernel.sysrq",
    "kernel.unprivileged_bpf_disabled",
    "kernel.yama.ptrace_scope",
    "net.core.bpf_jit_harden",
    "net.ipv4.conf.all.accept_redirects",
    "net.ipv4.conf.all.accept_source_route",
    "net.ipv4.conf.all.log_martians",
    "net.ipv4.conf.all.rp_filter",
    "net.ipv4.conf.all.send_redirects",
    "net.ipv4.conf.default.accept_redirects",
    "net.ipv4.conf.default.accept_source_route",
    "net.ipv4.icmp_echo_ignore_broadcasts",
    "net.ipv4.ip_forward",
    "net.ipv4.tcp_syncookies",
    "net.ipv6.conf.all.accept_redirects",
    "net.ipv6.conf.all.accept_source_route",
    "net.ipv6.conf.all.forwarding",
)
"""The sysctl settings that are read, by their names in sysctl.d(5)."""

_SYSTEMD = ("/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl")
_FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d")


def sysctl_path(name: str) -> str:
    return "/proc/sys/" + name.replace(".", "/")


@dataclass(frozen=True)
class Sysctls:
    """What sysctl.d(5) files set: by name, and by pattern for names that none of them sets."""

    named: dict[str, str]
    patterns: tuple[tuple[str, str], ...] = ()
    spared: frozenset[str] = frozenset()

    def get(self, name: str) -> str | None:
        if name in self.named or name in self.spared:
            return self.named.get(name)
        fitting = [value for pattern, value in self.patterns if _fits(pattern, name)]
        return fitting[-1] if fitting else None


def _fits(pattern: str, name: str) -> bool:
    parts, given = pattern.split("."), name.split(".")
    return len(parts) == len(given) and all(map(fnmatchcase, given, parts))


def parse_sysctl(texts: list[str]) -> Sysctls:
    """The values that sysctl.d(5) files set; the last wins, a leading `-` ignores failures.

    `-name` without a value spares that name from the patterns.
    """
    named: dict[str, str] = {}
    patterns: list[tuple[str, str]] = []
    spared: set[str] = set()
    for text in texts:
        for line in lines_of(text, comment="#;"):
            key, equals, value = line.partition("=")
            name = key.strip().lstrip("-").strip().replace("/", ".")
            if not equals and line.startswith("-"):
                spared.add(name)
            elif equals and any(sign in name for sign in "*?["):
                patterns.append((name, value.strip()))
            elif equals:
                named[name] = value.strip()
    return Sysctls(named, tuple(patterns), frozenset(spared))


@source(
    Setting,
    fields=["setting", "value", "persistent_value"],
    calls={
        **{f"read:{sysctl_path(name)}": "" for name in SYSCTLS},
        **{f"read:{folder}/*.conf": "" for folder in _FOLDERS},
        "read:/etc/sysctl.conf": "",
        **{f"stat:{path}": "" for path in _SYSTEMD},
    },
)
def kernel_settings(here: Host) -> Iterator[Setting | Partial]:
    """Kernel settings: the value in force, and the value that the configuration sets."""

    def configured() -> Sysctls:
        folders = [f for f in _FOLDERS if here.live or not f.startswith("/run")]
        texts = drop_ins(here, folders)
        # systemd reads sysctl.conf only through a link among the files, in the link's place.
        if not any(here.exists(path) for path in _SYSTEMD):
            texts.append(here.read_optional("/etc/sysctl.conf") or "")
        return parse_sysctl(texts)

    for name in SYSCTLS:
        path = sysctl_path(name)

        def value(path: str = path) -> str | None:
            text = here.read_optional(path)
            return None if text is None else " ".join(text.split())

        def persistent(name: str = name) -> str | None:
            return configured().get(name)

        yield observe(
            Setting(
                subject=f"{here.id}/sysctl/{name}",
                name=name,
                setting=name,
                **here.here(f"read:{path}"),
            ),
            f"read:{path}",
            {"value": value, "persistent_value": persistent},
        )


_SELINUX = "read:/sys/fs/selinux/enforce"
_APPARMOR = "read:/sys/module/apparmor/parameters/enabled"
_CMDLINE = "read:/proc/cmdline"


@source(
    Setting,
    fields=["setting", "value", "persistent_value"],
    calls={
        _SELINUX: "",
        "stat:/sys/kernel": "",
        "read:/etc/selinux/config": "",
        _APPARMOR: "",
        _CMDLINE: "",
        "read:/sys/kernel/security/lockdown": "",
    },
)
def access_control(here: Host) -> Iterator[Setting | Partial]:
    """Mandatory access control (SELinux, AppArmor) and the kernel's command line."""

    def selinux() -> str:
        if here.stat("/sys/kernel") is None:
            raise Refused("not-supported", _SELINUX, "the kernel's state is not visible here")
        flag = here.read_optional("/sys/fs/selinux/enforce")
        if flag is None:
            return "off"
        return "enforcing" if flag.strip() == "1" else "permissive"

    def selinux_set() -> str | None:
        text = here.read_optional("/etc/selinux/config")
        return None if text is None else last(equals_pairs(text), "selinux")

    def apparmor() -> str:
        if here.stat("/sys/kernel") is None:
            raise Refused("not-supported", _APPARMOR, "the kernel's state is not visible here")
        flag = here.read_optional("/sys/module/apparmor/parameters/enabled")
        return "on" if flag is not None and flag.strip() == "Y" else "off"

    def confined() -> str:
        """The strongest that is in force; a rule may accept either."""
        if selinux() == "enforcing":
            return "selinux"
        return "apparmor" if apparmor() == "on" else "none"

    def argument(name: str) -> Any:
        def read() -> str | None:
            for word in reversed(here.read("/proc/cmdline").split()):
                key, equals, value = word.partition("=")
                if key == name:
                    return value if equals else ""
            return None

        return read

    settings: list[tuple[str, str, dict[str, Any]]] = [
        ("selinux", _SELINUX, {"value": selinux, "persistent_value": selinux_set}),
        ("apparmor", _APPARMOR, {"value": apparmor, "persistent_value": lambda: None}),
        (
            "mandatory-access-control",
            _SELINUX,
            {"value": confined, "persistent_value": lambda: None},
        ),
        ("boot.audit", _CMDLINE, {"value": argument("audit"), "persistent_value": lambda: None}),
    ]
    for name, operation, reads in settings:
        yield observe(
            Setting(
                subject=f"{here.id}/setting/{name}",
                name=name,
                setting=name,
                **here.here(operation),
            ),
            operation,
            reads,
        )


_AIDE = ("/usr/sbin/aide", "/usr/bin/aide")
_DATABASES = (
    "/var/lib/aide/aide.db.gz",
    "/var/lib/aide/aide.db",
    "/var/lib/aide.db",
)
_TIMERS = ("aidecheck.timer", "aide-check.timer", "dailyaidecheck.timer", "aide.timer")
_LEFT_OVER = (
    ".dpkg-dist",
    ".dpkg-old",
    ".dpkg-new",
    ".rpmnew",
    ".rpmsave",
    ".rpmorig",
    ".swp",
    "~",
)
"""Ends of names that cron and run-parts pass over in every family."""

CRON_CALLS = {
    "read:/etc/crontab": "",
    **{
        f"read:/etc/{folder}/*": ""
        for folder in ("cron.d", "cron.hourly", "cron.daily", "cron.weekly", "cron.monthly")
    },
    "read:/var/spool/cron/root": "root",
    "read:/var/spool/cron/crontabs/root": "root",
}


def cron_runs(here: Host, program: str) -> bool:
    """Whether cron starts a program (a line or script that names it).

    The tables that anybody can read come first: root's own is only needed where they say nothing.
    """
    paths = ["/etc/crontab"]
    for folder in ("cron.d", "cron.hourly", "cron.daily", "cron.weekly", "cron.monthly"):
        for path in here.glob(f"/etc/{folder}/*"):
            found = here.stat(path)
            script = folder != "cron.d"  # of which only those run that may be started
            if found is not None and (not script or found.mode & 0o111):
                paths.append(path)
    paths = [path for path in paths if not path.endswith(_LEFT_OVER)]
    for path in (*paths, "/var/spool/cron/root", "/var/spool/cron/crontabs/root"):
        text = here.read_optional(path)
        if text is not None and any(program in line for line in lines_of(text)):
            return True
    return False


@source(
    Integrity,
    fields=["tool", "database_present", "scheduled"],
    calls={
        **{f"stat:{path}": "" for path in _AIDE},
        **{f"stat:{path}": "root" for path in _DATABASES},
        **{f"stat:/etc/systemd/system/*.wants/{timer}": "" for timer in _TIMERS},
        **{f"stat:/usr/lib/systemd/system/*.wants/{timer}": "" for timer in _TIMERS},
        "stat:/etc/tripwire/tw.cfg": "root",
        "stat:/var/ossec/etc/ossec.conf": "root",
        **CRON_CALLS,
    },
)
def file_integrity(here: Host) -> Iterator[Integrity | Partial]:
    """File integrity monitoring: AIDE, its database and its schedule."""
    operation = f"stat:{_AIDE[0]}"
    has_aide = any(here.exists(path) for path in _AIDE)

    def tool() -> str | None:
        if has_aide:
            return "aide"
        if here.exists("/etc/tripwire/tw.cfg"):
            return "tripwire"
        return "wazuh" if here.exists("/var/ossec/etc/ossec.conf") else None

    def database() -> bool:
        if has_aide:
            return any(here.exists(path) for path in _DATABASES)
        if tool() is None:
            return False
        raise Refused("not-supported", operation, f"the database of {tool()} is not looked for")

    def scheduled() -> bool:
        if has_aide:
            for timer in _TIMERS:
                for top in ("/etc", "/usr/lib"):
                    if here.glob(f"{top}/systemd/system/*.wants/{timer}"):
                        return True
            return cron_runs(here, "aide")
        if tool() is None:
            return False
        raise Refused("not-supported", operation, f"the schedule of {tool()} is not read")

    yield observe(
        Integrity(
            subject=f"{here.id}/file-integrity",
            name="file integrity monitoring",
            **here.here(operation),
        ),
        operation,
        {"tool": tool, "database_present": database, "scheduled": scheduled},
    )
