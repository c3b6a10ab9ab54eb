"""Updates that are missing, and whether they install by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.forms import boolean, section_values
from scanner.collectors.linux.host import Host, Unclear, clear, observe
from scanner.collectors.linux.software.apt_conf import APT_CONF_CALLS, apt_setting, apt_texts
from scanner.collectors.linux.software.missing import (
    Missing,
    parse_apt,
    parse_updateinfo,
    parse_zypper,
)
from scanner.collectors.linux.software.packages import PACKAGE_CALLS, inventory
from scanner.collectors.linux.system.release import RELEASE_CALLS, release
from scanner.collectors.linux.system.units import enabled, unit_calls
from scanner.facts.software import PatchState

APT = "run:apt -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= list --upgradable"
"""Without apt's cache, which it would write anew where that is stale: reading writes nothing."""
DNF = "run:dnf -q -C updateinfo list --updates"
ZYPPER = "run:zypper --non-interactive --no-refresh list-patches"
_TIMERS = (
    "dnf-automatic.timer",
    "dnf-automatic-install.timer",
    "dnf5-automatic.timer",
    "apt-daily-upgrade.timer",
    "transactional-update.timer",
)


_AUTOMATIC = {
    "dnf-automatic.timer": ("/etc/dnf/automatic.conf",),
    "dnf5-automatic.timer": (
        "/usr/share/dnf5/dnf5-plugins/automatic.conf",
        "/etc/dnf/dnf5-plugins/automatic.conf",
    ),
}
"""Timers that install only where their files say so; of several files the last one wins."""


@source(
    PatchState,
    fields=[
        "missing",
        "critical_missing",
        "last_scan_days",
        "last_install_days",
        "automatic",
        "end_of_support_days",
    ],
    calls={
        **PACKAGE_CALLS,
        **RELEASE_CALLS,
        APT: "",
        DNF: "",
        ZYPPER: "",
        "stat:/var/lib/apt/lists": "",
        "stat:/var/lib/apt/lists/partial": "",
        "stat:/var/lib/apt/periodic/update-success-stamp": "",
        "read:/var/log/apt/history.log": "",
        **APT_CONF_CALLS,
        **{f"read:{path}": "" for paths in _AUTOMATIC.values() for path in paths},
        "stat:/var/cache/dnf": "",
        "stat:/var/cache/libdnf5": "",
        "stat:/var/cache/zypp/raw": "",
        **{k: v for t in _TIMERS for k, v in unit_calls(t, running=False).items()},
    },
)
def patches(here: Host) -> Iterator[PatchState | Partial]:
    """Updates that the host's own sources offer and that are not installed."""
    operation = "read:/etc/os-release"

    def family() -> str:
        return release(here).family

    def missing() -> Missing:
        name = family()
        if name in ("debian", "ubuntu"):
            if last_scan() is None:
                raise Refused("not-supported", APT, "the package lists were never fetched")
            text = here.run_ok(*APT.removeprefix("run:").split())
            return clear(APT, lambda: parse_apt(text))
        if name == "rhel":
            text = here.run_ok(*DNF.removeprefix("run:").split())
            return clear(DNF, lambda: parse_updateinfo(text))
        if name == "suse":
            answer = here.run(*ZYPPER.removeprefix("run:").split())
            if answer.code not in (0, 100, 101):
                raise Refused("broken", ZYPPER, f"zypper ended with {answer.code}")
            return clear(ZYPPER, lambda: parse_zypper(answer.out))
        raise Refused("not-supported", operation, f"missing updates of {name} are not read")

    def last_scan() -> int | None:
        """Days since the lists of the sources were fetched."""
        name = family()
        if name in ("debian", "ubuntu"):
            stamp = here.stat("/var/lib/apt/periodic/update-success-stamp")
            lists = here.stat("/var/lib/apt/lists/partial")
            times = [s.mtime for s in (stamp, lists) if s is not None]
            return here.days_since(max(times)) if times else None
        folders = {
            "rhel": ("/var/cache/dnf", "/var/cache/libdnf5"),
            "suse": ("/var/cache/zypp/raw",),
        }.get(name)
        if folders is None:
            raise Refused("not-supported", operation, f"updates of {name} are not read")
        times = [s.mtime for s in (here.stat(f) for f in folders) if s is not None]
        return here.days_since(max(times)) if times else None

    def last_install() -> int | None:
        if family() in ("debian", "ubuntu"):
            text = here.read_optional("/var/log/apt/history.log") or ""
            dates = re.findall(r"^Start-Date: (\d{4}-\d{2}-\d{2}) ", text, re.M)
            if not dates:
                raise Refused(
                    "not-supported", "read:/var/log/apt/history.log", "apt kept no history"
                )
            return here.days_since(_day(max(dates)))
        times = [p.at for p in inventory(here).packages if p.at is not None]
        return here.days_since(max(times)) if times else None

    def applies(*paths: str) -> bool:
        texts = [here.read_optional(path) or "" for path in paths]
        return boolean(section_values(texts, "commands").get("apply_updates", "no"))

    def automatic() -> bool:
        name = family()
        if name in ("debian", "ubuntu"):
            texts = apt_texts(here)
            on = apt_setting(texts, "APT::Periodic::Unattended-Upgrade")
            return (
                inventory(here).has("unattended-upgrades")
                and on not in (None, "0", "never")
                and apt_setting(texts, "APT::Periodic::Enable") != "0"
                and enabled(here, "apt-daily-upgrade.timer")
            )
        if name == "rhel":
            if enabled(here, "dnf-automatic-install.timer"):
                return True
            return any(enabled(here, t) and applies(*files) for t, files in _AUTOMATIC.items())
        if name == "suse":
            if enabled(here, "transactional-update.timer"):
                return True
            raise Refused("not-supported", operation, "YaST's online update is not read")
        raise Refused("not-supported", operation, f"updates of {name} are not read")

    def end() -> int | None:
        for path in ("/etc/os-release", "/usr/lib/os-release"):
            text = here.read_optional(path)
            found = re.search(r"^SUPPORT_END=\"?(\d{4}-\d{2}-\d{2})", text or "", re.M)
            if found:
                return (_day(found.group(1)) - here.now()) // 86400
        raise Refused("not-supported", operation, "os-release names no end of support")

    yield observe(
        PatchState(subject=here.id, name=here.job.scope.name, **here.here(operation)),
        operation,
        {
            "missing": lambda: missing().all,
            "critical_missing": lambda: missing().security,
            "last_scan_days": last_scan,
            "last_install_days": last_install,
            "automatic": automatic,
            "end_of_support_days": end,
        },
    )


def _day(text: str) -> int:
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise Unclear(f"{text} is no date") from None
