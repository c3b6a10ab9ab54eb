"""Updates that are missing, whether they install by themselves, and where packages come from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.forms import boolean, lines_of, section_values, sections
from scanner.collectors.linux.host import Host, Unclear, clear, observe
from scanner.collectors.linux.packages import PACKAGE_CALLS, inventory
from scanner.collectors.linux.system import RELEASE_CALLS, release
from scanner.collectors.linux.units import enabled, unit_calls
from scanner.facts.software import PackageSource, PatchState

_APT = "run:apt -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= list --upgradable"
"""Without apt's cache, which it would write anew where that is stale: reading writes nothing."""
_DNF = "run:dnf -q -C updateinfo list --updates"
_ZYPPER = "run:zypper --non-interactive --no-refresh list-patches"
_TIMERS = (
    "dnf-automatic.timer",
    "dnf-automatic-install.timer",
    "dnf5-automatic.timer",
    "apt-daily-upgrade.timer",
    "transactional-update.timer",
)


@dataclass(frozen=True)
class Missing:
    all: int
    security: int


def parse_apt(text: str) -> Missing:
    """`apt list --upgradable`: `name/suite,suite version architecture [upgradable from: old]`.

    A suite whose name ends in -security makes it a security update. Raises Unclear.
    """
    missing = security = 0
    for line in text.splitlines():
        if not line.strip() or line.startswith(("Listing", "WARNING", "N: ")):
            continue
        found = re.match(r"[^\s/]+/(\S+) \S+ \S+ \[upgradable from: [^\]]+\]", line)
        if found is None:
            raise Unclear(f"the apt line {line[:60]!r} is not understood")
        missing += 1
        security += any(s.endswith("-security") for s in found.group(1).split(","))
    return Missing(missing, security)


def parse_updateinfo(text: str) -> Missing:
    """`dnf updateinfo list`: one advisory and package a line; security ones say so."""
    packages: dict[str, bool] = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) < 3 or words[0].lower() in ("name", "last"):
            continue
        kind, package = " ".join(words[1:-1]).lower(), words[-1]
        if "sec" not in kind and kind not in ("bugfix", "enhancement", "newpackage", "unknown"):
            raise Unclear(f"the dnf line {line[:60]!r} is not understood")
        packages[package] = packages.get(package, False) or "sec" in kind
    return Missing(len(packages), sum(packages.values()))


def parse_zypper(text: str) -> Missing:
    """`zypper list-patches`: a table with the columns repository, name, category, ..., status."""
    rows = [[c.strip() for c in line.split("|")] for line in text.splitlines() if "|" in line]
    if not rows:
        if re.search(r"no updates found|no patches", text, re.I):
            return Missing(0, 0)
        raise Unclear("zypper does not list its patches")
    head = [name.lower() for name in rows[0]]
    if "category" not in head:
        raise Unclear("zypper lists its patches in another form")
    at = head.index("category")
    body = [row for row in rows[1:] if len(row) == len(head)]
    return Missing(len(body), sum(1 for row in body if row[at].lower() == "security"))


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
        _APT: "",
        _DNF: "",
        _ZYPPER: "",
        "stat:/var/lib/apt/lists": "",
        "stat:/var/lib/apt/lists/partial": "",
        "stat:/var/lib/apt/periodic/update-success-stamp": "",
        "read:/var/log/apt/history.log": "",
        "read:/etc/apt/apt.conf": "",
        "read:/etc/apt/apt.conf.d/*": "",
        "read:/etc/dnf/automatic.conf": "",
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
                raise Refused("not-supported", _APT, "the package lists were never fetched")
            text = here.run_ok(*_APT.removeprefix("run:").split())
            return clear(_APT, lambda: parse_apt(text))
        if name == "rhel":
            text = here.run_ok(*_DNF.removeprefix("run:").split())
            return clear(_DNF, lambda: parse_updateinfo(text))
        if name == "suse":
            answer = here.run(*_ZYPPER.removeprefix("run:").split())
            if answer.code not in (0, 100, 101):
                raise Refused("broken", _ZYPPER, f"zypper ended with {answer.code}")
            return clear(_ZYPPER, lambda: parse_zypper(answer.out))
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

    def automatic() -> bool:
        name = family()
        if name in ("debian", "ubuntu"):
            texts = [here.read_optional("/etc/apt/apt.conf") or ""]
            texts[:0] = [here.read_optional(p) or "" for p in here.glob("/etc/apt/apt.conf.d/*")]
            on = apt_setting(texts, "APT::Periodic::Unattended-Upgrade")
            return (
                inventory(here).has("unattended-upgrades")
                and on not in (None, "0", "never")
                and enabled(here, "apt-daily-upgrade.timer")
            )
        if name == "rhel":
            if enabled(here, "dnf-automatic-install.timer"):
                return True
            if not any(enabled(here, t) for t in ("dnf-automatic.timer", "dnf5-automatic.timer")):
                return False
            text = here.read_optional("/etc/dnf/automatic.conf") or ""
            return boolean(section_values([text], "commands").get("apply_updates", "no"))
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


def apt_setting(texts: list[str], name: str) -> str | None:
    """The value of an `A::B::C "value";` line of apt.conf(5) files, the last one winning.

    Blocks in braces are followed too.
    """
    found: str | None = None
    wanted = name.lower()
    for text in texts:
        plain = re.sub(r"//[^\n]*|^\s*#[^\n]*|/\*.*?\*/", "", text, flags=re.S | re.M)
        path: list[str] = []
        for token in re.finditer(
            r'([A-Za-z0-9:_/.-]+)\s*("[^"]*"|[^\s;{}"]+)?\s*([;{])|\}\s*;?', plain
        ):
            if token.group(0).startswith("}"):
                if path:
                    path.pop()
                continue
            key, value, end = token.groups()
            if end == "{":
                path.append(key)
            elif value is not None and "::".join((*path, key)).lower() == wanted:
                found = value.strip('"')
    return found


@dataclass(frozen=True)
class Repository:
    id: str
    url: str | None
    enabled: bool
    checked: bool


def without_credentials(url: str) -> str:
    return re.sub(r"^([a-z+]+://)[^/@\s]*@", r"\1", url)


def parse_repo_file(text: str, default_check: bool) -> list[Repository]:
    """The repositories of a yum/dnf or zypp .repo file. Raises Unclear."""
    order: dict[str, dict[str, str]] = {}
    for section, key, value in sections(text):
        order.setdefault(section, {})[key.lower()] = value
    found = []
    for name, values in order.items():
        if name in ("", "main"):
            continue
        url = values.get("baseurl") or values.get("metalink") or values.get("mirrorlist")
        check = values.get("gpgcheck")
        found.append(
            Repository(
                name,
                without_credentials(url.split()[0]) if url else None,
                boolean(values.get("enabled", "1")),
                default_check if check is None else boolean(check),
            )
        )
    return found


def parse_sources_list(text: str) -> list[Repository]:
    """The lines of sources.list(5). Raises Unclear."""
    found = []
    for line in lines_of(text):
        match = re.match(r"(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)", line)
        if match is None:
            raise Unclear(f"the sources.list line {line[:60]!r} is not understood")
        kind, options, url, suite, _ = match.groups()
        if kind == "deb-src":
            continue
        checked = not re.search(r"trusted\s*=\s*yes", options or "", re.I)
        plain = without_credentials(url)
        found.append(Repository(f"{plain} {suite}", plain, True, checked))
    return found


def parse_deb822_sources(text: str) -> list[Repository]:
    """The paragraphs of a .sources file (sources.list(5), DEB822)."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        key = ""
        for line in paragraph.splitlines():
            if line.lstrip().startswith("#") or not line.strip():
                continue
            if line[0] in " \t":
                fields[key] = f"{fields.get(key, '')} {line.strip()}"
                continue
            key, _, value = line.partition(":")
            key = key.strip().lower()
            fields[key] = value.strip()
        if "deb" not in fields.get("types", "").split():
            continue
        on = boolean(fields.get("enabled", "yes"))
        checked = fields.get("trusted", "no").lower() != "yes"
        for url in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                plain = without_credentials(url)
                found.append(Repository(f"{plain} {suite}", plain, on, checked))
    return found


@source(
    PackageSource,
    fields=["host", "url", "enabled", "signature_checked"],
    calls={
        **RELEASE_CALLS,
        "read:/etc/apt/sources.list": "",
        "read:/etc/apt/sources.list.d/*": "",
        "read:/etc/apt/apt.conf": "",
        "read:/etc/apt/apt.conf.d/*": "",
        "read:/etc/dnf/dnf.conf": "",
        "read:/etc/yum.conf": "",
        "read:/etc/yum.repos.d/*.repo": "",
        "read:/etc/zypp/repos.d/*.repo": "",
        "read:/etc/zypp/zypp.conf": "",
    },
)
def package_sources(here: Host) -> Iterator[PackageSource]:
    """The repositories that the host installs from, and whether their signatures are checked."""
    seen: dict[str, int] = {}
    for operation, repository in _repositories(here):
        number = seen[repository.id] = seen.get(repository.id, 0) + 1
        yield PackageSource(
            subject=f"{here.id}/repository/{repository.id}" + ("" if number == 1 else f"#{number}"),
            name=repository.id,
            host=here.id,
            url=repository.url,
            enabled=repository.enabled,
            signature_checked=repository.checked,
            **here.here(operation),
        )


def _repositories(here: Host) -> Iterator[tuple[str, Repository]]:
    operation = "read:/etc/apt/sources.list"
    text = here.read_optional("/etc/apt/sources.list") or ""
    found = clear(operation, lambda: parse_sources_list(text))
    operation = "read:/etc/apt/sources.list.d/*"
    for path in here.glob("/etc/apt/sources.list.d/*"):
        body = here.read_optional(path) or ""
        if path.endswith(".list"):
            found += clear(operation, lambda b=body: parse_sources_list(b))  # type: ignore[misc]
        elif path.endswith(".sources"):
            found += clear(operation, lambda b=body: parse_deb822_sources(b))  # type: ignore[misc]
    if found:
        texts = [here.read_optional("/etc/apt/apt.conf") or ""]
        texts[:0] = [here.read_optional(p) or "" for p in here.glob("/etc/apt/apt.conf.d/*")]
        lax = any(
            (apt_setting(texts, name) or "false").lower() in ("true", "1", "yes")
            for name in (
                "APT::Get::AllowUnauthenticated",
                "Acquire::AllowInsecureRepositories",
            )
        )
        for each in found:
            yield operation, Repository(each.id, each.url, each.enabled, each.checked and not lax)
    for operation, pattern, conf in (
        ("read:/etc/yum.repos.d/*.repo", "/etc/yum.repos.d/*.repo", "/etc/dnf/dnf.conf"),
        ("read:/etc/zypp/repos.d/*.repo", "/etc/zypp/repos.d/*.repo", "/etc/zypp/zypp.conf"),
    ):
        paths = here.glob(pattern)
        if not paths:
            continue
        main = here.read_optional(conf)
        if main is None and conf == "/etc/dnf/dnf.conf":
            main = here.read_optional("/etc/yum.conf")
        # dnf checks only where it is told to (dnf.conf(5)); zypp checks unless told not to.
        word = section_values([main or ""], "main").get("gpgcheck")
        default = clear(operation, lambda w=word, c=conf: boolean(w) if w else "zypp" in c)  # type: ignore[misc]
        for path in paths:
            body = here.read_optional(path) or ""
            for each in clear(operation, lambda b=body, d=default: parse_repo_file(b, d)):  # type: ignore[misc]
                yield operation, each


__all__ = ["apt_setting", "package_sources", "patches"]
